"""The reporter's answer to the reply: when there is one, what it changes, and what is told of lateness."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.supplement import rules as supplement_rules
from idvault_verify.error import TransitionError
from idvault_verify.event import EventType
from idvault_verify.tip_off import Reminder, TipOffState
from tests.domain.tip_off.test_tip_off import LATER, ME, filed
from tools.support.builders import NOW

ANSWERED = {"state": TipOffState.ANSWERED, "assignee": ME, "answered_at": NOW}
REPLY, SOLUTION = EventType.TIP_OFF_MISS_REPLY, EventType.TIP_OFF_MISS_SOLUTION


def test_an_answer_is_a_time_and_an_event() -> None:
    """State, assignee, deadline and reminder stay; the log has one entry, which names the report alone."""
    before = filed(**ANSWERED)
    after = supplement_rules.supplement(tip_off=before, now=LATER)
    assert after == replace(before, supplemented_at=LATER)
    logged = list(tip_off_rules.happenings(before, after))
    assert logged == [(EventType.TIP_OFF_SUPPLEMENT, {"tip_off_id": before.tip_off_id})]
    assert list(tip_off_rules.happenings(after, after)) == []


@pytest.mark.parametrize("changes", [{}, {"proposal_id": "c" * 32, "proposal_until": LATER}])
def test_what_waits_is_nothing_to_the_reporter(changes: dict[str, Any]) -> None:
    """A reporter can answer whether or not a decision is proposed: it must not be told so."""
    assert supplement_rules.is_open(filed(**ANSWERED, **changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "RECEIVED"),
        ({"state": TipOffState.ASSIGNED, "assignee": ME}, "ASSIGNED"),
        # Merged after the reply: nobody works on it.
        ({"state": TipOffState.MERGED, "answered_at": NOW, "merged_into": "b" * 32}, "MERGED"),
        ({"state": TipOffState.RESOLVED, "answered_at": NOW, "resolved_at": NOW}, "RESOLVED"),
        ({**ANSWERED, "supplemented_at": NOW}, supplement_rules.DONE),
    ],
)
def test_there_is_one_answer_to_a_reply(changes: dict[str, Any], told: str) -> None:
    """Before the reply, after the decision, of a merged report, and a second time it is refused."""
    report = filed(**changes)
    assert not supplement_rules.is_open(report)
    with pytest.raises(TransitionError) as refused:
        supplement_rules.supplement(tip_off=report, now=LATER)
    assert (refused.value.state, refused.value.wanted) == (told, supplement_rules.DONE)


def test_a_report_is_overdue_at_its_deadline() -> None:
    """Not before; and a decision in time stays in time."""
    report = filed()
    tick = timedelta(microseconds=1)
    assert not tip_off_rules.is_overdue(tip_off=report, now=report.due_at - tick)
    assert tip_off_rules.is_overdue(tip_off=report, now=report.due_at)
    decided = replace(report, state=TipOffState.RESOLVED, resolved_at=report.due_at - tick)
    assert not tip_off_rules.is_overdue(tip_off=decided, now=report.due_at + tick)
    assert tip_off_rules.is_overdue(tip_off=replace(decided, resolved_at=report.due_at), now=NOW)


@pytest.mark.parametrize(
    ("answered", "flooded", "misses"),
    [
        (None, False, (REPLY, SOLUTION)),
        (timedelta(microseconds=-1), False, (SOLUTION,)),
        (timedelta(0), False, (REPLY, SOLUTION)),
        (None, True, (EventType.TIP_OFF_MISS_FLOOD,)),
        (timedelta(microseconds=-1), True, (EventType.TIP_OFF_MISS_FLOOD,)),
    ],
)
def test_the_misses_are_those_that_were_logged(
    answered: timedelta | None, flooded: bool, misses: tuple[EventType, ...]
) -> None:
    """What the reporter is told of the log is what the reminder wrote there; nothing before it."""
    report = filed(flooded=flooded)
    if answered is not None:
        report = replace(report, state=TipOffState.ANSWERED, answered_at=report.due_at + answered)
    assert tip_off_rules.misses(replace(report, reminder=Reminder.FOUR_FIFTHS)) == ()
    late = replace(report, reminder=Reminder.OVERDUE)
    assert tip_off_rules.misses(late) == misses
    if answered is None or answered < timedelta(0):  # what came later was not yet there
        before = replace(report, reminder=Reminder.FOUR_FIFTHS)
        assert tuple(kind for kind, _ in tip_off_rules.happenings(before, late)) == misses
