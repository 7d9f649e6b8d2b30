"""Reports that are referred to an authority, over both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.tip_off import tip_off_referrals
from idvault.core.topic import Audience
from idvault.notification.rules import Recipient
from idvault_client.errors import NotFound, PreconditionFailed, RequestIdReused, SecondFactorRefused
from idvault_client.tip_offs import FiledTipOff, TipOffCase, TipOffReport
from idvault_people.trust import FindingError
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.order import AnswerTerms
from idvault_verify.error import InvalidError, Reason
from idvault_verify.offline.order import OrderError, ReferredReport, check_answer
from idvault_verify.tip_off import (
    ReferralState,
    Reminder,
    TargetKind,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from idvault_verify.v1 import authority_pb2
from tests.support.referral_world import ReferralWorld
from tests.support.refusal import fields_of, reason_of, states_of
from tests.support.tip_off_world import CONTENT, DAY
from tests.support.told import told
from tools.support import people
from tools.support.builders import NOW
from tools.support.flow_world import PARTY
from tools.support.orders import OFFICE, OTHER_OFFICE

HOUR = 3_600
LAST = 7 * DAY + 12 * HOUR
"""Seconds from the tests' noon to the end of the seventh day, in the tests' time zone."""
_SALTS = statement(select(tip_off_referrals.c.salt), scalar)


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path) -> AsyncIterator[ReferralWorld]:
    """Return the world with a new database of each kind."""
    made = ReferralWorld(main_database, tmp_path)
    yield made
    await made.world.claims.verification.drain()


async def referred(
    world: ReferralWorld, key: ModeratorKey, *, reporters: int = 1, seconds: float = 0, **changes: Any
) -> tuple[list[FiledTipOff], TipOffReport]:
    """Return filed reports of one matter, and the leading one, which is referred."""
    filed = [
        await world.file(reporter_token=await world.person(number), **changes) for number in range(reporters)
    ]
    leading, *others = (each.tip_off for each in filed)
    await world.assign(leading, key.moderator_id, seconds=seconds)
    if others:
        await world.merge(leading, others, key.moderator_id, seconds=seconds)
    made = await world.refer(leading, key.moderator_id, reply="passed on (synthetic)", seconds=seconds)
    return filed, made


def answered_by(world: ReferralWorld, case: TipOffCase, made: TipOffReport, **changes: Any) -> AnswerTerms:
    """Return the acceptance of a report, after the check of the platform that referred it."""
    report = ReferredReport(
        referral_id=made.referral_id,
        authority=made.authority,
        platform=PARTY,
        answer=ReferralState.ACCEPTED,
        category=made.category,
        target=made.target,
        salt=case.referral_salt,
    )
    versions = world.office.rosters.versions
    return check_answer(case.referral_answer, report=replace(report, **changes), versions=versions)


async def test_nothing_of_a_referral_is_told(world: ReferralWorld, key: ModeratorKey) -> None:
    """The reporter reads as before, nobody is judged, and the moderators see what waits and until when."""
    filed, made = await referred(world, key)
    assert (made.state, made.outcome, made.authority) == (TipOffState.ASSIGNED, None, OFFICE)
    assert (made.referral_state, made.due_time) == (ReferralState.OPEN, filed[0].tip_off.due_time)
    assert made.referral_lapse_time == NOW + timedelta(seconds=LAST)
    read = await world.get(made)
    assert (read.reply, read.proposed_reply) == ("", "passed on (synthetic)")
    assert read.referral_answer == b""
    found = await world.follow(filed[0])
    assert (found.state, found.outcome, found.reply, found.answer_time) == ("ASSIGNED", None, "", None)
    assert await world.events() == sorted(
        ["tipoff:report:file", "tipoff:report:assign", "tipoff:referral:make"]
    )


async def test_an_authority_reads_category_and_target(world: ReferralWorld, key: ModeratorKey) -> None:
    """Platform and day beside them, and nothing of text, reporter, contact, moderator or minute."""
    told = "who reports, and where (synthetic)"
    filed, made = await referred(world, key, text=told, contact="reporter@example.org", seconds=HOUR)
    [found] = await world.referrals(seconds=HOUR)
    assert (found.platform, found.category, found.target) == (PARTY, made.category, CONTENT)
    assert (found.refer_date, found.last_date) == (date(2026, 3, 1), date(2026, 3, 8))
    assert (found.state, found.answer_time) == (ReferralState.OPEN, None)
    edge = world.office.edge(seconds=HOUR)
    asked = authority_pb2.GetReferralRequest(referral_id=made.referral_id)
    answer = await edge.ask("AuthorityService/GetReferral", asked, authority_pb2.Referral)
    sent = answer.SerializeToString()
    report = filed[0].tip_off
    for hidden in (told, "reporter@example.org", report.reporter_id, report.reference, report.tip_off_id):
        assert hidden.encode() not in sent
    assert key.moderator_id.encode() not in sent
    assert {each.name for each, _ in answer.ListFields()} == {
        *("referral_id", "platform", "category", "target", "target_salt", "refer_date", "last_date", "state")
    }


async def test_an_acceptance_decides_every_report(world: ReferralWorld, key: ModeratorKey) -> None:
    """The report and those that were merged into it close in the same act, by the held reply."""
    filed, made = await referred(world, key, reporters=3)
    answered = await world.accept(made, seconds=HOUR)
    assert (answered.state, answered.answer_time) == (ReferralState.ACCEPTED, NOW + timedelta(hours=1))
    case = await world.get(made, seconds=HOUR)
    decided = case.tip_off
    assert (decided.state, decided.outcome) == (TipOffState.RESOLVED, TipOffOutcome.REFERRED)
    signed = answered_by(world, case, made)
    assert (signed.referral_id, signed.answer) == (made.referral_id, ReferralState.ACCEPTED)
    assert (decided.moderator_id, decided.referral_state) == (key.moderator_id, ReferralState.ACCEPTED)
    for each in filed:
        told = await world.follow(each, seconds=HOUR)
        assert (told.outcome, told.reply) == (TipOffOutcome.REFERRED, "passed on (synthetic)")
        reporter = await world.reporter(each.tip_off.reporter_id, seconds=HOUR)
        assert (reporter.upheld, reporter.dismissed, reporter.abusive) == (0, 0, 0)
    events = await world.events()
    kinds = ("referral:make", "referral:accept", "report:duplicate", "report:answer")
    assert [events.count(f"tipoff:{kind}") for kind in kinds] == [1, 1, 2, 3]


@pytest.mark.parametrize("end", ["decline", "lapse"])
async def test_an_end_without_acceptance_leaves_nothing(
    world: ReferralWorld, key: ModeratorKey, end: str
) -> None:
    """The report is open with its old deadline, and the held reply is deleted."""
    filed, made = await referred(world, key)
    later = HOUR if end == "decline" else LAST
    if end == "decline":
        declined = await world.decline(made, seconds=later)
        assert (declined.state, declined.target) == (ReferralState.DECLINED, None)
    else:
        assert (await world.get(made, seconds=LAST - 1)).tip_off.referral_state is ReferralState.OPEN
        assert (await world.get(made, seconds=LAST)).tip_off.referral_state is ReferralState.LAPSED
        assert await world.remind(seconds=later) == 1
    found = await world.get(made, seconds=later)
    assert (found.tip_off.state, found.proposed_reply) == (TipOffState.ASSIGNED, "")
    assert found.tip_off.referral_state == {"decline": "DECLINED", "lapse": "LAPSED"}[end]
    assert (found.tip_off.due_time, found.tip_off.referral_lapse_time) == (made.due_time, None)
    assert (await world.events()).count(f"tipoff:referral:{end}") == 1
    assert (await world.follow(filed[0], seconds=later)).reply == ""
    dismissed = await world.dismiss(made, key.moderator_id, reply="no (synthetic)", seconds=later)
    assert dismissed.outcome is TipOffOutcome.DISMISSED
    assert (await world.follow(filed[0], seconds=later)).reply == "no (synthetic)"


async def test_the_seven_days_of_the_report_run_on(world: ReferralWorld, key: ModeratorKey) -> None:
    """What is due meanwhile is missed once, at its deadline, also if the authority accepts afterwards."""
    _, made = await referred(world, key, seconds=6 * DAY)
    assert await world.remind(seconds=LAST) == 1
    missed = ["tipoff:reply:miss", "tipoff:solution:miss"]
    assert [each for each in await world.events() if each.endswith(":miss")] == missed
    assert (await world.get(made, seconds=LAST)).tip_off.referral_state is ReferralState.OPEN
    await world.accept(made, seconds=9 * DAY)
    decided = (await world.get(made, seconds=9 * DAY)).tip_off
    assert (decided.outcome, decided.reminder) == (TipOffOutcome.REFERRED, Reminder.OVERDUE)
    assert [each for each in await world.events() if each.endswith(":miss")] == missed
    month = (await world.world.asks(9 * DAY).get_month("2026-03")).tip_offs
    assert (month.referred, month.open, month.solution_late) == (1, 0, 1)


async def test_a_lapse_that_is_not_stored_hinders_no_decision(
    world: ReferralWorld, key: ModeratorKey
) -> None:
    """The next decision stores that the referral has lapsed; so does another referral."""
    filed, made = await referred(world, key)
    again = await world.refer(made, key.moderator_id, authority=OTHER_OFFICE, reply="b", seconds=LAST)
    assert (again.referral_state, again.authority) == (ReferralState.OPEN, OTHER_OFFICE)
    assert again.referral_id != made.referral_id
    kinds = ("make", "lapse")
    events = await world.events()
    assert [events.count(f"tipoff:referral:{kind}") for kind in kinds] == [2, 1]
    assert (await world.get(made, seconds=LAST)).proposed_reply == "b"
    [old] = await world.referrals(seconds=LAST)
    assert (old.state, old.target) == (ReferralState.LAPSED, None)
    [new] = await world.referrals(name=OTHER_OFFICE, seconds=LAST)
    await world.answer_as(new, ReferralState.ACCEPTED, name=OTHER_OFFICE, seconds=LAST + 1)
    assert (await world.follow(filed[0], seconds=LAST + 1)).reply == "b"


async def test_nobody_decides_otherwise_meanwhile(world: ReferralWorld, key: ModeratorKey) -> None:
    """No other decision, merger or assignee; notes, replies and more reports are possible."""
    _, made = await referred(world, key)
    me, other = key.moderator_id, (await world.world.moderator(2)).moderator_id
    token = await world.world.account(1)
    second = (await world.file()).tip_off
    await world.assign(second, me)
    for work in (
        world.dismiss(made, me, reply="no"),
        world.uphold(made, key, token, reply="yes"),
        world.refer(made, me, reply="again"),
        world.hand_back(made, me),
        world.assign(made, other, former=me),
        world.merge(second, [made], me),
    ):
        assert await reason_of(work) is Reason.REFERRAL_OPEN
    await world.note(made, me, "a note")
    await world.merge(made, [second], me)
    assert (await world.answer(made, me)).state is TipOffState.ANSWERED


async def test_only_the_assignee_refers_and_with_a_reply(world: ReferralWorld, key: ModeratorKey) -> None:
    """As every decision; the authority must be one of the roster in force."""
    me, other = key.moderator_id, (await world.world.moderator(2)).moderator_id
    report = (await world.file()).tip_off
    assert await states_of(world.refer(report, me, reply="a")) == ("RECEIVED", "RESOLVED")
    await world.assign(report, me)
    assert await reason_of(world.refer(report, other, reply="a")) is Reason.ASSIGNEE_CHANGED
    assert await fields_of(world.refer(report, me)) == ["reply"]
    for unknown in ("nobody", people.NAMES[0]):
        work = world.refer(report, me, authority=unknown, reply="a")
        assert await reason_of(work) is Reason.AUTHORITY_NOT_FOUND
    assert await fields_of(world.refer(report, me, authority="", reply="a")) == ["authority"]
    assert await world.referrals() == []


async def test_a_repeated_referral_is_one(world: ReferralWorld, key: ModeratorKey) -> None:
    """Also once the authority has left the roster; another body under the same id is refused."""
    report = (await world.file()).tip_off
    await world.assign(report, key.moderator_id)
    asked = world.world.new_id()
    made = await world.refer(report, key.moderator_id, reply="a", request_id=asked)
    world.context.rosters = type(world.office.rosters)(people.roster())
    assert await world.refer(report, key.moderator_id, reply="a", request_id=asked) == made
    with pytest.raises(RequestIdReused):
        await world.refer(report, key.moderator_id, authority=OTHER_OFFICE, reply="a", request_id=asked)
    assert len(await world.referrals()) == 1


async def test_a_moderator_refers_so_many_a_day(world: ReferralWorld, key: ModeratorKey) -> None:
    """The hundred and first is refused until the operator's day ends, and leaves the report as it was."""
    reports = [(await world.file()).tip_off for _ in range(101)]
    for each in reports:
        await world.assign(each, key.moderator_id)
    for each in reports[:-1]:
        await world.refer(each, key.moderator_id, reply="a")
    refused = world.refer(reports[-1], key.moderator_id, reply="a")
    assert await reason_of(refused) is Reason.TIP_OFF_LIMIT_REACHED
    assert (await world.get(reports[-1])).tip_off.referral_state is None
    other = await world.world.moderator(2)
    await world.assign(reports[-1], other.moderator_id, former=key.moderator_id)
    await world.refer(reports[-1], other.moderator_id, reply="a")


async def test_an_authority_answers_its_own_once(world: ReferralWorld, key: ModeratorKey) -> None:
    """Another authority's is not found; an answer is final, and so is the end of the seventh day."""
    _, made = await referred(world, key)
    with pytest.raises(NotFound) as unknown:
        await world.referral(made, name=OTHER_OFFICE)
    assert unknown.value.reason == Reason.REFERRAL_NOT_FOUND.value
    found = await world.referral(made)
    await world.answer_as(found, ReferralState.ACCEPTED)
    for answer in (ReferralState.ACCEPTED, ReferralState.DECLINED):
        with pytest.raises(PreconditionFailed) as refused:
            await world.answer_as(found, answer)
        assert refused.value.states == ("ACCEPTED", answer.value)
    with pytest.raises(InvalidError):
        await world.answer_as(found, ReferralState.LAPSED)
    _, late = await referred(world, key)
    read = await world.referral(late)
    with pytest.raises(PreconditionFailed) as lapsed:
        await world.answer_as(read, ReferralState.ACCEPTED, seconds=LAST)
    assert lapsed.value.states == ("LAPSED", "ACCEPTED")


async def test_what_was_read_is_answered(world: ReferralWorld, key: ModeratorKey) -> None:
    """An answer to another category or target than the report's is refused, and none without a code."""
    _, made = await referred(world, key)
    found = await world.referral(made)
    other = TipOffTarget(TargetKind.CONTENT, "post/18")
    for wrong in (
        replace(found, target=other),
        replace(found, platform="platform-b"),
        replace(found, target_salt=bytes(32)),
    ):
        assert await fields_of(world.answer_as(wrong, ReferralState.ACCEPTED)) == ["signed_answer"]
    with pytest.raises(SecondFactorRefused):
        await world.answer_as(found, ReferralState.ACCEPTED, code="000000")
    assert (await world.get(made)).tip_off.referral_state is ReferralState.OPEN


async def test_a_paper_is_signed_by_the_caller_now(world: ReferralWorld, key: ModeratorKey) -> None:
    """By another authority, of yesterday, or under a replaced roster: refused."""
    _, made = await referred(world, key)
    found = await world.referral(made)
    other = world.officer(OTHER_OFFICE, edge=world.office.edge())
    code = world.office.codes.code()
    work = asyncio.to_thread(other.answer, found, ReferralState.ACCEPTED, code=code)
    assert await fields_of(work) == ["signed_answer"]
    early = replace(world.officer(), now=lambda: NOW - timedelta(days=1))
    work = asyncio.to_thread(early.answer, found, ReferralState.ACCEPTED, code=code)
    assert await fields_of(work) == ["signed_answer"]
    officer = world.officer()
    world.office.rosters.versions.append(people.signed(replace(people.roster(version=2)), *people.NAMES))
    work = asyncio.to_thread(officer.answer, found, ReferralState.ACCEPTED, code=code)
    assert await reason_of(work) is Reason.ACCESS_DENIED


async def test_an_acceptance_and_a_decline_at_once(world: ReferralWorld, key: ModeratorKey) -> None:
    """Of two answers at the same time one happens, and the report follows that one."""
    _, made = await referred(world, key)
    found = await world.referral(made)
    ends = await asyncio.gather(
        world.answer_as(found, ReferralState.ACCEPTED),
        world.answer_as(found, ReferralState.DECLINED),
        world.note(made, key.moderator_id, "a note"),
        return_exceptions=True,
    )
    assert [isinstance(each, PreconditionFailed) for each in ends[:2]].count(True) == 1
    after = (await world.get(made)).tip_off
    accepted = not isinstance(ends[0], BaseException)
    assert after.outcome == (TipOffOutcome.REFERRED if accepted else None)
    assert after.referral_state == ("ACCEPTED" if accepted else "DECLINED")


@pytest.mark.parametrize("answer", [ReferralState.ACCEPTED, ReferralState.DECLINED])
@pytest.mark.parametrize("then", ["remind", "dismiss", "refer"])
async def test_an_answer_that_a_lapse_overtakes(
    world: ReferralWorld, key: ModeratorKey, monkeypatch: pytest.MonkeyPatch, answer: ReferralState, then: str
) -> None:
    """It changes neither a report that was open again or decided meanwhile, nor the referral that follows."""
    filed, made = await referred(world, key)
    found, spend = await world.referral(made), world.office.codes.check

    async def overtaken(**given: Any) -> None:
        """Spend the code; meanwhile the last day ends, and the moderator goes on."""
        await spend(**given)
        if then == "remind":
            assert await world.remind(seconds=LAST) == 1
        elif then == "dismiss":
            await world.dismiss(made, key.moderator_id, reply="no (synthetic)", seconds=LAST)
        else:
            reply = "b (synthetic)"
            await world.refer(made, key.moderator_id, authority=OTHER_OFFICE, reply=reply, seconds=LAST)

    with monkeypatch.context() as patched:
        patched.setattr(world.office.codes, "check", overtaken)
        with pytest.raises(PreconditionFailed) as refused:
            await world.answer_as(found, answer, seconds=LAST - 1)
    assert refused.value.states == ("LAPSED", answer.value)
    assert (await world.referral(made, seconds=LAST)).signed_answer == b""
    after = (await world.get(made, seconds=LAST)).tip_off
    state = ReferralState.OPEN if then == "refer" else ReferralState.LAPSED
    assert (after.referral_state, after.referral_id == made.referral_id) == (state, then != "refer")
    assert after.outcome == (TipOffOutcome.DISMISSED if then == "dismiss" else None)
    told = await world.follow(filed[0], seconds=LAST)
    assert told.reply == ("no (synthetic)" if then == "dismiss" else "")
    answered = {"tipoff:referral:accept", "tipoff:referral:decline"} & set(await world.events())
    assert answered == set()


async def test_an_answer_is_shown_for_no_other_report(world: ReferralWorld, key: ModeratorKey) -> None:
    """The platform finds out, by its own words and the salt, if the vault shows it with another report."""
    _, first = await referred(world, key)
    other = TipOffTarget(TargetKind.CONTENT, "post/18")
    _, second = await referred(world, key, target=other)
    assert (await world.get((await world.file()).tip_off)).referral_salt == b""
    await world.accept(first)
    case, waits = await world.get(first), await world.get(second)
    assert (len(case.referral_salt), len(waits.referral_salt)) == (32, 32)
    assert case.referral_salt != waits.referral_salt
    answered_by(world, case, first)
    for shown, made in (
        (replace(waits, referral_answer=case.referral_answer), second),
        (replace(case, tip_off=second), second),
        (case, replace(second, referral_id=first.referral_id)),
        (replace(case, referral_salt=waits.referral_salt), first),
    ):
        with pytest.raises(OrderError) as refused:
            answered_by(world, shown, made)
        assert refused.value.reason == "OTHER_REFERRAL"
    await world.delete_texts(seconds=91 * DAY)
    gone = await world.get(first, seconds=91 * DAY)
    assert gone.referral_salt == b""
    answered_by(world, gone, first, target=None)


async def test_a_salt_has_one_size(world: ReferralWorld, key: ModeratorKey) -> None:
    """The officer signs no mark that could be another target's."""
    _, made = await referred(world, key)
    found = await world.referral(made)
    for size in (0, 31, 33):
        with pytest.raises(FindingError):
            await world.answer_as(replace(found, target_salt=bytes(size)), ReferralState.ACCEPTED)
    assert (await world.get(made)).tip_off.referral_state is ReferralState.OPEN


async def test_lists_do_not_move(world: ReferralWorld, key: ModeratorKey) -> None:
    """Pages follow each other in the order of the referrals; each list of one state has what is in it."""
    made = [(await referred(world, key, seconds=number))[1] for number in range(4)]
    await world.accept(made[0], seconds=9)
    await world.decline(made[1], seconds=9)
    ids = [each.referral_id for each in made]
    assert [each.referral_id for each in await world.referrals(seconds=9)] == ids
    for seconds, state, expected in (
        (9, ReferralState.OPEN, ids[2:]),
        (9, ReferralState.ACCEPTED, ids[:1]),
        (9, ReferralState.DECLINED, ids[1:2]),
        (9, ReferralState.LAPSED, []),
        (LAST, ReferralState.LAPSED, ids[2:]),
        (LAST, ReferralState.OPEN, []),
    ):
        found = await world.referrals(state=state, seconds=seconds)
        assert [each.referral_id for each in found] == expected
    edge = world.office.edge(seconds=9)
    asked = authority_pb2.ListReferralsRequest(page_size=3)
    page = await edge.ask("AuthorityService/ListReferrals", asked, authority_pb2.ListReferralsResponse)
    assert ([each.referral_id for each in page.referrals], page.next_page_token) == (ids[:3], ids[2])
    asked.page_token = "f" * 32
    work = edge.ask("AuthorityService/ListReferrals", asked, authority_pb2.ListReferralsResponse)
    assert await fields_of(work) == ["page_token"]


async def test_a_target_is_forgotten_with_the_texts(world: ReferralWorld, key: ModeratorKey) -> None:
    """Ninety days after the decision the authority reads the category alone, and no salt is stored."""
    _, made = await referred(world, key)
    await world.accept(made)
    assert (await world.referral(made, seconds=89 * DAY)).target == CONTENT
    assert await world.delete_texts(seconds=91 * DAY) == 1
    found = await world.referral(made, seconds=91 * DAY)
    assert (found.state, found.target, found.category) == (ReferralState.ACCEPTED, None, made.category)

    async def salts(connection: Connection) -> list[bytes | None]:
        return await connection.all(_SALTS)

    assert await world.database.read("test", salts) == [None]


async def test_a_false_answer_is_found(world: ReferralWorld, key: ModeratorKey) -> None:
    """The officer's client refuses a referral whose answer the authority did not sign in these words."""
    _, made = await referred(world, key)
    await world.accept(made)
    edge = world.office.edge()
    asked = authority_pb2.GetReferralRequest(referral_id=made.referral_id)
    true = await edge.ask("AuthorityService/GetReferral", asked, authority_pb2.Referral)

    def changed(**fields: Any) -> authority_pb2.Referral:
        copy = authority_pb2.Referral()
        copy.CopyFrom(true)
        for name, value in fields.items():
            setattr(copy, name, value)
        return copy

    target = changed()
    target.target.content = "post/18"
    for false in (
        changed(signed_answer=true.signed_answer[:-1] + bytes([true.signed_answer[-1] ^ 1])),
        changed(signed_answer=b""),
        changed(state=3),
        changed(platform="platform-b"),
        changed(category=3),
        changed(referral_id="f" * 32),
        target,
    ):
        officer = world.officer(edge=Answering(false))
        with pytest.raises(FindingError):
            officer.get(made.referral_id)


class Answering:
    """A vault that always answers the same."""

    def __init__(self, answer: authority_pb2.Referral) -> None:
        self.answer = answer

    def call(self, _method: str, _request: Any, _answer: type[Any]) -> Any:
        """Return the answer."""
        return self.answer


async def test_each_side_is_told(world: ReferralWorld, key: ModeratorKey) -> None:
    """The authority of a referral, and the platform's moderators that one was declined or has lapsed."""
    recipients = [
        Recipient("office", Audience.AUTHORITY, of=people.roster_member(OFFICE, role="authority").actor_id),
        Recipient("other", Audience.AUTHORITY, of="0" * 32),
        Recipient("every", Audience.AUTHORITY),
        Recipient("desk", Audience.MODERATOR, of=PARTY),
        Recipient("auditor", Audience.AUDITOR),
    ]
    _, first = await referred(world, key)
    referral = {"report_referred": 1}
    assert await told(world.vault, recipients, 1) == [
        ("desk", {"report_filed": 1}),
        ("every", referral),
        ("office", referral),
    ]
    await world.decline(first, seconds=2)
    assert await told(world.vault, recipients, 3) == [("desk", {"report_reopened": 1})]
    _, second = await referred(world, key)
    await told(world.vault, recipients, 4)
    await world.lapse(second, seconds=LAST)
    [(name, body)] = await told(world.vault, recipients, LAST + 1)
    assert (name, body["report_reopened"]) == ("desk", 1)
