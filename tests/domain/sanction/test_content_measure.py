"""Measures on content: what may be imposed, how one ends, and how it is appealed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.sanction.appeal.rules import APPEAL_DAYS, APPEAL_DECISION_DAYS, AppealTerms
from idvault.sanction.content_measure import rules
from idvault.sanction.content_measure.rules import ContentMeasure, NewContentMeasure
from idvault.sanction.objection.rules import TEXT_DAYS
from idvault_verify import deadline
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.error import DeniedError, InvalidError, NotFoundError, PreconditionError, TransitionError
from idvault_verify.sanction import AppealState
from tools.support.builders import NOW, ZONE
from tools.support.sanction_world import reasons, until

DAY = timedelta(days=1)
ME, OTHER = "1" * 32, "2" * 32
TERMS = AppealTerms("a body (synthetic)", 30, ZONE)
IN_FORCE, REVERSED = ContentMeasureState.IN_FORCE, ContentMeasureState.REVERSED
OVERTURNED = ContentMeasureState.OVERTURNED


def wanted(**changes: Any) -> NewContentMeasure:
    made = NewContentMeasure("post/17", ContentMeasureKind.REMOVED, reasons())
    return replace(made, **changes)


def made() -> ContentMeasure:
    return rules.impose(
        wanted(), measure_id="a" * 32, relying_party="platform-a", moderator_id=ME, paper=b"p", now=NOW
    )


def reversed_() -> ContentMeasure:
    return rules.reverse(measure=made(), moderator_id=OTHER, reason="why", paper=b"r", now=NOW + DAY)


def appealed(measure: ContentMeasure) -> ContentMeasure:
    return rules.file_appeal(measure=measure, terms=TERMS, now=NOW + DAY)


def decided(measure: ContentMeasure, verdict: AppealState, *, by: str = OTHER) -> ContentMeasure:
    return rules.decide_appeal(
        measure=measure,
        verdict=verdict,
        moderator_id=by,
        reason="why",
        paper=b"d",
        terms=TERMS,
        now=NOW + 2 * DAY,
    )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"content": ""}, ["content"]),
        ({"content": "x" * 201}, ["content"]),
        ({"content": "a\nb"}, ["content"]),
        ({"statement": until(60)}, ["statement.end_time"]),
        ({"statement": reasons(territory="")}, ["statement.territory"]),
    ],
)
def test_what_is_no_measure(changes: dict[str, Any], fields: list[str]) -> None:
    """A reference is one line of up to 200 characters, and a measure has no end of its own."""
    with pytest.raises(InvalidError) as refused:
        rules.check_wanted(wanted(**changes), now=NOW)
    assert [each.field for each in refused.value.violations] == fields
    assert rules.check_wanted(wanted(), now=NOW) == wanted()


def test_it_is_in_force_until_it_is_reversed() -> None:
    """By one moderator, at once; it is reversed once."""
    assert (made().state, made().imposed_by, made().appeal) == (IN_FORCE, ME, None)
    after = reversed_()
    assert (after.state, after.ended_at, after.ended_by) == (REVERSED, NOW + DAY, OTHER)
    assert (after.end_reason, after.ending) == ("why", b"r")
    with pytest.raises(TransitionError) as refused:
        rules.reverse(measure=after, moderator_id=ME, reason="why", paper=b"", now=NOW)
    assert (refused.value.state, refused.value.wanted) == ("REVERSED", "REVERSED")


@pytest.mark.parametrize("measure", [made, reversed_])
def test_it_is_appealed_once_and_in_time(measure: Callable[[], ContentMeasure]) -> None:
    """In force or not; the decision is due by the end of a day."""
    after = appealed(measure())
    assert after.appeal is not None
    assert after.appeal.due_at == deadline.due_at(start=NOW + DAY, days=APPEAL_DECISION_DAYS, zone=ZONE)
    with pytest.raises(PreconditionError, match="APPEAL_EXISTS"):
        appealed(after)
    late = deadline.due_at(start=NOW, days=APPEAL_DAYS, zone=ZONE)
    rules.file_appeal(measure=measure(), terms=TERMS, now=late - timedelta(microseconds=1))
    with pytest.raises(PreconditionError, match="APPEAL_TOO_LATE"):
        rules.file_appeal(measure=measure(), terms=TERMS, now=late)


def test_an_upheld_appeal_overturns() -> None:
    """What was in force ends then; what had been reversed keeps its end, and only its state changes."""
    after = decided(appealed(made()), AppealState.UPHELD)
    assert (after.state, after.ended_at, after.ended_by) == (OVERTURNED, NOW + 2 * DAY, OTHER)
    assert (after.end_reason, after.ending) == ("why", b"d")
    late = decided(appealed(reversed_()), AppealState.UPHELD)
    assert (late.state, late.ended_at, late.ending) == (OVERTURNED, NOW + DAY, b"r")
    assert late.appeal is not None
    assert (late.appeal.outside_body, late.appeal.outside_until) == ("", None)
    assert late.appeal.delete_at == deadline.due_at(start=NOW + 2 * DAY, days=TEXT_DAYS, zone=ZONE)


def test_a_rejected_appeal_changes_nothing() -> None:
    """It names where one can go, and until when; it is decided once, and by somebody else."""
    after = decided(appealed(made()), AppealState.REJECTED)
    assert (after.state, after.ended_at) == (IN_FORCE, None)
    assert after.appeal is not None
    assert after.appeal.outside_body == "a body (synthetic)"
    assert after.appeal.outside_until == deadline.due_at(start=NOW + 2 * DAY, days=30, zone=ZONE)
    with pytest.raises(TransitionError):
        decided(after, AppealState.UPHELD)
    with pytest.raises(DeniedError):
        decided(appealed(made()), AppealState.UPHELD, by=ME)
    with pytest.raises(NotFoundError, match="APPEAL_NOT_FOUND"):
        decided(made(), AppealState.UPHELD)


def test_what_is_overdue_is_marked_once() -> None:
    """To the microsecond, and not once it is decided."""
    open_ = appealed(made())
    assert open_.appeal is not None
    due = open_.appeal.due_at
    assert rules.note_overdue(measure=made(), now=due) == made()
    assert rules.note_overdue(measure=open_, now=due - timedelta(microseconds=1)) == open_
    noted = rules.note_overdue(measure=open_, now=due)
    assert noted.appeal is not None
    assert noted.appeal.overdue_at == due
    assert rules.note_overdue(measure=noted, now=due + DAY) == noted
    closed = decided(open_, AppealState.REJECTED)
    assert rules.note_overdue(measure=closed, now=due + DAY) == closed


def test_a_text_is_deleted_when_that_is_due() -> None:
    """Not before, not without a decision, and once."""
    open_, closed = appealed(made()), decided(appealed(made()), AppealState.REJECTED)
    assert closed.appeal is not None
    assert closed.appeal.delete_at is not None
    at = closed.appeal.delete_at
    for measure, now in ((made(), at), (open_, at), (closed, at - timedelta(microseconds=1))):
        assert rules.delete_text(measure=measure, now=now) == measure
    bare = rules.delete_text(measure=closed, now=at)
    assert bare.appeal is not None
    assert (bare.appeal.delete_at, bare.appeal.text_deleted_at) == (None, at)


def test_nothing_shows_in_a_repr() -> None:
    """Neither the reference nor a reason."""
    assert "post/17" not in repr(made()) + repr(wanted())
    assert "why" not in repr(decided(appealed(made()), AppealState.UPHELD))
