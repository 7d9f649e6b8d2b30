"""A lying service gets no share sealed to anybody except the signed successor."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message import Message

from idvault_people import identity_folder
from idvault_people.custody.handover import HandOverProgress
from idvault_people.custody.journal import NAME, HandOverJournal, HandOverJournalError
from idvault_people.trust import FindingError
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.v1 import disclosure_pb2, roster_pb2
from tests.support.handover_world import (
    HAND_OVER,
    LIST,
    A,
    B,
    C,
    D,
    E,
    adopt,
    hand_over,
    holders,
    leaver,
    next_version,
)
from tools.support import confined, people
from tools.support.chamber import SUITE, Chamber, Local, chamber, identity, roster_member
from tools.support.databases import Databases
from tools.support.log_world import KEY


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


class Rosters:
    """A service that returns its own roster versions."""

    def __init__(self, *versions: Roster) -> None:
        """Set the versions from the first on."""
        self._versions = versions

    def call(self, _method: str, request: Any, _answer: Any) -> Any:
        """Return a version."""
        newest = len(self._versions)
        found = self._versions[(request.version or newest) - 1]
        return roster_pb2.Roster(version=found.version, file=found.to_bytes(), newest_version=newest)


@pytest.mark.parametrize("signers", [(), (B,), (A, B)])
async def test_a_successor_of_the_services_own_is_no_successor(
    room: Chamber, tmp_path: Path, signers: tuple[str, ...]
) -> None:
    """A version that names the service's key needs M signatures by others than the leaver."""
    first = room.rosters.current
    made = next_version(room, D, B, C)
    mallory = replace(roster_member(D), hpke_public_key=roster_member("mallory").hpke_public_key)
    quorum = replace(made.quorums[0], custodians=(mallory, *made.quorums[0].custodians[1:]))
    named = tuple(mallory if each.name == D else each for each in made.people)
    forged = people.signed(replace(made, people=named, quorums=(quorum,)), *signers)
    pinned = identity_folder.pin(
        tmp_path / A, target="x", server_name="", ca=b"", log_key=str(KEY), versions=(first,)
    )
    with pytest.raises(RosterError):
        identity_folder.refresh(pinned, Rosters(first, forged))
    assert identity_folder.load(tmp_path / A).versions == (first,)
    signed = people.signed(made, B, C)
    swapped = replace(forged, signatures=signed.signatures)
    with pytest.raises(RosterError):
        identity_folder.refresh(pinned, Rosters(first, swapped))
    assert identity_folder.refresh(pinned, Rosters(first, signed)).versions == roster_chain.verified(
        (first, signed)
    )


async def _refused(room: Chamber, tamper: Any) -> tuple[FindingError, Local]:
    edge = Local(room, A)
    edge.tamper = lambda method, answer: tamper(answer) if method == LIST else answer
    with pytest.raises(FindingError) as refused:
        await hand_over(leaver(room, edge=edge))
    return refused.value, edge


async def test_a_share_beyond_the_hand_over_is_refused(room: Chamber) -> None:
    """For a quorum in which the leaver keeps the place, or an unknown quorum, nothing is sent."""
    first = room.rosters.current
    drills = Quorum("drills", 2, tuple(roster_member(name) for name in (A, B, C)[::-1]))
    started = people.signed(replace(first, quorums=(*first.quorums, drills), signatures=()), A, B, C)
    room.rosters.versions[:] = [started]
    await room.account()
    made = next_version(room, D, B, C)
    room.rosters.versions.append(people.signed(replace(made, quorums=(*made.quorums, drills)), B, C, A))
    roster_chain.verified(room.rosters.versions)
    for quorum_id in (drills.id, room.rosters.current.quorums[0].id, "0" * 64, ""):

        def tamper(answer: Any, quorum_id: str = quorum_id) -> Any:
            answer.shares[0].quorum_id = quorum_id
            return answer

        error, edge = await _refused(room, tamper)
        assert error.finding is Finding.NOT_IN_ROSTER
        assert all(method == LIST for method, _ in edge.calls)
    assert (await hand_over(leaver(room))).handed == 1


async def test_a_share_goes_to_one_successor_only(room: Chamber) -> None:
    """After another version a share already handed over is not sealed again."""
    account = await room.account()
    adopt(room, D, B, C)
    kept: list[Message] = []
    edge = Local(room, A)

    def keep(method: str, answer: Message) -> Message:
        kept.extend([answer] if method == LIST and not kept else [])
        return answer

    edge.tamper = keep
    assert (await hand_over(leaver(room, edge=edge))).handed == 1
    adopt(room, E, B, C, also=(A, D))
    edge = Local(room, A)
    edge.tamper = lambda method, answer: kept[0] if method == LIST else answer
    assert await hand_over(leaver(room, edge=edge)) == HandOverProgress(total=1, refused=1)
    assert all(method == LIST for method, _ in edge.calls)
    assert (await hand_over(leaver(room, D))).handed == 1
    assert await holders(room, account) == [B, C, E]


@pytest.mark.parametrize("change", ["account_token", "record_id", "sealed_share", "share_hash", "forged"])
async def test_what_does_not_open_is_left_where_it_is(room: Chamber, change: str) -> None:
    """A share of another account or record, another hash, or one sealed by the service is left."""
    accounts = sorted([await room.account(), await room.account()])
    adopt(room, D, B, C)
    edge = Local(room, A)

    def tamper(method: str, answer: Any) -> Any:
        if method == LIST and len(answer.shares) == 2:
            one, other = answer.shares
            if change == "forged":
                one.sealed_share = _sealed_by_the_service(one)
            else:
                setattr(one, change, getattr(other, change))
        return answer

    edge.tamper = tamper
    done = await hand_over(leaver(room, edge=edge))
    assert (done.handed, done.refused) == (2, 0)  # the second answer was true
    (sent,) = {
        tuple(share.account_token for share in request.shares)
        for method, request in edge.calls[:2]
        if isinstance(request, disclosure_pb2.HandOverSharesRequest)
    }
    assert sent == (accounts[1],)


def _sealed_by_the_service(share: disclosure_pb2.ShareToHandOver) -> bytes:
    info = seal.share_info(
        account_token=share.account_token,
        record_id=share.record_id,
        quorum_id=share.quorum_id,
        custodian=A,
    )
    key = roster_member(A).hpke_public_key
    return hpke.seal(suite=SUITE, public_key=key, plaintext=bytes([1]) + os.urandom(32), info=info)


async def test_what_was_handed_over_is_kept_before_it_is_sent(room: Chamber, tmp_path: Path) -> None:
    """The journal records each share, survives a line truncated by a crash, and refuses damage."""
    path = tmp_path / NAME
    one, other = roster_member(D).hpke_public_key, roster_member(E).hpke_public_key
    HandOverJournal(path).note(["a" * 32, "b" * 32], public_key=one)
    path.write_text(path.read_text() + "c" * 20)
    journal = HandOverJournal(path)
    journal.check("c" * 32, public_key=other)
    journal.note(["b" * 32, "d" * 32], public_key=one)
    assert [line[:1] for line in path.read_text().splitlines()] == ["a", "b", "d"]
    journal.note(["e" * 32], public_key=other)
    again = HandOverJournal(path)
    again.check("d" * 32, public_key=one)
    for record_id, key in (("a" * 32, other), ("e" * 32, one)):
        with pytest.raises(HandOverJournalError, match="handed over to another key"):
            again.check(record_id, public_key=key)
    assert path.stat().st_mode & 0o077 == 0
    for tail in ("\0" * 1_000, "f" * 32 + " " + "f" * 31, ""):
        written = path.read_text()
        path.write_text(written + tail)
        HandOverJournal(path).note(["a" * 32], public_key=one)
        assert path.read_text() == written
    for damaged in (
        "not a line of a journal\n",
        "x" * 70_000 + "\n",
        f"{'A' * 32} {'a' * 32}\n",
        f"{'a' * 32} {'a' * 32} \n",
        f"{'a' * 32} {'a' * 32}\r\n",
        "\n",
    ):
        path.write_text(damaged, newline="")
        with pytest.raises(HandOverJournalError, match="damaged"):
            HandOverJournal(path)


def test_a_record_id_writes_no_second_line(tmp_path: Path) -> None:
    """The attack: a service asks for a share of a "record" whose name holds a line about another one."""
    key = roster_member(D).hpke_public_key
    journal = HandOverJournal(tmp_path / NAME)
    for name in ("", "A" * 32, "a" * 31, "a" * 32 + "\n", f"x\n{'b' * 32} {'c' * 32}", "\u0661" * 32):
        with pytest.raises(HandOverJournalError, match="this is no record id"):
            journal.note([name], public_key=key)
    assert not (tmp_path / NAME).exists()


def test_a_line_that_was_put_in_frees_no_share(tmp_path: Path) -> None:
    """A share that ever went to another key is refused, whichever line comes last."""
    one, other = roster_member(D).hpke_public_key, roster_member(E).hpke_public_key
    for name, key in (("one", one), ("other", other)):
        HandOverJournal(tmp_path / name).note(["a" * 32], public_key=key)
    (tmp_path / NAME).write_text((tmp_path / "one").read_text() + (tmp_path / "other").read_text())
    for key in (one, other):
        with pytest.raises(HandOverJournalError, match="handed over to another key"):
            HandOverJournal(tmp_path / NAME).check("a" * 32, public_key=key)


_MANY = """
import sys
from pathlib import Path
from idvault_people.custody.journal import HandOverJournal
journal = HandOverJournal(Path(sys.argv[1]))
journal.note(["f" * 32], public_key=b"k")
"""


@pytest.mark.process
def test_a_journal_of_a_million_shares(tmp_path: Path) -> None:
    """The memory does not grow with it: half as many take as much."""
    peaks = []
    for count in (500_000, 1_000_000):
        path = tmp_path / NAME
        with path.open("w") as file:
            file.writelines(
                f"{number * 0x9E3779B97F4A7C15 % 2**128:032x} {'c' * 32}\n" for number in range(count)
            )
        found = confined.run(_MANY, path)
        assert (found.code, found.told) == (0, "")
        assert path.stat().st_size == (count + 1) * 66
        peaks.append(found.peak_mib)
    assert peaks[1] - peaks[0] < 8
    assert peaks[1] < confined.MOST_MIB


async def test_the_service_takes_no_batch_of_somebody_else(room: Chamber) -> None:
    """A batch signed by another member, or changed, is refused and logged as such."""
    await room.account()
    adopt(room, D, B, C)
    edge = Local(room, A)
    assert (await hand_over(leaver(room, edge=edge))).handed == 1
    (request,) = [found for method, found in edge.calls if method == HAND_OVER]
    assert isinstance(request, disclosure_pb2.HandOverSharesRequest)
    assert identity(A).name == A
    for name, change in ((B, {}), (D, {}), (A, {"signature": bytes(64)}), (A, {"quorum_id": "0" * 64})):
        changed = disclosure_pb2.HandOverSharesRequest()
        changed.CopyFrom(request)
        for field, value in change.items():
            setattr(changed, field, value)
        before = await room.refusals(name)
        with pytest.raises(Exception, match=r"QUORUM_INVALID|INVALID_MESSAGE"):
            await asyncio.to_thread(
                Local(room, name).call, HAND_OVER, changed, disclosure_pb2.HandOverSharesResponse
            )
        room.pass_time(minutes=1)
        assert await room.refusals(name) == before + 1
