"""Drills: one record for each quorum, passes that count once, and overdue custodians."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.request import MemberAsked
from idvault.custody.drill import acts as drill_acts
from idvault.custody.drill.acts import PassCommand
from idvault.custody.drill.rules import DrillHistory, DrillStanding
from idvault_verify import drill
from idvault_verify.attest.drill import DrillTerms
from idvault_verify.attest.people.roster import Roster
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import IdvaultError, Reason
from idvault_verify.event import EventType
from tests.support.disclosure_world import refused, request_id
from tools.support import builders, people
from tools.support.chamber import CUSTODIANS, Chamber, chamber, first_roster, identity, roster_member
from tools.support.databases import Databases

A, B, C = CUSTODIANS
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with SQLite files and a drill record."""
    async with chamber(sqlite_databases, tmp_path) as made:
        await made.keep_drills()
        yield made


async def command(room: Chamber, name: str = A, *, signer: str = "", **changes: Any) -> PassCommand:
    """Return a pass that a member signs now, with a valid code."""
    shown = await drill_acts.get(room.context, actor_id=roster_member(name).actor_id, now=room.now())
    record, time = shown.record, int(room.now().real.timestamp())
    terms = DrillTerms(record.record_id, record.present_quorum_id, name, time)
    signature = identity(signer or name).sign(terms.canonical())
    content = builders.content(record.record_id, record.present_quorum_id, time, signature)
    made = PassCommand(
        call=MemberAsked(roster_member(name).actor_id, request_id(), "PassDrill", content),
        record_id=record.record_id,
        quorum_id=record.present_quorum_id,
        signed_at=terms.signed_at,
        signature=signature,
        code=room.codes.code(),
    )
    return replace(made, **changes)


async def passed(room: Chamber, *names: str) -> list[DrillStanding]:
    return [
        await drill_acts.complete(room.context, await command(room, name), now=room.now()) for name in names
    ]


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
    shown = await drill_acts.get(room.context, actor_id=roster_member(B).actor_id, now=room.now())
    quorum = room.rosters.quorum
    assert shown.record.relying_party == "drill"
    assert shown.record.account_token == drill.token(quorum_id=quorum.id)
    assert (shown.member.place, shown.proofs.are_complete) == (2, True)
    assert await room.keep_drill() is False
    room.rosters.versions.append(second_roster())
    assert await room.keep_drill() is True
    assert len(await room.logged(EventType.DRILL_RENEW)) == 2
    again = await drill_acts.get(room.context, actor_id=roster_member(B).actor_id, now=room.now())
    assert again.record.record_id != shown.record.record_id


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
    assert standing == DrillStanding(A, now, now + 90 * DAY)
    (entry,) = await room.logged(EventType.DRILL_COMPLETE)
    assert entry.actor_id == roster_member(A).actor_id


async def test_a_repeat_is_the_same_pass(room: Chamber) -> None:
    """A repeat with the same request_id needs no code and writes no entry."""
    first = await command(room)
    answered = await drill_acts.complete(room.context, first, now=room.now())
    room.pass_time(minutes=1)
    assert await drill_acts.complete(room.context, replace(first, code=""), now=room.now()) == answered
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 1
    other = replace(first, call=replace(first.call, content=b"another"), signature=bytes(64))
    await refused(room, A, drill_acts.complete(room.context, other, now=room.now()), Reason.REQUEST_ID_REUSED)


async def test_a_signature_counts_once(room: Chamber) -> None:
    """A signature that is replayed under another request_id, or older than the last one, is refused."""
    older = await command(room)
    room.pass_time(seconds=2)
    newer = await command(room)
    answered = await drill_acts.complete(room.context, newer, now=room.now())
    replayed = replace(newer, call=replace(newer.call, request_id=request_id()), code=room.codes.code())
    await refused(
        room, A, drill_acts.complete(room.context, replayed, now=room.now()), Reason.REQUEST_ID_REUSED
    )
    room.pass_time(minutes=1)
    await refused(room, A, drill_acts.complete(room.context, older, now=room.now()), Reason.REQUEST_ID_REUSED)
    shown = await drill_acts.get(room.context, actor_id=roster_member(A).actor_id, now=room.now())
    assert shown.standing == answered
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 1
    room.pass_time(seconds=2)
    await passed(room, A)
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 2


async def test_what_is_refused(room: Chamber) -> None:
    """Another's signature, record or quorum, an old time and a wrong code are refused and logged."""
    wrong: list[tuple[dict[str, Any], Reason]] = [
        ({"signer": B}, Reason.INVALID_MESSAGE),
        ({"record_id": "0" * 32}, Reason.QUORUM_INVALID),
        ({"quorum_id": "0" * 64}, Reason.QUORUM_INVALID),
        ({"signed_at": room.now().real - timedelta(hours=1)}, Reason.INVALID_MESSAGE),
        ({"signature": b""}, Reason.INVALID_MESSAGE),
        ({"code": "000000"}, Reason.SECOND_FACTOR_REFUSED),
    ]
    for changes, reason in wrong:
        room.pass_time(minutes=1)
        changed = await command(room, **changes)
        await refused(room, A, drill_acts.complete(room.context, changed, now=room.now()), reason)
    assert await room.logged(EventType.DRILL_COMPLETE) == []


async def test_a_good_code_is_not_spent_on_what_is_refused(room: Chamber) -> None:
    """The code is checked last."""
    bad = await command(room, signer=B)
    await refused(room, A, drill_acts.complete(room.context, bad, now=room.now()), Reason.INVALID_MESSAGE)
    good = replace(await command(room), code=bad.code)
    assert await drill_acts.complete(room.context, good, now=room.now())


async def test_who_is_not_of_the_quorum_in_force(room: Chamber) -> None:
    """Only custodians of the quorum get the record, once the worker has created it."""
    act = drill_acts.get(room.context, actor_id=roster_member("auditor-a").actor_id, now=room.now())
    await refused(room, "auditor-a", act, Reason.ACCESS_DENIED)
    room.rosters.versions.append(second_roster())
    room.pass_time(minutes=1)
    act = drill_acts.get(room.context, actor_id=roster_member(A).actor_id, now=room.now())
    await refused(room, A, act, Reason.REQUEST_NOT_FOUND)
    with pytest.raises(IdvaultError) as gone:
        await drill_acts.get(room.context, actor_id=roster_member(C).actor_id, now=room.now())
    assert gone.value.reason is Reason.ACCESS_DENIED


async def test_nothing_is_changed_while_the_log_stands_still(room: Chamber) -> None:
    """Records, passes and findings are refused with LOG_UNAVAILABLE."""
    made = await command(room)
    room.pass_time(minutes=2)
    room.waiting.oldest = room.now().real - timedelta(minutes=2)
    room.rosters.versions.append(second_roster())
    for act in (
        room.keep_drill(),
        drill_acts.complete(room.context, made, now=room.now()),
        drill_acts.report(
            room.context, actor_id=made.call.actor_id, finding=HistoryFinding.SHARE_WRONG, now=room.now()
        ),
    ):
        with pytest.raises(IdvaultError) as stopped:
            await act
        assert stopped.value.reason is Reason.LOG_UNAVAILABLE
    assert await room.refusals(A) == 0


async def test_findings_are_logged(room: Chamber) -> None:
    """A finding is logged as a refusal of the custodian whose client reported it."""
    await drill_acts.report(
        room.context, actor_id=roster_member(A).actor_id, finding=HistoryFinding.SHARE_WRONG, now=room.now()
    )
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
