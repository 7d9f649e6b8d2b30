"""The life of a report: which verb leads where, who may, what closes it, and what is logged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.tip_off import rules as tip_off_rules
from idvault_verify.error import InvalidError, PreconditionError, Reason, TransitionError
from idvault_verify.event import FIELDS, LEFT_OUT, EventType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import (
    Dismissal,
    Reminder,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from tools.support.builders import NOW

LATER = NOW + timedelta(hours=1)
ME, OTHER = "1" * 32, "2" * 32
RECEIVED, ASSIGNED, ANSWERED = TipOffState.RECEIVED, TipOffState.ASSIGNED, TipOffState.ANSWERED
MERGED, RESOLVED = TipOffState.MERGED, TipOffState.RESOLVED
PAPER = b"what the moderator signed"
SIGNED = {
    EventType.TIP_OFF_ASSIGN,
    EventType.TIP_OFF_RETURN,
    EventType.TIP_OFF_ANSWER,
    EventType.TIP_OFF_MERGE,
    EventType.TIP_OFF_PROPOSE,
    EventType.TIP_OFF_UPHOLD,
    EventType.TIP_OFF_REFER,
    EventType.TIP_OFF_ACCEPT,
    EventType.TIP_OFF_DECLINE,
    EventType.TIP_OFF_DISMISS,
    EventType.TIP_OFF_FIND_ABUSIVE,
    EventType.TIP_OFF_CLOSE_DUPLICATE,
}


def filed(**changes: Any) -> TipOff:
    made = TipOff(
        tip_off_id="a" * 32,
        relying_party="platform-a",
        reference="123456789012",
        channel=TipOffChannel.WEB,
        target=TipOffTarget(TargetKind.CONTENT, "post/17"),
        category=SanctionCategory.RUMOUR,
        evidence=(),
        reporter_id="f" * 32,
        trusted=False,
        filed_at=NOW,
        due_at=NOW + timedelta(days=7),
        secret_hash=bytes(32),
        secret_key="0",
    )
    return replace(made, **changes)


def in_state(state: TipOffState, assignee: str | None = ME, **changes: Any) -> TipOff:
    answered = NOW if state in (ANSWERED, RESOLVED) else None
    return filed(state=state, assignee=assignee, answered_at=answered, **changes)


def resolved(tip_off: TipOff, outcome: TipOffOutcome = TipOffOutcome.DISMISSED, **changes: Any) -> TipOff:
    given: dict[str, Any] = {
        "moderator_id": ME,
        "outcome": outcome,
        "dismissal": Dismissal.GONE if outcome is TipOffOutcome.DISMISSED else None,
        "sanction_id": "5" * 32 if outcome is TipOffOutcome.UPHELD else None,
        "measure_id": None,
        "proposal_until": None,
        "replied": True,
        "now": LATER,
    }
    return tip_off_rules.resolve(tip_off=tip_off, **(given | changes))


def logged(before: TipOff, after: TipOff) -> list[EventType]:
    """Return the types of what is logged, whose fields must be complete and name no reporter.

    What a moderator does ends with the paper, which the act adds; what the clock does has none.
    """
    found = list(tip_off_rules.happenings(before, after))
    for kind, fields in found:
        complete = {**fields, "paper": PAPER} if kind in SIGNED else fields
        expected = [name for name in FIELDS[kind] if name in complete or name not in LEFT_OUT.get(kind, ())]
        assert sorted(complete) == sorted(expected)
        assert before.reporter_id not in complete.values()
    return [kind for kind, _ in found]


@pytest.mark.parametrize(
    ("state", "after"), [(RECEIVED, ASSIGNED), (ASSIGNED, ASSIGNED), (ANSWERED, ANSWERED)]
)
def test_assigning_is_a_compare_and_set(state: TipOffState, after: TipOffState) -> None:
    """Whoever names the present assignee gets the report; everybody else is told that it has changed."""
    former = None if state is RECEIVED else OTHER
    before = in_state(state, former)
    made = tip_off_rules.assign(tip_off=before, moderator_id=ME, former=former)
    assert (made.state, made.assignee) == (after, ME)
    assert logged(before, made) == [EventType.TIP_OFF_ASSIGN]
    for wrong in {None, ME, OTHER} - {former}:
        with pytest.raises(PreconditionError) as refused:
            tip_off_rules.assign(tip_off=before, moderator_id=ME, former=wrong)
        assert refused.value.reason is Reason.ASSIGNEE_CHANGED


@pytest.mark.parametrize("state", [MERGED, RESOLVED])
def test_what_is_not_assigned(state: TipOffState) -> None:
    """A merged or decided report is assigned to nobody; the refusal names both states."""
    with pytest.raises(TransitionError) as refused:
        tip_off_rules.assign(tip_off=in_state(state, None), moderator_id=ME, former=None)
    assert (refused.value.state, refused.value.wanted) == (state.value, "ASSIGNED")


@pytest.mark.parametrize(("state", "after"), [(ASSIGNED, RECEIVED), (ANSWERED, ANSWERED)])
def test_handing_back(state: TipOffState, after: TipOffState) -> None:
    """The report is in the queue again; one that was answered stays answered."""
    before = in_state(state)
    made = tip_off_rules.hand_back(tip_off=before, moderator_id=ME)
    assert (made.state, made.assignee) == (after, None)
    assert logged(before, made) == [EventType.TIP_OFF_RETURN]


@pytest.mark.parametrize("state", [RECEIVED, MERGED, RESOLVED])
def test_only_what_is_worked_on_moves(state: TipOffState) -> None:
    """Handing back, a note, an answer and a decision need an assignee; the refusal names both states."""
    before = in_state(state)
    wanted: dict[str, Callable[[], object]] = {
        "RECEIVED": lambda: tip_off_rules.hand_back(tip_off=before, moderator_id=ME),
        state.value: lambda: tip_off_rules.note(tip_off=before, moderator_id=ME),
        "ANSWERED": lambda: tip_off_rules.answer(tip_off=before, moderator_id=ME, now=LATER),
        "RESOLVED": lambda: resolved(before),
    }
    for name, verb in wanted.items():
        with pytest.raises(TransitionError) as refused:
            verb()
        assert refused.value.state == state.value
        assert refused.value.wanted in (name, state.value)


def test_only_the_assignee_works_on_it() -> None:
    """Every verb of another moderator is refused."""
    before = in_state(ASSIGNED, OTHER)
    for verb in (
        lambda: tip_off_rules.hand_back(tip_off=before, moderator_id=ME),
        lambda: tip_off_rules.note(tip_off=before, moderator_id=ME),
        lambda: tip_off_rules.answer(tip_off=before, moderator_id=ME, now=LATER),
        lambda: resolved(before),
        lambda: tip_off_rules.check_gathers(tip_off=before, moderator_id=ME),
        lambda: tip_off_rules.merge(tip_off=before, into=in_state(ASSIGNED), moderator_id=ME, now=LATER),
    ):
        with pytest.raises(PreconditionError) as refused:
            verb()
        assert refused.value.reason is Reason.ASSIGNEE_CHANGED


def test_an_answer_comes_once() -> None:
    """The first reply stops the reply's clock; a second one comes with the decision."""
    before = in_state(ASSIGNED)
    made = tip_off_rules.answer(tip_off=before, moderator_id=ME, now=LATER)
    assert (made.state, made.answered_at) == (ANSWERED, LATER)
    assert logged(before, made) == [EventType.TIP_OFF_ANSWER]
    assert tip_off_rules.note(tip_off=made, moderator_id=ME) == made
    with pytest.raises(TransitionError) as refused:
        tip_off_rules.answer(tip_off=made, moderator_id=ME, now=LATER)
    assert (refused.value.state, refused.value.wanted) == ("ANSWERED", "ANSWERED")


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (TipOffOutcome.UPHELD, EventType.TIP_OFF_UPHOLD),
        (TipOffOutcome.DISMISSED, EventType.TIP_OFF_DISMISS),
        (TipOffOutcome.ABUSIVE, EventType.TIP_OFF_FIND_ABUSIVE),
    ],
)
def test_a_decision_closes(outcome: TipOffOutcome, event: EventType) -> None:
    """With a reply from ASSIGNED, where it counts as the answer, and without one from ANSWERED."""
    before = in_state(ASSIGNED)
    at_once = resolved(before, outcome)
    assert (at_once.state, at_once.answered_at, at_once.resolved_at) == (RESOLVED, LATER, LATER)
    assert logged(before, at_once) == [EventType.TIP_OFF_ANSWER, event]
    answered = in_state(ANSWERED)
    later = resolved(answered, outcome, replied=False)
    assert (later.answered_at, later.resolved_at, later.outcome) == (NOW, LATER, outcome)
    assert logged(answered, later) == [event]


def test_a_measure_on_content_upholds() -> None:
    """Alone or beside a sanction; the log names it, and a proposal that ends leaves none."""
    measure = {"measure_id": "6" * 32}
    before = in_state(ANSWERED)
    alone = resolved(before, TipOffOutcome.UPHELD, sanction_id=None, **measure)
    assert (alone.outcome, alone.sanction_id, alone.measure_id) == (TipOffOutcome.UPHELD, None, "6" * 32)
    both = resolved(before, TipOffOutcome.UPHELD, proposal_until=UNTIL, **measure)
    later = tip_off_rules.uphold(tip_off=both, now=UNTIL)
    for found, kind in ((alone, "uphold"), (both, "propose")):
        ((event, fields),) = tip_off_rules.happenings(before, found)
        assert (event.value, fields["measure_id"]) == (f"tipoff:report:{kind}", "6" * 32)
    assert later.measure_id == "6" * 32
    assert tip_off_rules.reopen(tip_off=both) == before


UNTIL = LATER + timedelta(hours=72)
SANCTION = "5" * 32


def proposed(state: TipOffState = ASSIGNED) -> TipOff:
    return resolved(in_state(state), TipOffOutcome.UPHELD, proposal_until=UNTIL)


@pytest.mark.parametrize("state", [ASSIGNED, ANSWERED])
def test_a_proposal_decides_nothing(state: TipOffState) -> None:
    """The report is as it was, with its deadline; only what waits is added, and logged."""
    before, made = in_state(state), proposed(state)
    assert made == replace(before, proposal_id=SANCTION, proposal_until=UNTIL)
    assert logged(before, made) == [EventType.TIP_OFF_PROPOSE]


@pytest.mark.parametrize("state", [ASSIGNED, ANSWERED])
def test_a_confirmed_proposal_upholds(state: TipOffState) -> None:
    """It is decided when the sanction comes into force, and answered then unless it was before."""
    before = proposed(state)
    made = tip_off_rules.uphold(tip_off=before, now=UNTIL)
    assert (made.state, made.outcome, made.sanction_id) == (RESOLVED, TipOffOutcome.UPHELD, SANCTION)
    assert (made.resolved_at, made.proposal_id, made.proposal_until) == (UNTIL, None, None)
    assert made.answered_at == (UNTIL if state is ASSIGNED else NOW)
    answer = [EventType.TIP_OFF_ANSWER] if state is ASSIGNED else []
    assert logged(before, made) == [*answer, EventType.TIP_OFF_UPHOLD]


def test_a_proposal_that_ends_opens_the_report_again() -> None:
    """Withdrawn, or lapsed to the microsecond: as before, with what has come due meanwhile."""
    before = proposed()
    assert tip_off_rules.reopen(tip_off=before) == in_state(ASSIGNED)
    assert tip_off_rules.fall(tip_off=before, now=UNTIL - timedelta(microseconds=1)) == before
    lapsed = tip_off_rules.fall(tip_off=before, now=UNTIL)
    assert lapsed == in_state(ASSIGNED)
    assert logged(before, lapsed) == [EventType.TIP_OFF_REOPEN]
    late = tip_off_rules.fall(tip_off=before, now=NOW + timedelta(days=7))
    assert late == in_state(ASSIGNED, reminder=Reminder.OVERDUE)


def test_what_waits_is_not_decided_otherwise() -> None:
    """A report with a proposal keeps its assignee and its place; it is answered, and others join it."""
    before = proposed()
    refused: list[Callable[[], object]] = [
        lambda: tip_off_rules.assign(tip_off=before, moderator_id=OTHER, former=ME),
        lambda: tip_off_rules.hand_back(tip_off=before, moderator_id=ME),
        lambda: resolved(before),
        lambda: tip_off_rules.merge(tip_off=before, into=in_state(ASSIGNED), moderator_id=ME, now=LATER),
    ]
    for call in refused:
        with pytest.raises(PreconditionError) as error:
            call()
        assert error.value.reason is Reason.PROPOSAL_OPEN
    answered = tip_off_rules.answer(tip_off=before, moderator_id=ME, now=LATER)
    assert (answered.state, answered.proposal_id) == (ANSWERED, SANCTION)
    tip_off_rules.check_gathers(tip_off=before, moderator_id=ME)


def test_nobody_is_left_without_a_reply() -> None:
    """A decision without a reply is refused if the reporter has none yet."""
    with pytest.raises(InvalidError) as refused:
        resolved(in_state(ASSIGNED), replied=False)
    assert [each.field for each in refused.value.violations] == ["reply"]


@pytest.mark.parametrize(
    ("outcome", "dismissal", "sanctioned", "referred", "wrong"),
    [
        (TipOffOutcome.UPHELD, None, True, False, []),
        (TipOffOutcome.DISMISSED, Dismissal.OTHER, False, False, []),
        (TipOffOutcome.ABUSIVE, None, False, False, []),
        (TipOffOutcome.REFERRED, None, False, True, []),
        (TipOffOutcome.UPHELD, None, False, False, ["sanction"]),
        (TipOffOutcome.UPHELD, Dismissal.OTHER, True, True, ["dismissal", "authority"]),
        (TipOffOutcome.DISMISSED, None, False, False, ["dismissal"]),
        (TipOffOutcome.ABUSIVE, Dismissal.OTHER, True, False, ["dismissal", "sanction"]),
        (TipOffOutcome.REFERRED, None, True, False, ["sanction", "authority"]),
        (TipOffOutcome.DUPLICATE, None, False, False, ["outcome"]),
    ],
)
def test_what_belongs_to_an_outcome(
    outcome: TipOffOutcome, dismissal: Dismissal | None, sanctioned: bool, referred: bool, wrong: list[str]
) -> None:
    """A sanction belongs to UPHELD alone, a reason to DISMISSED, an authority to REFERRED, none to others."""

    def check() -> None:
        tip_off_rules.check_decision(
            outcome=outcome, dismissal=dismissal, sanctioned=sanctioned, referred=referred
        )

    if not wrong:
        check()
        return
    with pytest.raises(InvalidError) as refused:
        check()
    assert [each.field for each in refused.value.violations] == wrong


@pytest.mark.parametrize("state", [RECEIVED, ASSIGNED, ANSWERED])
def test_merging_into_an_open_report(state: TipOffState) -> None:
    """The report waits for the other one, whose answer it shares at once."""
    before = in_state(state, ME if state is not RECEIVED else None, tip_off_id="b" * 32)
    waiting = tip_off_rules.merge(tip_off=before, into=in_state(ASSIGNED), moderator_id=ME, now=LATER)
    assert (waiting.state, waiting.assignee, waiting.merged_into) == (MERGED, None, "a" * 32)
    assert waiting.answered_at == before.answered_at
    assert logged(before, waiting) == [EventType.TIP_OFF_MERGE]
    answered = tip_off_rules.merge(tip_off=before, into=in_state(ANSWERED), moderator_id=ME, now=LATER)
    assert answered.answered_at == (before.answered_at or LATER)
    later = tip_off_rules.join(tip_off=waiting, into=in_state(ANSWERED), now=LATER)
    assert later.answered_at is not None
    closed = tip_off_rules.join(tip_off=later, into=resolved(in_state(ANSWERED)), now=LATER)
    assert (closed.state, closed.outcome, closed.resolved_at) == (RESOLVED, TipOffOutcome.DUPLICATE, LATER)
    assert logged(later, closed) == [EventType.TIP_OFF_CLOSE_DUPLICATE]


def test_merging_into_a_decided_report() -> None:
    """The report is closed at once, and its reporter is answered with the decision."""
    into = resolved(in_state(ASSIGNED))
    tip_off_rules.check_gathers(tip_off=into, moderator_id=OTHER)
    before = filed(tip_off_id="b" * 32)
    made = tip_off_rules.merge(tip_off=before, into=into, moderator_id=OTHER, now=LATER)
    assert (made.state, made.outcome, made.answered_at) == (RESOLVED, TipOffOutcome.DUPLICATE, LATER)
    assert logged(before, made) == [
        EventType.TIP_OFF_MERGE,
        EventType.TIP_OFF_ANSWER,
        EventType.TIP_OFF_CLOSE_DUPLICATE,
    ]


def test_nothing_is_merged_into_a_report_without_texts() -> None:
    """Its reply is deleted, so the reporter of another one would read none."""
    into = tip_off_rules.delete_texts(tip_off=resolved(in_state(ASSIGNED)), now=LATER)
    with pytest.raises(TransitionError) as refused:
        tip_off_rules.check_gathers(tip_off=into, moderator_id=ME)
    assert (refused.value.state, refused.value.wanted) == ("RESOLVED", "MERGED")


@pytest.mark.parametrize("state", [MERGED, RESOLVED])
def test_what_is_not_merged(state: TipOffState) -> None:
    """A report is merged once, and a decided one is not; nor does a duplicate gather others."""
    duplicate = in_state(state, None, outcome=TipOffOutcome.DUPLICATE if state is RESOLVED else None)
    with pytest.raises(TransitionError) as refused:
        tip_off_rules.merge(tip_off=duplicate, into=in_state(ASSIGNED), moderator_id=ME, now=LATER)
    assert (refused.value.state, refused.value.wanted) == (state.value, "MERGED")
    with pytest.raises(TransitionError) as gathers:
        tip_off_rules.check_gathers(tip_off=duplicate, moderator_id=ME)
    assert (gathers.value.state, gathers.value.wanted) == (state.value, "MERGED")


def test_whom_a_decision_judges() -> None:
    """A merged report was right if the leading one was; abuse is that of the leading report alone."""
    for outcome, merged in (
        (TipOffOutcome.UPHELD, TipOffOutcome.UPHELD),
        (TipOffOutcome.DISMISSED, TipOffOutcome.DISMISSED),
        (TipOffOutcome.ABUSIVE, TipOffOutcome.DISMISSED),
    ):
        leading = resolved(in_state(ASSIGNED), outcome)
        assert tip_off_rules.judged(tip_off=leading, leading=leading) is outcome
        assert tip_off_rules.judged(tip_off=filed(tip_off_id="b" * 32), leading=leading) is merged


def test_the_order_of_the_queue() -> None:
    """Open reports of trusted flaggers, other open ones, those of flooded forms, closed ones."""
    places = [
        tip_off_rules.queue_place(state=state, trusted=trusted, flooded=flooded)
        for state, trusted, flooded in (
            (MERGED, True, False),
            (RECEIVED, False, False),
            (RECEIVED, False, True),
            (RESOLVED, True, False),
            (RESOLVED, False, False),
            (RESOLVED, False, True),
        )
    ]
    assert [tip_off_rules.QUEUE.index(each) for each in places] == [0, 1, 2, 3, 3, 3]


def test_the_clock_of_a_report() -> None:
    """Reminders come due in order, each is logged once, and a decision stops the clock."""
    before = filed()
    assert tip_off_rules.fall(tip_off=before, now=LATER) == before
    assert tip_off_rules.next_reminder(before) == NOW + timedelta(days=3.5)
    half = tip_off_rules.fall(tip_off=before, now=NOW + timedelta(days=3.5))
    assert half.reminder is Reminder.HALF
    assert tip_off_rules.next_reminder(half) == NOW + timedelta(days=5.6)
    late = tip_off_rules.fall(tip_off=before, now=NOW + timedelta(days=30))
    assert (late.reminder, tip_off_rules.next_reminder(late)) == (Reminder.OVERDUE, None)
    assert logged(before, late) == [
        EventType.TIP_OFF_REMIND_HALF,
        EventType.TIP_OFF_REMIND_FOUR_FIFTHS,
        EventType.TIP_OFF_MISS_REPLY,
        EventType.TIP_OFF_MISS_SOLUTION,
    ]
    answered = in_state(ANSWERED, reminder=Reminder.FOUR_FIFTHS)
    overdue = tip_off_rules.fall(tip_off=answered, now=NOW + timedelta(days=7))
    assert logged(answered, overdue) == [EventType.TIP_OFF_MISS_SOLUTION]


def test_what_a_flooded_form_leaves_is_no_miss() -> None:
    """Its reports keep clock and reminders; that they are late is an event of its own, answered or not."""
    for before in (filed(flooded=True), in_state(ANSWERED, flooded=True)):
        late = tip_off_rules.fall(tip_off=before, now=NOW + timedelta(days=7))
        assert late.reminder is Reminder.OVERDUE
        assert logged(before, late) == [
            EventType.TIP_OFF_REMIND_HALF,
            EventType.TIP_OFF_REMIND_FOUR_FIFTHS,
            EventType.TIP_OFF_MISS_FLOOD,
        ]
    closed = resolved(in_state(ANSWERED))
    assert tip_off_rules.fall(tip_off=closed, now=NOW + timedelta(days=30)) == closed
    assert tip_off_rules.next_reminder(closed) is None


def test_deleting_texts() -> None:
    """Only a closed report loses its texts, and then nothing says who reported."""
    closed = resolved(in_state(ANSWERED))
    made = tip_off_rules.delete_texts(tip_off=closed, now=LATER)
    assert (made.reporter_id, made.deleted_at) == (None, LATER)
    assert logged(closed, made) == [EventType.TIP_OFF_DELETE_TEXTS]
    assert (closed.target.key, made.target) == ("post/17", TipOffTarget(TargetKind.CONTENT, ""))
    about = replace(closed, target=TipOffTarget(TargetKind.PUBLIC_ACCOUNT, "a" * 32))
    assert tip_off_rules.delete_texts(tip_off=about, now=LATER).target == about.target
    with pytest.raises(TransitionError):
        tip_off_rules.delete_texts(tip_off=in_state(ANSWERED), now=LATER)


def test_nothing_shows_in_a_repr() -> None:
    """Neither who reported, nor what was reported, nor the hash of the secret is printed."""
    shown = repr(filed())
    assert "f" * 32 not in shown
    assert "post/17" not in shown
    assert "secret_hash" not in shown
