"""Drills: one record for each quorum, passes that count once, and overdue custodians.

Members ask DrillService; records are made, and overdue custodians counted, by the worker.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.custody.drill import acts as drill_acts
from idvault.custody.drill.rules import DrillHistory
from idvault_client.errors import AccessDenied
from idvault_verify.attest import drill
from idvault_verify.attest.drill import DrillTerms
from idvault_verify.attest.people.roster import Roster
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.v1 import disclosure_pb2, drill_pb2
from tests.support.disclosure_world import refused, request_id
from tests.support.refusal import reason_of
from tools.support import people
from tools.support.chamber import CUSTODIANS, Chamber, Local, chamber, first_roster, identity, roster_member
from tools.support.databases import Databases

A, B, C = CUSTODIANS
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with SQLite files and a drill record."""
    async with chamber(sqlite_databases, tmp_path) as made:
        await made.keep_drills()
        yield made


async def shown(room: Chamber, name: str) -> Any:
    """Return the drill record as the service shows it to a member."""
    edge = Local(room, name, role="custodian")
    return await edge.ask("DrillService/GetDrill", drill_pb2.GetDrillRequest(), drill_pb2.Drill)


async def asked(room: Chamber, name: str = A, *, signer: str = "", **changes: Any) -> Any:
    """Return the request of a pass that a member signs now, with a valid code."""
    record, time = (await shown(room, name)).record, int(room.now().real.timestamp())
    terms = DrillTerms(record.record_id, record.present_quorum_id, name, time)
    given = {
        "request_id": request_id(),
        "record_id": record.record_id,
        "quorum_id": record.present_quorum_id,
        "sign_time": Timestamp(seconds=time),
        "signature": identity(signer or name).sign(terms.canonical()),
        "code": room.codes.code(),
    }
    return drill_pb2.PassDrillRequest(**given | changes)


def changed(request: Any, **changes: Any) -> Any:
    """Return a request with changes."""
    made = drill_pb2.PassDrillRequest.FromString(request.SerializeToString())
    for name, value in changes.items():
        setattr(made, name, value)
    return made


async def send(room: Chamber, request: Any, *, name: str = A) -> Any:
    """Ask for a pass as a custodian."""
    return await Local(room, name).ask("DrillService/PassDrill", request, drill_pb2.PassedDrill)


async def report(room: Chamber) -> None:
    """Report a finding as a custodian."""
    request = drill_pb2.ReportDrillFindingRequest(
        request_id=request_id(), finding=disclosure_pb2.FINDING_SHARE_WRONG
    )
    answer = drill_pb2.ReportDrillFindingResponse
    await Local(room, A).ask("DrillService/ReportDrillFinding", request, answer)


async def passed(room: Chamber, *names: str) -> list[Any]:
    return [await send(room, await asked(room, name), name=name) for name in names]


def second_roster() -> Roster:
    """Return a version in which custodian-d replaces custodian-c."""
    first, added = first_roster(), replace(roster_member("custodian-d"), role="custodian")
    kept = tuple(each for each in first.people if each.name != C)
    quorum = replace(first.quorums[0], custodians=(*first.quorums[0].custodians[:2], added))
    unsigned = replace(first, version=2, people=(*kept, added), quorums=(quorum,), signatures=())
    return people.signed(unsigned, A, B)


async def test_one_record_for_each_quorum(room: Chamber) -> None:
    """A quorum gets one synthetic record with a log entry; the next quorum gets another one."""
    (entry,) = await room.logged(EventType.DRILL_RENEW)
    assert entry.actor_id == "system"
    first, quorum = await shown(room, B), room.rosters.quorum
    assert first.record.relying_party == "drill"
    assert first.record.account_token == drill.token(quorum_id=quorum.id)
    assert (first.share_index, first.entry.HasField("proof")) == (2, True)
    assert await room.keep_drill() is False
    room.rosters.versions.append(second_roster())
    assert await room.keep_drill() is True
    assert len(await room.logged(EventType.DRILL_RENEW)) == 2
    assert (await shown(room, B)).record.record_id != first.record.record_id


async def test_a_quorum_that_changes_meanwhile(room: Chamber) -> None:
    """A record sealed for the next quorum is not stored for this one; the next run creates it."""

    class Hasty:
        """A sealer that adopts another version before it seals."""

        async def seal(self, **what: Any) -> Any:
            """Change the roster first."""
            room.rosters.versions.append(second_roster())
            return await room.sealer().seal(**what)

    lone = replace(first_roster().quorums[0], threshold=3)
    room.rosters.versions[0] = replace(first_roster(), quorums=(lone,))
    assert await room.keep_drill(sealer=Hasty()) is False
    assert len(await room.logged(EventType.DRILL_RENEW)) == 1


async def test_a_pass_is_an_act(room: Chamber) -> None:
    """A pass counts for 90 days, and its log entry has the custodian as actor."""
    room.pass_time(days=10)
    (standing,) = await passed(room, A)
    now = room.now().business
    times = [each.ToDatetime(UTC) for each in (standing.pass_time, standing.due_time)]
    assert times == [now, now + 90 * DAY]
    (entry,) = await room.logged(EventType.DRILL_COMPLETE)
    assert entry.actor_id == roster_member(A).actor_id


async def test_a_repeat_is_the_same_pass(room: Chamber) -> None:
    """A repeat with the same request_id needs no code and writes no entry."""
    first = await asked(room)
    answered = await send(room, first)
    room.pass_time(minutes=1)
    assert await send(room, changed(first, code="")) == answered
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 1
    await refused(room, A, send(room, changed(first, signature=bytes(64))), Reason.REQUEST_ID_REUSED)


async def test_a_signature_counts_once(room: Chamber) -> None:
    """By its own time, not by that of the call: under another request_id it is refused."""
    first = await asked(room)
    await send(room, first)
    room.pass_time(minutes=1)
    replayed = changed(first, request_id=request_id(), code=room.codes.code())
    await refused(room, A, send(room, replayed), Reason.REQUEST_ID_REUSED)


async def test_what_is_refused(room: Chamber) -> None:
    """Another's signature, record or quorum, an old time and a wrong code are refused and logged."""
    wrong: list[tuple[dict[str, Any], Reason]] = [
        ({"signer": B}, Reason.INVALID_MESSAGE),
        ({"record_id": "0" * 32}, Reason.QUORUM_INVALID),
        ({"quorum_id": "0" * 64}, Reason.QUORUM_INVALID),
        ({"sign_time": Timestamp(seconds=int(room.now().real.timestamp()) - 3_600)}, Reason.INVALID_MESSAGE),
        ({"signature": b""}, Reason.INVALID_MESSAGE),
        ({"code": "000000"}, Reason.SECOND_FACTOR_REFUSED),
    ]
    for changes, reason in wrong:
        room.pass_time(minutes=1)
        await refused(room, A, send(room, await asked(room, **changes)), reason)
    assert await room.logged(EventType.DRILL_COMPLETE) == []


async def test_a_good_code_is_not_spent_on_what_is_refused(room: Chamber) -> None:
    """The code is checked last."""
    bad = await asked(room, signer=B)
    await refused(room, A, send(room, bad), Reason.INVALID_MESSAGE)
    assert await send(room, await asked(room, code=bad.code))


async def test_who_is_not_of_the_quorum_in_force(room: Chamber) -> None:
    """Only custodians of the quorum get the record, once the worker has created it."""
    await refused(room, "auditor-a", shown(room, "auditor-a"), Reason.ACCESS_DENIED)
    room.rosters.versions.append(second_roster())
    room.pass_time(minutes=1)
    await refused(room, A, shown(room, A), Reason.REQUEST_NOT_FOUND)
    with pytest.raises(AccessDenied):
        await shown(room, C)


async def test_nothing_is_changed_while_the_log_stands_still(room: Chamber) -> None:
    """Records, passes and findings are refused with LOG_UNAVAILABLE."""
    made = await asked(room)
    room.pass_time(minutes=2)
    room.waiting.oldest = room.now().real - timedelta(minutes=2)
    room.rosters.versions.append(second_roster())
    for act in (room.keep_drill(), send(room, made), report(room)):
        assert await reason_of(act) == Reason.LOG_UNAVAILABLE
    assert await room.refusals(A) == 0


async def test_findings_are_logged(room: Chamber) -> None:
    """A finding is logged as a refusal of the custodian whose client reported it."""
    await report(room)
    assert await room.refusals(A) == 1


async def test_who_is_overdue(room: Chamber) -> None:
    """Custodians of the current quorum are counted, from their last pass or the first record on."""
    await passed(room, A)
    room.pass_time(days=60)
    await passed(room, B)
    await room.count_drills()
    room.pass_time(days=31)
    await room.count_drills()
    assert [overdue for overdue, _ in room.gauges] == [0, 2]
    assert room.gauges[-1][1] == pytest.approx(91 * 86_400, abs=1)


async def test_a_pass_outlives_a_change_of_the_quorum(room: Chamber) -> None:
    """It counts for the same custodian and key; a new custodian has 90 days from the new record on."""
    await passed(room, A)
    room.pass_time(days=80)
    room.rosters.versions.append(second_roster())
    await room.keep_drills()
    room.pass_time(days=11)
    await room.count_drills()
    assert room.gauges[-1][0] == 2  # A by 91 days since the pass, B by 91 since the first record
    await passed(room, A, B)
    await room.count_drills()
    assert room.gauges[-1][0] == 0
    room.pass_time(days=80)
    await room.count_drills()
    assert room.gauges[-1][0] == 1  # custodian-d, 91 days after the new record


async def test_before_the_first_record(room: Chamber) -> None:
    """Without a drill record no custodian is overdue."""
    assert drill_acts.standings(versions=[first_roster()], history=DrillHistory({}, {})) == []
