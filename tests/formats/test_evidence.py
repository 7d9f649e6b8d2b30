"""Evidence: the reference checks and opens what the auditor's client kept, and the client what it wrote."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from idvault_people.disclosure import evidence as kept
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as files
from idvault_verify.offline.evidence.file import EvidenceError
from tests.clients.offline.test_evidence import forges
from tools.support import builders, people
from tools.support.chamber import CUSTODIANS, Chamber, chamber, identity, roster_member
from tools.support.databases import Databases
from tools.support.evidence_world import POLICY, opening
from tools.support.log_world import KEY
from tools.support.reference import evidence, note
from tools.support.reference.encoding import RefusedError

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
    kept.write_sealed(path, opened.proof, reader=roster_member("auditor-a"))
    found = evidence.unseal(path.read_bytes(), private=people.secret("auditor-a", "hpke"))
    assert found == opened.proof.to_bytes()
    with pytest.raises(RefusedError):
        evidence.unseal(path.read_bytes(), private=people.secret("auditor-b", "hpke"))
    reader = roster_member("auditor-a")
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


async def test_the_reference_refuses_what_the_client_refuses(room: Chamber) -> None:
    """Every forge of the client's test, which the auditor signed again, is refused by both."""
    opened, other = await opening(room), await opening(room)
    cases = forges(opened, other, room.rosters.current)
    del cases["no day"]  # the reference gives the day as it is written
    for forge, _ in cases.values():
        proved = opened.forged(forge)
        with pytest.raises(EvidenceError):
            evidence_check.check(proved, policy=POLICY)
        with pytest.raises(RefusedError):
            evidence.check_file(proved.to_bytes(), log=LOG)


async def test_what_the_auditor_did_not_sign_is_refused(room: Chamber) -> None:
    """A changed byte and another signature are refused by both."""
    opened = await opening(room)
    for wrong in (opened.flipped(len(opened.proof.content) // 2), replace(opened.proof, signature=bytes(64))):
        with pytest.raises(EvidenceError):
            evidence_check.check(wrong, policy=POLICY)
        with pytest.raises((RefusedError, ValueError)):  # what cannot be read is refused by Python's reader
            evidence.check_file(wrong.to_bytes(), log=LOG)
