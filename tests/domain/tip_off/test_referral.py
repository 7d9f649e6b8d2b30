"""Reports that wait for an authority: what that leaves as it was, and what ends it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.referral import rules
from idvault.tip_off.referral.rules import NewReferral, Referral
from idvault.tip_off.reporter import rules as reporter_rules
from idvault.tip_off.reporter.rules import Reporter
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.error import ExhaustedError, PreconditionError, Reason, TransitionError
from idvault_verify.event import EventType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, Reminder, TargetKind, TipOff, TipOffOutcome, TipOffTarget
from tests.domain.tip_off.test_tip_off import (
    ANSWERED,
    ASSIGNED,
    LATER,
    ME,
    OTHER,
    RESOLVED,
    filed,
    in_state,
    logged,
    resolved,
)
from tools.support.builders import NOW
from tools.support.orders import answer

MADE = NewReferral("7" * 32, "office-a", "8" * 32, NOW + timedelta(days=6))
TICK = timedelta(microseconds=1)


def referred(state: Any = ASSIGNED, **changes: Any) -> TipOff:
    """Return a report with an open referral."""
    return resolved(in_state(state, **changes), TipOffOutcome.REFERRED, referral=MADE)


@pytest.mark.parametrize("state", [ASSIGNED, ANSWERED])
def test_a_referral_decides_nothing(state: Any) -> None:
    """The report is as it was, with its deadline; only what waits is added, and logged."""
    before, made = in_state(state), referred(state)
    assert made == replace(
        before,
        referral_id=MADE.referral_id,
        authority="office-a",
        authority_id=MADE.authority_id,
        referral_state=ReferralState.OPEN,
        referral_until=MADE.until,
    )
    assert logged(before, made) == [EventType.TIP_OFF_REFER]


@pytest.mark.parametrize("state", [ASSIGNED, ANSWERED])
def test_an_acceptance_decides(state: Any) -> None:
    """It is decided when the authority accepts, and answered then unless it was before."""
    before = referred(state)
    made = rules.accept(tip_off=before, now=LATER)
    assert (made.state, made.outcome, made.resolved_at) == (RESOLVED, TipOffOutcome.REFERRED, LATER)
    assert (made.referral_state, made.referral_until) == (ReferralState.ACCEPTED, None)
    assert made.answered_at == (LATER if state is ASSIGNED else NOW)
    answered = [EventType.TIP_OFF_ANSWER] if state is ASSIGNED else []
    assert sorted(logged(before, made)) == sorted([*answered, EventType.TIP_OFF_ACCEPT])
    assert not rules.is_lost(before, made)


def test_a_referral_that_ends_opens_the_report_again() -> None:
    """Declined, or lapsed to the microsecond: as before, with what has come due meanwhile."""
    before = referred()
    declined = rules.decline(tip_off=before)
    assert declined == replace(before, referral_state=ReferralState.DECLINED, referral_until=None)
    assert logged(before, declined) == [EventType.TIP_OFF_DECLINE]
    early, due = MADE.until - TICK, MADE.until
    assert tip_off_rules.fall(tip_off=before, now=early).referral_state is ReferralState.OPEN
    lapsed = tip_off_rules.fall(tip_off=before, now=due)
    assert lapsed == replace(
        before, referral_state=ReferralState.LAPSED, referral_until=None, reminder=Reminder.FOUR_FIFTHS
    )
    assert logged(before, lapsed)[-1] is EventType.TIP_OFF_LAPSE
    assert rules.is_lost(before, declined)
    assert rules.is_lost(before, lapsed)


def test_another_referral_follows() -> None:
    """After one that was declined; the second is a new one, and what the first would have told is lost."""
    declined = rules.decline(tip_off=referred())
    other = replace(MADE, referral_id="9" * 32)
    again = resolved(declined, TipOffOutcome.REFERRED, referral=other)
    assert (again.referral_id, again.referral_state) == ("9" * 32, ReferralState.OPEN)
    assert logged(declined, again) == [EventType.TIP_OFF_REFER]
    assert rules.is_lost(referred(), again)
    assert not rules.is_lost(declined, again)


def test_what_waits_is_not_decided_otherwise() -> None:
    """A referred report keeps its assignee and its place; it is answered, and others join it."""
    before = referred()
    refused: list[Callable[[], object]] = [
        lambda: tip_off_rules.assign(tip_off=before, moderator_id=OTHER, former=ME),
        lambda: tip_off_rules.hand_back(tip_off=before, moderator_id=ME),
        lambda: resolved(before),
        lambda: tip_off_rules.merge(tip_off=before, into=in_state(ASSIGNED), moderator_id=ME, now=LATER),
    ]
    for call in refused:
        with pytest.raises(PreconditionError) as error:
            call()
        assert error.value.reason is Reason.REFERRAL_OPEN
    answered = tip_off_rules.answer(tip_off=before, moderator_id=ME, now=LATER)
    assert (answered.state, answered.referral_state) == (ANSWERED, ReferralState.OPEN)
    tip_off_rules.check_gathers(tip_off=before, moderator_id=ME)


def test_the_worker_comes_for_whatever_is_first() -> None:
    """The next reminder or the end of the referral; for nothing once the report is decided."""
    before = referred()
    assert tip_off_rules.next_reminder(before) == NOW + timedelta(days=3.5)
    late = replace(before, reminder=Reminder.FOUR_FIFTHS)
    assert tip_off_rules.next_reminder(late) == MADE.until
    assert tip_off_rules.next_reminder(replace(late, reminder=Reminder.OVERDUE)) == MADE.until
    assert tip_off_rules.next_reminder(filed(reminder=Reminder.OVERDUE)) is None
    assert tip_off_rules.next_reminder(rules.accept(tip_off=before, now=LATER)) is None


def test_nobody_is_judged_by_a_referral() -> None:
    """Neither the reporter nor those of merged reports: whether it was right is for the authority to say."""
    leading = rules.accept(tip_off=referred(), now=LATER)
    merged = replace(leading, tip_off_id="b" * 32)
    reporter = Reporter("f" * 32, "platform-a")
    for one in (leading, merged):
        outcome = tip_off_rules.judged(tip_off=one, leading=leading)
        assert outcome is TipOffOutcome.REFERRED
        assert reporter_rules.judge(reporter, outcome=outcome, now=LATER) == reporter


def test_how_many_a_moderator_refers() -> None:
    """A hundred a day; the refusal tells when to come again."""
    rules.check_referred(referred=100, remaining=timedelta(hours=1))
    with pytest.raises(ExhaustedError) as refused:
        rules.check_referred(referred=101, remaining=timedelta(hours=1))
    assert refused.value.reason is Reason.TIP_OFF_LIMIT_REACHED


def given(**changes: Any) -> Referral:
    """Return a referral as its authority finds it."""
    made = Referral(
        referral_id="ef" * 16,
        authority_id="8" * 32,
        relying_party="platform-a",
        tip_off_id="a" * 32,
        referred_at=NOW,
        until=datetime(2026, 3, 8, 16, tzinfo=UTC),
        salt=bytes(range(32)),
        accepted=None,
        answered_at=None,
        answer=b"",
        category=SanctionCategory.RUMOUR,
        target=TipOffTarget(TargetKind.CONTENT, "post/17"),
    )
    return replace(made, **changes)


def test_the_states_of_a_referral() -> None:
    """Open until its end, to the microsecond, unless it was answered; then it keeps that."""
    made = given()
    assert made.state(now=made.until - TICK) is ReferralState.OPEN
    assert made.state(now=made.until) is ReferralState.LAPSED
    for accepted, state in ((True, ReferralState.ACCEPTED), (False, ReferralState.DECLINED)):
        assert given(accepted=accepted).state(now=made.until) is state
    zone = ZoneInfo("Asia/Shanghai")
    assert made.last_day(zone) == date(2026, 3, 8)


def test_when_a_target_is_shown() -> None:
    """While it waits and once it is accepted, until the texts of the report are deleted."""
    until = given().until
    assert given().is_shown(now=NOW)
    assert given(accepted=True).is_shown(now=until)
    assert not given(accepted=True, salt=None).is_shown(now=until)
    assert not given(accepted=False).is_shown(now=NOW)
    assert not given().is_shown(now=until)


def test_a_report_waits_for_one_answer() -> None:
    """The answer to its open referral, not to one that has lapsed or that another one followed."""
    waits, terms = referred(), answer(referral_id=MADE.referral_id)
    rules.check_waits(tip_off=waits, terms=terms)
    lapsed = tip_off_rules.fall(tip_off=waits, now=MADE.until)
    again = resolved(lapsed, TipOffOutcome.REFERRED, referral=replace(MADE, referral_id="9" * 32))
    for other in (lapsed, resolved(lapsed), again, in_state(ASSIGNED)):
        with pytest.raises(TransitionError):
            rules.check_waits(tip_off=other, terms=terms)


def test_an_answer_is_of_what_was_read() -> None:
    """Of an open referral, its platform, category and target."""
    mark = papers.text_mark("post/17", salt=bytes(range(32)))
    terms = answer(target_mark=mark)
    rules.check_answer(referral=given(), terms=terms, now=NOW)
    for wrong in (
        replace(terms, platform="platform-b"),
        replace(terms, category=SanctionCategory.FRAUD),
        replace(terms, target_kind=TargetKind.ACCOUNT),
        replace(terms, target_mark=bytes(32)),
    ):
        with pytest.raises(PaperError):
            rules.check_answer(referral=given(), terms=wrong, now=NOW)
    with pytest.raises(PaperError):
        rules.check_answer(referral=given(salt=None), terms=terms, now=NOW)
    with pytest.raises(TransitionError):
        rules.check_answer(referral=given(accepted=True), terms=terms, now=NOW)
