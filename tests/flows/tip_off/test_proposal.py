"""Decisions about reports that wait for a second moderator, over both databases."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.tip_off import tip_off_texts
from idvault_client.sanctions import AccountSanction, UpheldContentMeasure
from idvault_client.tip_offs import FiledTipOff, TipOffReport, UpheldSanction
from idvault_verify.account import Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, Origin
from idvault_verify.tip_off import Reminder, TargetKind, TipOffOutcome, TipOffState, TipOffTarget
from tests.support.refusal import fields_of, reason_of, states_of
from tests.support.tip_off_world import DAY, TipOffWorld
from tools.support.builders import NOW
from tools.support.flow_world import request_id
from tools.support.sanction_world import reasons, signing

HOUR = 3_600
_NAMES = statement(select(tip_off_texts.c.name).order_by(tip_off_texts.c.name), scalar)


async def proposed(
    world: TipOffWorld, key: ModeratorKey, *, reporters: int = 1, seconds: float = 0
) -> tuple[list[FiledTipOff], TipOffReport, AccountSanction, str]:
    """Return filed reports of one matter, the leading one with a proposed closing, that, and the account."""
    token = await world.world.account(1)
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    filed = [
        await world.file(target=target, reporter_token=await world.person(number))
        for number in range(reporters)
    ]
    leading, *others = (each.tip_off for each in filed)
    await world.assign(leading, key.moderator_id, seconds=seconds)
    if others:
        await world.merge(leading, others, key.moderator_id, seconds=seconds)
    made = await world.uphold(
        leading, key, token, degree=Degree.CLOSE, reply="it is closed (synthetic)", seconds=seconds
    )
    sanction = await world.world.asks(seconds).get(made.proposal_id)
    return filed, made, sanction, token


async def names(world: TipOffWorld) -> list[str]:
    """Return the names of the texts that are stored."""

    async def read(connection: Connection) -> list[str]:
        return await connection.all(_NAMES)

    return await world.database.read("test", read)


async def test_nothing_of_a_proposal_is_told(world: TipOffWorld, key: ModeratorKey) -> None:
    """The reporter reads as before, nobody is judged, and the moderators see what waits and until when."""
    filed, made, _, token = await proposed(world, key)
    assert (made.state, made.outcome, made.sanction_id) == (TipOffState.ASSIGNED, None, "")
    assert made.proposal_lapse_time == NOW + timedelta(hours=72)
    read = await world.get(made)
    assert (read.reply, read.proposed_reply) == ("", "it is closed (synthetic)")
    found = await world.follow(filed[0])
    assert (found.state, found.outcome, found.reply, found.answer_time) == ("ASSIGNED", None, "", None)
    assert (await world.reporter(made.reporter_id)).upheld == 0
    assert (await world.world.status(token)).standing is Standing.GOOD
    assert await world.events() == sorted(
        ["tipoff:report:file", "tipoff:report:assign", "tipoff:report:propose"]
    )


async def test_a_confirmation_upholds_every_report(world: TipOffWorld, key: ModeratorKey) -> None:
    """In force, the report and those that were merged into it close in the same act, by the held reply."""
    filed, made, sanction, token = await proposed(world, key, reporters=3)
    second = await world.world.moderator(2)
    await world.world.confirm(sanction, key=second, seconds=HOUR)
    upheld = (await world.get(made, seconds=HOUR)).tip_off
    assert (upheld.state, upheld.outcome) == (TipOffState.RESOLVED, TipOffOutcome.UPHELD)
    assert (upheld.sanction_id, upheld.proposal_id, upheld.moderator_id) == (
        sanction.sanction_id,
        "",
        key.moderator_id,
    )
    for each in filed:
        told = await world.follow(each, seconds=HOUR)
        assert (told.outcome, told.reply) == (TipOffOutcome.UPHELD, "it is closed (synthetic)")
        reporter = await world.reporter(each.tip_off.reporter_id, seconds=HOUR)
        assert reporter.upheld == 1
    assert (await world.world.status(token, seconds=HOUR)).standing is Standing.CLOSED
    events = await world.events()
    assert [events.count(f"tipoff:report:{verb}") for verb in ("uphold", "duplicate", "answer")] == [1, 2, 3]


async def test_a_withdrawn_proposal_leaves_nothing(world: TipOffWorld, key: ModeratorKey) -> None:
    """The report is open with its old deadline, and the reply of the proposal is deleted, with its salt."""
    filed, made, sanction, _ = await proposed(world, key)
    assert "proposed-reply" in await names(world)
    await world.world.lift(sanction, key=await world.world.moderator(2), seconds=HOUR)
    found = await world.get(made, seconds=HOUR)
    assert (found.tip_off.state, found.tip_off.proposal_id, found.proposed_reply) == ("ASSIGNED", "", "")
    assert found.tip_off.due_time == made.due_time
    assert await names(world) == ["text"]  # neither the reply nor its salt
    assert (await world.follow(filed[0], seconds=HOUR)).reply == ""
    assert (await world.events()).count("tipoff:report:reopen") == 1
    dismissed = await world.dismiss(made, key.moderator_id, reply="no (synthetic)", seconds=HOUR)
    assert dismissed.outcome is TipOffOutcome.DISMISSED
    assert (await world.follow(filed[0], seconds=HOUR)).reply == "no (synthetic)"


async def test_a_proposal_lapses_into_an_overdue_report(world: TipOffWorld, key: ModeratorKey) -> None:
    """The seven days run on: what was due meanwhile is missed, and the report is open and overdue."""
    proposal, lapse = 6 * DAY, 9 * DAY
    _, made, sanction, _ = await proposed(world, key, seconds=proposal)
    await world.remind(seconds=8 * DAY)
    assert [each for each in await world.events() if each.endswith(":miss")] == [
        "tipoff:reply:miss",
        "tipoff:solution:miss",
    ]
    assert (await world.get(made, seconds=lapse)).tip_off.proposal_id == ""  # before anybody has stored it
    assert await world.world.work(seconds=lapse) == 1
    found = (await world.get(made, seconds=lapse)).tip_off
    assert (found.state, found.reminder, found.due_time) == ("ASSIGNED", Reminder.OVERDUE, made.due_time)
    assert await world.levels(seconds=lapse) == ({TipOffState.ASSIGNED: 1}, 1)
    second = await world.world.moderator(2, seconds=lapse)
    assert await states_of(world.world.confirm(sanction, key=second, seconds=lapse)) == (
        "LAPSED",
        "IN_FORCE",
    )


async def test_a_lapse_that_is_not_stored_hinders_no_decision(world: TipOffWorld, key: ModeratorKey) -> None:
    """The next decision stores that the proposal has lapsed; the worker then finds nothing to open again."""
    filed, made, _, token = await proposed(world, key)
    later = 4 * DAY
    await world.uphold(made, key, token, reply="warned (synthetic)", seconds=later)
    assert (await world.follow(filed[0], seconds=later)).reply == "warned (synthetic)"
    assert await names(world) == ["proposed-reply", "salt-proposed-reply", "text"], "that of the decision"
    assert await world.world.work(seconds=later) == 1
    events = await world.events()
    assert [events.count(f"tipoff:report:{verb}") for verb in ("propose", "reopen", "uphold")] == [1, 1, 1]


async def test_nobody_decides_otherwise_meanwhile(world: TipOffWorld, key: ModeratorKey) -> None:
    """No other decision, merger or assignee; notes, replies and more reports are possible."""
    _, made, _, token = await proposed(world, key)
    me, other = key.moderator_id, (await world.world.moderator(2)).moderator_id
    second = (await world.file()).tip_off
    await world.assign(second, me)
    for work in (
        world.dismiss(made, me, reply="no"),
        world.uphold(made, key, token, reply="yes"),
        world.hand_back(made, me),
        world.assign(made, other, former=me),
        world.merge(second, [made], me),
    ):
        assert await reason_of(work) is Reason.PROPOSAL_OPEN
    await world.note(made, me, "a note")
    await world.merge(made, [second], me)
    assert (await world.answer(made, me)).state is TipOffState.ANSWERED


def on_content(report: TipOffReport, **changes: Any) -> UpheldContentMeasure:
    statement = reasons(origin=Origin.TIP_OFF, tip_off=report.reference, **changes)
    return UpheldContentMeasure("post/17", ContentMeasureKind.REMOVED, statement)


async def test_a_report_whose_author_is_unknown_is_upheld(world: TipOffWorld, key: ModeratorKey) -> None:
    """By a measure on content alone: all or nothing, and the reporter is told."""
    filed = await world.file()
    report = await world.assign(filed.tip_off, key.moderator_id)
    asks, mine = world.asks(0), signing(key, 0)
    wrong = UpheldContentMeasure("post/17", ContentMeasureKind.REMOVED, reasons())
    assert await fields_of(asks.uphold(report.tip_off_id, measure=wrong, key=mine, reply="removed")) == [
        "content_measure.statement.tip_off"
    ]
    assert await fields_of(asks.uphold(report.tip_off_id, key=mine, reply="removed")) == ["sanction"]
    assert await world.world.events("content:") == []
    made = await asks.uphold(report.tip_off_id, measure=on_content(report), key=mine, reply="removed")
    assert (made.outcome, made.sanction_id, bool(made.measure_id)) == (TipOffOutcome.UPHELD, "", True)
    found = await world.world.platform().content_measures.get(made.measure_id)
    assert found.statement is not None
    assert (found.content, found.statement.tip_off) == ("post/17", report.reference)
    assert (await world.follow(filed)).outcome is TipOffOutcome.UPHELD
    assert await world.world.events("content:") == ["content:removed:impose"]


async def test_a_measure_beside_a_closing_is_in_force_at_once(world: TipOffWorld, key: ModeratorKey) -> None:
    """The report waits with the closing; that withdrawn, it is open again, and the measure stays."""
    token = await world.world.account(1)
    report = await world.assign((await world.file()).tip_off, key.moderator_id)
    asks, mine = world.asks(0), signing(key, 0)
    statement = reasons(origin=Origin.TIP_OFF, tip_off=report.reference)
    closing = UpheldSanction(token, Degree.CLOSE, statement)
    made = await asks.uphold(
        report.tip_off_id, closing, measure=on_content(report), key=mine, reply="removed"
    )
    assert (made.outcome, bool(made.proposal_id), bool(made.measure_id)) == (None, True, True)
    sanction = await world.world.asks().get(made.proposal_id)
    await world.world.lift(sanction, key=await world.world.moderator(2))
    found = (await world.get(made)).tip_off
    assert (found.state, found.measure_id) == (TipOffState.ASSIGNED, "")
    kept = await world.world.platform().content_measures.get(made.measure_id)
    assert kept.state is ContentMeasureState.IN_FORCE


async def test_a_sanction_that_names_a_report_decides_nothing(world: TipOffWorld, key: ModeratorKey) -> None:
    """A closing beside the decision, with the same reference: only the one of the decision counts."""
    _, made, sanction, token = await proposed(world, key)
    named = reasons(origin=Origin.TIP_OFF, tip_off=made.reference)
    second = await world.world.moderator(2)
    beside = await world.world.impose(token, Degree.CLOSE, key=key, given=named)
    await world.world.confirm(beside, key=second)
    assert (await world.get(made)).tip_off.proposal_id == sanction.sanction_id
    unknown = reasons(origin=Origin.TIP_OFF, tip_off="999")
    await world.world.lift(await world.world.impose(token, Degree.CLOSE, key=key, given=unknown), key=key)
    assert (await world.get(made)).tip_off.state is TipOffState.ASSIGNED


async def test_a_confirmation_and_a_withdrawal_at_once(world: TipOffWorld, key: ModeratorKey) -> None:
    """Of confirmation, withdrawal and lapse at the same time one happens, and the report follows that one."""
    _, made, sanction, _ = await proposed(world, key)
    second = await world.world.moderator(2)
    ends = await asyncio.gather(
        world.world.confirm(sanction, key=second),
        world.world.lift(sanction, key=key, request_id=request_id(3)),
        world.note(made, key.moderator_id, "a note"),
        return_exceptions=True,
    )
    found = (await world.get(made)).tip_off
    confirmed = not isinstance(ends[0], BaseException)
    assert (found.outcome is TipOffOutcome.UPHELD) is confirmed
    assert found.proposal_id == ""
