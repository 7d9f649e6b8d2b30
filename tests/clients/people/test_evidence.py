"""The auditor's own copy of evidence: encrypted, never overwritten, checked again before it is believed."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault_people.disclosure import evidence
from idvault_people.trust import FindingError
from idvault_verify.attest import hpke, reading
from idvault_verify.attest.people.roster_member import ROLES as roster_roles
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.offline.evidence.file import EvidenceError, ProofFile
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from tools.support import builders
from tools.support.chamber import (
    AUTHORITY,
    CUSTODIANS,
    OPERATOR,
    ROLES,
    Chamber,
    chamber,
    identity,
    roster_member,
)
from tools.support.databases import Databases
from tools.support.evidence_world import DESTROY_AFTER, made, opening, verify_again
from tools.support.log_world import KEY, SIGNER

A, B, C = CUSTODIANS
OTHER = "李四"


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


async def test_the_own_copy_is_for_its_reader_alone(room: Chamber, tmp_path: Path) -> None:
    """Nothing of the identity is readable at rest; no other member's keys open it; it verifies again."""
    opened = await opening(room)
    path = tmp_path / "evidence.json"
    evidence.write_sealed(path, opened.proof, reader=roster_member("auditor-a"))
    assert path.stat().st_mode & 0o777 == 0o600
    for secret in (builders.NAME, builders.NUMBER, reading.base64url(opened.record.data_key)):
        assert secret.encode() not in path.read_bytes()
    proved = await verify_again(room, path)
    assert proved.payload == opened.payload
    assert proved.destroy_after == DESTROY_AFTER
    for wrong in ("auditor-b", A):
        with pytest.raises(EvidenceError, match="does not open with your keys"):
            evidence.read(path, identity=identity(wrong))
    with pytest.raises(FileExistsError):
        evidence.write_sealed(path, opened.proof, reader=roster_member("auditor-a"))


@pytest.mark.parametrize(
    ("name", "may_read"), [("auditor-b", True), (C, True), (OPERATOR, False), (AUTHORITY, False)]
)
async def test_no_operator_and_no_authority_is_a_reader(
    room: Chamber, tmp_path: Path, name: str, may_read: bool
) -> None:
    """Evidence has a name and a number: of a roster's roles only auditors and custodians are given it."""
    opened, path = await opening(room), tmp_path / "sealed.json"
    reader = roster_member(name)
    assert (reader.role in evidence.READERS) == may_read
    if may_read:
        evidence.write_sealed(path, opened.proof, reader=reader)
        assert evidence.read(path, identity=identity(name)).message == opened.proof.message
        return
    with pytest.raises(EvidenceError, match="reads no record") as refused:
        evidence.write_sealed(path, opened.proof, reader=reader)
    assert (refused.value.reason, path.exists()) == ("OTHER_ROLE", False)


def test_every_role_of_the_roster_was_asked() -> None:
    """A role that a later roster has reads nothing until somebody decides that it may."""
    assert {ROLES[name] for name in ("auditor-b", C, OPERATOR, AUTHORITY)} == roster_roles


async def test_it_can_be_sealed_to_a_named_reader(room: Chamber, tmp_path: Path) -> None:
    """Another member of the roster opens it with the member's own keys."""
    opened = await opening(room)
    path = tmp_path / "for-c.json"
    evidence.write_sealed(path, opened.proof, reader=roster_member(C))
    found = evidence.read(path, identity=identity(C))
    assert isinstance(found, ProofFile)
    assert found == opened.proof
    with pytest.raises(EvidenceError, match="its reader is 'custodian-c'"):
        evidence.read(path, identity=identity("auditor-a"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("disclosure_id", "0" * 32),
        ("reader", "auditor-b"),
        ("destroy_after", "2099-01-01"),
        ("suite", hpke.X_WING),
        ("sealed", "AAAA"),
    ],
)
async def test_what_is_written_outside_is_bound(room: Chamber, tmp_path: Path, name: str, value: str) -> None:
    """The day after which the file must be destroyed cannot be changed, and nothing else either."""
    opened = await opening(room)
    path = tmp_path / "evidence.json"
    evidence.write_sealed(path, opened.proof, reader=roster_member("auditor-a"))
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), name: value}), "utf-8")
    with pytest.raises(EvidenceError, match="does not open with your keys"):
        evidence.read(path, identity=identity("auditor-a"))


async def test_a_forger_can_seal_to_the_auditor_but_proves_nothing(room: Chamber, tmp_path: Path) -> None:
    """Anybody can encrypt to a public key: a file with another record in it does not verify."""
    opened, other = await opening(room), await opening(room)
    forged = opened.forged(lambda message: message.record.CopyFrom(other.proof.message.record))
    path = tmp_path / "evidence.json"
    evidence.write_sealed(path, forged, reader=roster_member("auditor-a"))
    with pytest.raises(EvidenceError) as refused:
        await verify_again(room, path)
    assert refused.value.reason == "OTHER_RECORD"


async def test_evidence_of_a_log_that_is_not_todays_is_refused(room: Chamber, tmp_path: Path) -> None:
    """The checkpoint must be one that the log of today continues."""
    opened = await opening(room)
    path = tmp_path / "evidence.json"
    evidence.write_sealed(path, opened.proof, reader=roster_member("auditor-a"))
    state = room.folder / "auditor-a.checkpoint"
    origin, size, _ = state.read_text("utf-8").split("\n", 2)
    other = Checkpoint(origin, int(size) - 1, bytes(32))
    state.write_bytes(checkpoint.sign(other, [NoteSigner(KEY, SIGNER.sign)]))
    with pytest.raises(FindingError):
        await verify_again(room, path)


async def test_evidence_is_kept_before_the_key_is_destroyed(room: Chamber) -> None:
    """If it cannot be written, the attempt is repeated: it counts once and needs no second code."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    auditor = room.auditor()

    def fail(_opened: object) -> None:
        raise OSError("no space")

    async with room.sequencing():
        with pytest.raises(OSError, match="no space"):
            await asyncio.to_thread(auditor.open, disclosure_id, code=room.codes.code(), keep=fail)
        kept: list[Any] = []
        opened = await asyncio.to_thread(auditor.open, disclosure_id, code="", keep=kept.append)
    assert kept == [opened]
    assert opened.answer.disclosure.opened == 1


async def test_the_last_opening_is_announced(room: Chamber) -> None:
    """The client knows before it opens how many openings are left."""
    disclosure_id = await room.request(await room.account(), openings=2)
    await room.approve(disclosure_id, A, B)
    assert await asyncio.to_thread(room.auditor().openings_left, disclosure_id) == 2
    await room.open(disclosure_id)
    assert await asyncio.to_thread(room.auditor().openings_left, disclosure_id) == 1


async def test_the_kept_files_are_listed_with_their_day(room: Chamber, tmp_path: Path) -> None:
    """Each opening has a file of its own; a proof file carries no day outside and is not listed."""
    opened = await opening(room)
    name = opened.proof.terms.disclosure_id
    for number in (1, 2):
        path = evidence.free_path(tmp_path, name)
        assert path == tmp_path / "evidence" / f"{name}-{number}.json"
        evidence.write_sealed(path, opened.proof, reader=roster_member("auditor-a"))
    (tmp_path / "evidence" / "proof.json").write_bytes(opened.proof.to_bytes())
    found = evidence.kept(tmp_path)
    assert [outside.destroy_after for _, outside in found] == [DESTROY_AFTER, date(2027, 3, 1)]
    (tmp_path / "evidence" / "noise.json").write_bytes(b"noise")
    with pytest.raises(EvidenceError):
        evidence.kept(tmp_path)


async def test_a_record_that_is_no_match_is_refused_and_reported(room: Chamber) -> None:
    """A service that sealed a mismatch under an account does not get it shown as an identity."""
    account = await room.mismatched_account()
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A, B)
    kept: list[Any] = []
    async with room.sequencing():
        with pytest.raises(FindingError, match="did not confirm") as refused:
            await asyncio.to_thread(
                room.auditor().open, disclosure_id, code=room.codes.code(), keep=kept.append
            )
    assert (refused.value.finding, kept) == (Finding.NOT_A_MATCH, [])
    assert await room.refusals("auditor-a") == 1


async def test_evidence_names_every_version_of_the_roster(room: Chamber) -> None:
    """The file holds the roster from its first version on, so that nobody has to look for the keys."""
    opened = await opening(room)
    again = made(opened.record, opened.versions)
    assert len(again.message.rosters) == len(room.rosters.versions)
