"""Evidence: the reference checks and opens what the auditor's client kept, and the client what it wrote."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from idvault_client.offline.evidence import check as evidence_check
from idvault_client.offline.evidence import file as files
from idvault_client.offline.evidence.file import EvidenceError
from tests.support.evidence_world import POLICY, Opened, opening

from idvault_client.people.disclosure import evidence as kept
from tests.support import builders, people
from tests.support.chamber import CUSTODIANS, Chamber, chamber, identity, person
from tests.support.databases import Databases
from tests.support.log_world import KEY
from tests.support.reference import evidence, note
from tests.support.reference.encoding import RefusedError

A, B, _ = CUSTODIANS
LOG = note.parse_key(str(KEY))
AUDITOR = people.secret("auditor-a", "ed25519")


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


async def test_the_reference_checks_evidence(room: Chamber) -> None:
    """Identity, terms, approvals and time are proved from the file and the log's key alone."""
    opened = await opening(room)
    found = evidence.check_file(opened.proof.to_bytes(), log=LOG)
    assert (found.identity.name, found.identity.number) == (builders.NAME, builders.NUMBER)
    assert found.identity.outcome == "MATCH"
    assert found.approved_by == (A, B)
    assert found.request.account_token == opened.proof.terms.account_token
    proved = evidence_check.check(opened.proof, policy=POLICY)
    assert found.opened_at == f"{proved.opening.occurred_at:%Y-%m-%dT%H:%M}Z"
    assert found.destroy_after == proved.destroy_after.isoformat()


async def test_the_client_checks_evidence_of_the_reference(room: Chamber) -> None:
    """A proof file that the reference signed is the same file."""
    opened = await opening(room)
    made = evidence.write(opened.proof.content, AUDITOR)
    assert made == opened.proof.to_bytes()
    proved = evidence_check.check(files.parse(made), policy=POLICY)
    assert proved.payload.identity == builders.identity()


async def test_sealed_evidence_opens_both_ways(room: Chamber, tmp_path: Path) -> None:
    """The auditor's own copy opens with the roster key, and for nobody else."""
    opened = await opening(room)
    path = tmp_path / "kept.json"
    kept.write_sealed(path, opened.proof, reader=person("auditor-a"))
    found = evidence.unseal(path.read_bytes(), private=people.secret("auditor-a", "hpke"))
    assert found == opened.proof.to_bytes()
    with pytest.raises(RefusedError):
        evidence.unseal(path.read_bytes(), private=people.secret("auditor-b", "hpke"))
    reader = person("auditor-a")
    made = evidence.seal(
        found,
        disclosure_id=opened.proof.terms.disclosure_id,
        reader=reader.name,
        suite=reader.suite,
        public=reader.hpke_public_key,
        destroy_after="2027-03-01",
    )
    path.write_bytes(made)
    assert kept.read(path, identity=identity("auditor-a")) == opened.proof


def _other_key(opened: Opened) -> bytes:
    return opened.forged(lambda message: setattr(message, "data_key", bytes(32))).to_bytes()


def _other_claim(opened: Opened) -> bytes:
    return opened.forged(lambda message: setattr(message, "settlement_claim_id", "ab" * 16)).to_bytes()


def _one_approval(opened: Opened) -> bytes:
    return opened.forged(lambda message: message.signed_approvals.pop()).to_bytes()


def _other_entry(opened: Opened) -> bytes:
    return opened.forged(lambda message: message.opening.CopyFrom(message.settlement)).to_bytes()


def _without_roster(opened: Opened) -> bytes:
    return opened.forged(lambda message: message.ClearField("rosters")).to_bytes()


def _changed(opened: Opened) -> bytes:
    return opened.flipped(len(opened.proof.content) // 2).to_bytes()


def _unsigned(opened: Opened) -> bytes:
    return replace(opened.proof, signature=bytes(64)).to_bytes()


@pytest.mark.parametrize(
    "forge",
    [_other_key, _other_claim, _one_approval, _other_entry, _without_roster, _changed, _unsigned],
)
async def test_the_reference_refuses_what_the_client_refuses(
    room: Chamber, forge: Callable[[Opened], bytes]
) -> None:
    """A forged file is refused by both, though its auditor signed it anew."""
    data = forge(await opening(room))
    with pytest.raises(EvidenceError):
        evidence_check.check(files.parse(data), policy=POLICY)
    with pytest.raises((RefusedError, KeyError, ValueError)):
        evidence.check_file(data, log=LOG)
