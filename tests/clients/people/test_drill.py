"""A custodian's client in a drill, against the real flows, and against a lying service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message import Message
from sqlalchemy import delete

from idvault.core.act import SYSTEM
from idvault.core.tables.custody import drill_records
from idvault.custody.drill import acts as drill_acts
from idvault_people.trust import FindingError
from idvault_verify import seal
from idvault_verify.attest import drill, hpke
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from idvault_verify.v1 import disclosure_pb2, drill_pb2
from tools.support.chamber import CUSTODIANS, SUITE, Chamber, Local, chamber, identity, roster_member
from tools.support.databases import Databases

A, B, C = CUSTODIANS
Change = Callable[[drill_pb2.Drill], None]


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files, with a drill record."""
    async with chamber(sqlite_databases, tmp_path) as made:
        await made.keep_drills()
        yield made


async def drilled(room: Chamber, name: str, *, edge: Local | None = None) -> Any:
    """Run a member's drill from start to end."""
    client = room.drill(name, edge=edge)
    pending = await asyncio.to_thread(client.fetch)
    return await asyncio.to_thread(client.complete, pending, code=room.codes.code())


async def deceived(room: Chamber, change: Change) -> tuple[FindingError, Local]:
    """Run custodian-a's drill against a service that changes its answer; it must refuse."""

    def lie(method: str, answer: Message) -> Message:
        if isinstance(answer, drill_pb2.Drill):
            change(answer)
        return answer

    edge = Local(room, A)
    edge.tamper = lie
    with pytest.raises(FindingError) as refused:
        await drilled(room, A, edge=edge)
    return refused.value, edge


def named(record: Any) -> disclosure_pb2.SealedRecord:
    """Return the message of a stored record."""
    return disclosure_pb2.SealedRecord(
        account_token=record.account_token,
        relying_party=record.relying_party,
        record_id=record.record_id,
        format_version=record.format_version,
        sealing_quorum_id=record.sealing_quorum_id,
        present_quorum_id=record.present_quorum_id,
        suite=record.suite,
        salt=record.salt,
        commitment=record.commitment,
        ciphertext=record.ciphertext,
        share_hashes=record.share_hashes,
    )


async def test_every_custodian_passes(room: Chamber) -> None:
    """Each custodian opens a share locally; the answer contains neither share nor key."""
    for name in CUSTODIANS:
        edge = Local(room, name)
        passed = await drilled(room, name, edge=edge)
        assert passed.due_at == passed.passed_at + timedelta(days=90)
        assert [method for method, _ in edge.calls] == ["DrillService/GetDrill", "DrillService/PassDrill"]
        stored = await drill_acts.find(room.vault, room.rosters.quorum.id)
        assert stored is not None
        place = CUSTODIANS.index(name)
        share = identity(name).unseal(
            stored.record.shares[place],
            suite=SUITE,
            info=seal.share_info(
                account_token=stored.record.account_token,
                record_id=stored.record.record_id,
                quorum_id=stored.record.present_quorum_id,
                custodian=name,
            ),
        )
        assert all(share[1:] not in request.SerializeToString() for _, request in edge.calls)
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 3


async def test_the_card_says_how_one_stands(room: Chamber) -> None:
    """Place, log, and the last drill, which is none at first."""
    client = room.drill(B)
    pending = await asyncio.to_thread(client.fetch)
    assert (pending.place, pending.custodians, pending.passed_at) == (2, 3, None)
    assert pending.log_size > 0
    passed = await asyncio.to_thread(client.complete, pending, code=room.codes.code())
    room.pass_time(days=1)
    await room.step()
    again = await asyncio.to_thread(room.drill(B).fetch)
    assert (again.passed_at, again.due_at) == (passed.passed_at, passed.due_at)


async def test_keys_that_are_not_in_the_quorum(room: Chamber) -> None:
    """A client whose roster has another key for its member requests nothing."""
    first = room.rosters.current
    other = replace(roster_member(A), hpke_public_key=roster_member(B).hpke_public_key)
    quorum = replace(first.quorums[0], custodians=(other, *first.quorums[0].custodians[1:]))
    client = replace(room.drill(A), trust=room.trust(A, replace(first, quorums=(quorum,))))
    with pytest.raises(FindingError) as refused:
        await asyncio.to_thread(client.fetch)
    assert refused.value.finding is Finding.NOT_IN_ROSTER


# Attempts of a lying service to have the share of a person's record opened.


async def test_a_persons_record_is_refused(room: Chamber) -> None:
    """A person's unchanged record, with its share and its settlement entry, is refused."""
    account = await room.account()
    await room.step()
    record = room.records[account]

    def change(answer: drill_pb2.Drill) -> None:
        answer.record.CopyFrom(named(record))
        answer.sealed_share = record.shares[0]

    error, edge = await deceived(room, change)
    assert error.finding is Finding.OTHER_REQUEST
    assert [method for method, _ in edge.calls][-1] == "DrillService/ReportDrillFinding"
    assert await room.refusals(A) == 1


@pytest.mark.parametrize(
    "names", [("relying_party",), ("account_token",), ("relying_party", "account_token")]
)
async def test_a_persons_record_under_the_drills_name(room: Chamber, names: tuple[str, ...]) -> None:
    """Its digest differs, and the log has no such drill record."""
    account = await room.account()
    record = room.records[account]

    def change(answer: drill_pb2.Drill) -> None:
        claimed = {name: getattr(answer.record, name) for name in names}
        answer.record.CopyFrom(named(record))
        for name, value in claimed.items():
            setattr(answer.record, name, value)
        answer.sealed_share = record.shares[0]

    error, edge = await deceived(room, change)
    assert error.finding is (Finding.NOT_IN_LOG if len(names) == 2 else Finding.OTHER_REQUEST)
    assert "DrillService/PassDrill" not in [method for method, _ in edge.calls]


async def test_a_persons_share_in_the_drills_record(room: Chamber) -> None:
    """The share is bound to another token and does not open."""
    account = await room.account()
    record = room.records[account]

    def change(answer: drill_pb2.Drill) -> None:
        answer.sealed_share = record.shares[0]

    error, edge = await deceived(room, change)
    assert error.finding is Finding.SHARE_WRONG
    assert "DrillService/PassDrill" not in [method for method, _ in edge.calls]
    assert await room.logged(EventType.DRILL_COMPLETE) == []


async def test_a_persons_share_even_where_the_log_lies_too(room: Chamber) -> None:
    """Even if a person's hashes are logged as a drill, HPKE still binds the share."""
    account = await room.account()
    record, quorum_id = room.records[account], room.rosters.quorum.id
    token = drill.token(quorum_id=quorum_id)
    forged = replace(record, relying_party=drill.RELYING_PARTY, account_token=token)
    await room.world.do(delete(drill_records))
    assert await drill_acts.renew(room.vault, SYSTEM, room.now(), forged)
    await room.step()
    with pytest.raises(FindingError) as refused:
        await drilled(room, A)
    assert refused.value.finding is Finding.SHARE_WRONG
    assert await room.logged(EventType.DRILL_COMPLETE) == []


async def test_shares_and_hashes_that_are_wrong(room: Chamber) -> None:
    """Another custodian's share, another place, other content, and a swapped hash are refused."""
    stored = await drill_acts.find(room.vault, room.rosters.quorum.id)
    assert stored is not None
    record = stored.record
    forged = hpke.seal(
        suite=SUITE,
        public_key=roster_member(A).hpke_public_key,
        plaintext=bytes(33),
        info=seal.share_info(
            account_token=record.account_token,
            record_id=record.record_id,
            quorum_id=record.present_quorum_id,
            custodian=A,
        ),
    )

    def others(answer: drill_pb2.Drill) -> None:
        answer.sealed_share = record.shares[1]

    def placed(answer: drill_pb2.Drill) -> None:
        answer.share_index = 2

    def content(answer: drill_pb2.Drill) -> None:
        answer.sealed_share = forged

    def hashes(answer: drill_pb2.Drill) -> None:
        answer.record.share_hashes[0] = bytes(32)

    def fewer(answer: drill_pb2.Drill) -> None:
        del answer.record.share_hashes[:]

    wrong: list[tuple[Change, Finding]] = [
        (others, Finding.SHARE_WRONG),
        (placed, Finding.OTHER_REQUEST),
        (content, Finding.SHARE_WRONG),
        (hashes, Finding.NOT_IN_LOG),
        (fewer, Finding.OTHER_REQUEST),
    ]
    for change, finding in wrong:
        error, edge = await deceived(room, change)
        assert error.finding is finding, change.__name__
        assert "DrillService/PassDrill" not in [method for method, _ in edge.calls]


async def test_what_is_not_of_the_quorum_in_force(room: Chamber) -> None:
    """Another quorum's record and an old suite are refused."""
    for field, value in (
        ("present_quorum_id", "0" * 64),
        ("sealing_quorum_id", "0" * 64),
        ("suite", hpke.X_WING),
    ):
        error, _ = await deceived(room, lambda answer: setattr(answer.record, field, value))  # noqa: B023 - called at once
        assert error.finding is Finding.OTHER_REQUEST


async def test_a_record_that_is_not_in_the_log(room: Chamber) -> None:
    """Without a proof, with another entry, or without a checkpoint it is refused."""
    error, _ = await deceived(room, lambda answer: answer.entry.ClearField("proof"))
    assert error.finding is Finding.NOT_IN_LOG
    error, _ = await deceived(room, lambda answer: answer.entry.proof.hashes.append(bytes(32)))
    assert error.finding is Finding.NOT_IN_LOG
    error, _ = await deceived(room, lambda answer: answer.checkpoint.Clear())
    assert error.finding is Finding.NOT_IN_LOG
