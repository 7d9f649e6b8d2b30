"""The reporter answers the reply, over both databases: once, while the report is open, and nobody else."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables.tip_off import tip_off_texts
from idvault.core.topic import Audience
from idvault.notification.rules import Recipient
from idvault.tip_off.acts.filing import TRIES_A_DAY
from idvault_client.errors import PreconditionFailed, RequestIdReused
from idvault_client.tip_offs import FiledTipOff, FollowedTipOff
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import TipOffOutcome, TipOffState
from tests.support.refusal import fields_of, reason_of, states_of
from tests.support.tip_off_world import DAY, TipOffWorld
from tests.support.told import told as delivered
from tools.support.flow_world import PARTY, request_id

SUPPLEMENT = "tipoff:report:supplement"
MISSES = ("tipoff:reply:miss", "tipoff:solution:miss")
ANSWER = "it was on Monday (synthetic)"
_NAMES: Statement[str] = statement(select(tip_off_texts.c.name).order_by(tip_off_texts.c.name), scalar)


async def replied(world: TipOffWorld, key: ModeratorKey, **changes: Any) -> FiledTipOff:
    """Return a report whose reporter was asked something."""
    filed = await world.file(**changes)
    await world.assign(filed.tip_off, key.moderator_id)
    await world.answer(filed.tip_off, key.moderator_id, "when was it? (synthetic)")
    return filed


async def names(world: TipOffWorld) -> list[str]:
    """Return the names of all stored texts."""

    async def read(connection: Connection) -> list[str]:
        return await connection.all(_NAMES)

    return await world.database.read("test", read)


async def wrong_state(work: Awaitable[object]) -> str:
    """Return the state that a refusal names."""
    present, wanted = await states_of(work) or ("", "")
    assert wanted == "SUPPLEMENTED"
    return present


async def test_the_reporter_answers_and_the_moderator_reads(world: TipOffWorld, key: ModeratorKey) -> None:
    """Both see text and time; state, deadline and counts stay, and the log has one entry."""
    person = await world.person(1)
    filed = await replied(world, key, reporter_token=person)
    before = await world.get(filed.tip_off)
    told = await world.follow(filed)
    assert (told.text, told.supplement, told.can_supplement) == (before.text, "", True)
    after = await world.supplement(filed, ANSWER, seconds=60)
    assert after == await world.follow(filed, seconds=60)
    assert (after.supplement, after.can_supplement, after.state) == (ANSWER, False, TipOffState.ANSWERED)
    assert (after.due_time, after.reply) == (told.due_time, told.reply)
    case = await world.get(filed.tip_off)
    assert (case.supplement, case.text, case.reply) == (ANSWER, before.text, before.reply)
    assert case.tip_off.supplement_time == after.supplement_time
    assert case.tip_off.due_time == before.tip_off.due_time
    [reporter] = await world.reporters()
    assert reporter.filed == 1
    events = await world.events()
    assert (events.count(SUPPLEMENT), events.count("tipoff:report:file")) == (1, 1)


async def test_one_answer_and_its_repetition(world: TipOffWorld, key: ModeratorKey) -> None:
    """The same request is done once; another text with it, and another request, are refused."""
    filed = await replied(world, key)
    mine = request_id(1)
    first = await world.supplement(filed, ANSWER, request_id=mine)
    assert await world.supplement(filed, ANSWER, request_id=mine) == first
    with pytest.raises(RequestIdReused):
        await world.supplement(filed, "another", request_id=mine)
    assert await wrong_state(world.supplement(filed, ANSWER)) == "SUPPLEMENTED"
    assert (await world.follow(filed)).supplement == ANSWER
    # After the decision, too, the repetition is told what it did.
    await world.dismiss(filed.tip_off, key.moderator_id)
    again = await world.supplement(filed, ANSWER, request_id=mine)
    assert (again.supplement, again.state) == (ANSWER, TipOffState.RESOLVED)
    assert (await world.events()).count(SUPPLEMENT) == 1


async def test_only_an_open_report_that_has_a_reply(world: TipOffWorld, key: ModeratorKey) -> None:
    """Not before the reply, not after the decision, and not of a report on which nobody works."""
    filed = await world.file()
    assert await wrong_state(world.supplement(filed)) == "RECEIVED"
    await world.assign(filed.tip_off, key.moderator_id)
    assert await wrong_state(world.supplement(filed)) == "ASSIGNED"
    leading = await replied(world, key)
    await world.merge(leading.tip_off, [filed.tip_off], key.moderator_id)
    assert not (await world.follow(filed)).can_supplement
    assert await wrong_state(world.supplement(filed)) == "MERGED"
    await world.dismiss(leading.tip_off, key.moderator_id)
    assert await wrong_state(world.supplement(leading)) == "RESOLVED"
    assert SUPPLEMENT not in await world.events()
    assert "supplement" not in await names(world)


async def test_an_overdue_report_can_be_answered(world: TipOffWorld, key: ModeratorKey) -> None:
    """It is open until it is decided; the misses are written first, as before every change."""
    filed = await replied(world, key)
    told = await world.supplement(filed, seconds=8 * DAY)
    assert (told.overdue, told.misses) == (True, ("tipoff:solution:miss",))
    assert (await world.events()).count(SUPPLEMENT) == 1


async def test_nobody_else_answers(world: TipOffWorld, key: ModeratorKey) -> None:
    """A guessed secret, that of another report, and another platform: one refusal, counted as every try."""
    filed, other = await replied(world, key), await replied(world, key)
    for secret in ("0" * 16, other.secret):
        assert await reason_of(world.supplement(filed, secret=secret)) is Reason.TIP_OFF_NOT_FOUND
    assert await reason_of(world.supplement(filed, party="platform-b")) is Reason.TIP_OFF_NOT_FOUND
    for _ in range(TRIES_A_DAY - 2):
        await reason_of(world.supplement(filed, secret="0" * 16))
    assert await reason_of(world.supplement(filed)) is Reason.TIP_OFF_NOT_FOUND
    assert await reason_of(world.follow(filed)) is Reason.TIP_OFF_NOT_FOUND
    events = await world.events()
    assert (SUPPLEMENT in events, events.count("tipoff:tries:exhaust")) == (False, 1)
    assert (await world.supplement(other)).supplement


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "\u202e gnp.exe", "x" * 2_001])
async def test_what_is_answered_must_be_text(world: TipOffWorld, key: ModeratorKey, text: str) -> None:
    """Nothing is stored, no try is counted, and the reporter can still answer."""
    filed = await replied(world, key)
    for _ in range(TRIES_A_DAY + 1):
        assert await fields_of(world.supplement(filed, text)) == ["text"]
    markup = "<script>alert(1)</script>\n{{ 7 * 7 }} '; DROP TABLE tip_offs; --"
    assert (await world.supplement(filed, markup)).supplement == markup


async def test_of_two_answers_at_once_one_is_stored(world: TipOffWorld, key: ModeratorKey) -> None:
    """Two browsers send different texts: one has answered, the other is told."""
    filed = await replied(world, key)
    ends = await asyncio.gather(
        *(world.supplement(filed, f"answer {each}") for each in range(2)), return_exceptions=True
    )
    [told] = [each for each in ends if isinstance(each, FollowedTipOff)]
    assert (await world.get(filed.tip_off)).supplement == told.supplement
    assert (await world.events()).count(SUPPLEMENT) == 1


async def test_an_answer_and_a_decision_at_once(world: TipOffWorld, key: ModeratorKey) -> None:
    """Whoever comes second sees the other: an answer before the decision, or a refusal after it."""
    answered = 0
    for _ in range(6):
        filed = await replied(world, key)
        end, decided = await asyncio.gather(
            world.supplement(filed, ANSWER),
            world.dismiss(filed.tip_off, key.moderator_id),
            return_exceptions=True,
        )
        assert not isinstance(decided, BaseException)
        case, told = await world.get(filed.tip_off), await world.follow(filed)
        assert case.tip_off.outcome is TipOffOutcome.DISMISSED
        is_stored = isinstance(end, FollowedTipOff)
        assert is_stored or (
            isinstance(end, PreconditionFailed) and end.states == ("RESOLVED", "SUPPLEMENTED")
        )
        assert (case.supplement, told.supplement) == ((ANSWER,) * 2 if is_stored else ("", ""))
        assert (case.tip_off.supplement_time is not None) is is_stored
        answered += is_stored
    assert (await world.events()).count(SUPPLEMENT) == answered


async def test_a_proposal_is_not_told_by_it(world: TipOffWorld, key: ModeratorKey) -> None:
    """While a decision waits the reporter can answer as before; its reply is read once it decides."""
    token = await world.world.account(1)
    filed, second = await replied(world, key), await world.world.moderator(2)
    before = await world.follow(filed)
    made = await world.uphold(filed.tip_off, key, token, degree=Degree.CLOSE, reply="it was right")
    assert await world.follow(filed) == before
    told = await world.supplement(filed, ANSWER)
    assert (told.reply, told.former_reply, told.state) == (before.reply, "", TipOffState.ANSWERED)
    await world.world.confirm(await world.world.asks(0).get(made.proposal_id), key=second)
    after = await world.follow(filed)
    assert (after.outcome, after.reply) == (TipOffOutcome.UPHELD, "it was right")
    assert (after.former_reply, after.supplement) == (before.reply, ANSWER)


async def test_a_decision_keeps_the_reply_before_it(world: TipOffWorld, key: ModeratorKey) -> None:
    """The thread has both, for reporter and moderator, and for whoever's report was merged."""
    filed, late = await replied(world, key), await world.file(text="another (synthetic)")
    await world.merge(filed.tip_off, [late.tip_off], key.moderator_id)
    await world.supplement(filed, ANSWER)
    await world.dismiss(filed.tip_off, key.moderator_id, reply="no rule (synthetic)")
    told, case = await world.follow(filed), await world.get(filed.tip_off)
    assert (told.former_reply, told.reply) == ("when was it? (synthetic)", "no rule (synthetic)")
    assert (case.former_reply, case.reply) == (told.former_reply, told.reply)
    merged = await world.follow(late)
    assert (merged.former_reply, merged.reply) == (told.former_reply, told.reply)
    # What another reporter said is nobody's to read.
    assert (merged.text, merged.supplement, merged.supplement_time) == ("another (synthetic)", "", None)
    other = await replied(world, key)
    await world.dismiss(other.tip_off, key.moderator_id)
    told = await world.follow(other)
    assert (told.former_reply, told.reply) == ("", "when was it? (synthetic)")


async def test_a_merged_reporter_reads_the_own_question(world: TipOffWorld, key: ModeratorKey) -> None:
    """Who was asked and has answered, not what the reporter of the leading report was told meanwhile."""
    leading, filed = await world.file(), await replied(world, key)
    await world.supplement(filed, ANSWER)
    await world.assign(leading.tip_off, key.moderator_id)
    await world.answer(leading.tip_off, key.moderator_id, "we look at it (synthetic)")
    await world.merge(leading.tip_off, [filed.tip_off], key.moderator_id)
    told = await world.follow(filed)
    assert (told.former_reply, told.reply, told.supplement) == ("", "when was it? (synthetic)", ANSWER)
    await world.dismiss(leading.tip_off, key.moderator_id, reply="no rule (synthetic)")
    told = await world.follow(filed)
    assert (told.former_reply, told.reply) == ("when was it? (synthetic)", "no rule (synthetic)")


async def test_the_reporter_is_told_what_the_log_shows(world: TipOffWorld) -> None:
    """Overdue from the deadline on, and the misses once the worker has written them."""
    filed = await world.file()
    assert not (await world.follow(filed, seconds=6 * DAY)).overdue
    late = await world.follow(filed, seconds=8 * DAY)
    assert (late.overdue, late.misses) == (True, ())
    await world.remind(seconds=8 * DAY)
    late = await world.follow(filed, seconds=8 * DAY)
    assert (late.overdue, late.misses) == (True, MISSES)
    assert [each for each in await world.events() if each.endswith(":miss")] == list(MISSES)


async def test_the_answer_is_deleted_with_the_texts(world: TipOffWorld, key: ModeratorKey) -> None:
    """90 days after the decision; that there was one stays, as every time does."""
    filed = await replied(world, key)
    await world.supplement(filed, ANSWER)
    await world.dismiss(filed.tip_off, key.moderator_id)
    assert "supplement" in await names(world)
    assert await world.delete_texts(seconds=91 * DAY) == 1
    assert await names(world) == []
    told, case = await world.follow(filed), await world.get(filed.tip_off)
    assert (told.text, told.supplement, case.supplement) == ("", "", "")
    assert told.supplement_time == case.tip_off.supplement_time is not None


async def test_the_moderators_are_told(world: TipOffWorld, key: ModeratorKey) -> None:
    """That a reporter answered, and no other platform is."""
    recipients = [
        Recipient("desk", Audience.MODERATOR, of=PARTY),
        Recipient("b", Audience.MODERATOR, of="platform-b"),
    ]
    filed = await replied(world, key)
    assert await delivered(world.vault, recipients, 1) == [("desk", {"report_filed": 1})]
    await world.supplement(filed, seconds=2)
    assert await delivered(world.vault, recipients, 3) == [("desk", {"report_supplemented": 1})]
