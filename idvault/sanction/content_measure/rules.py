"""Measures on content: removed, labelled or restricted, with a statement of reasons, until they are reversed.

| from | verb | to |
|---|---|---|
| (none) | impose, by one moderator | IN_FORCE |
| IN_FORCE | reverse | REVERSED |
| IN_FORCE, REVERSED | an appeal is upheld | OVERTURNED |

- The content is the platform's own reference, which must be no person's data. The platform's list of measures
  can be asked for one; nothing else is looked up by it.
- A measure has no end of its own. Its statement of reasons is as that of a sanction otherwise.
- It is appealed once, within APPEAL_DAYS, by whoever the platform says is concerned: no account is needed.
- Another moderator than the one who imposed it decides, in APPEAL_DECISION_DAYS. Upheld, the measure is
  overturned; one that had been reversed keeps the time of its end. What else an appeal has is as of an appeal
  against a sanction.
- Any other transition is refused, and the refusal names both states.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from idvault.sanction.appeal import rules as appeal_rules
from idvault.sanction.appeal.rules import APPEAL_DAYS, APPEAL_DECISION_DAYS, AppealTerms
from idvault.sanction.objection import rules as objection_rules
from idvault_verify import content_measure as verify_content_measure
from idvault_verify import deadline, statement
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.error import NotFoundError, PreconditionError, Reason, TransitionError
from idvault_verify.sanction import AppealState, StatementOfReasons


@dataclass(frozen=True, slots=True)
class ContentAppeal:
    """An appeal against a measure on content. Its text is sealed and not here. The fields are an appeal's."""

    state: AppealState
    filed_at: datetime
    due_at: datetime
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str = field(default="", repr=False)
    paper: bytes | None = field(default=None, repr=False)
    outside_body: str = ""
    outside_until: datetime | None = None
    delete_at: datetime | None = None
    text_deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewContentMeasure:
    """What a moderator wants to impose."""

    content: str = field(repr=False)
    kind: ContentMeasureKind
    statement: StatementOfReasons


@dataclass(frozen=True, slots=True)
class ContentMeasure:
    """A measure on content; measure_id is 32 lower-case hex digits. paper, ending: what moderators signed."""

    measure_id: str
    relying_party: str
    content: str = field(repr=False)
    kind: ContentMeasureKind
    statement: StatementOfReasons
    state: ContentMeasureState
    imposed_by: str
    imposed_at: datetime
    paper: bytes = field(repr=False)
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str = field(default="", repr=False)
    ending: bytes | None = field(default=None, repr=False)
    appeal: ContentAppeal | None = None


@dataclass(frozen=True, slots=True)
class ContentMeasureFilter:
    """Which measures to list: one is given at most; none for all."""

    content: str | None = field(default=None, repr=False)
    appeal: AppealState | None = None


def check_wanted(wanted: NewContentMeasure, *, now: datetime) -> NewContentMeasure:
    """Return what is wanted unchanged; raises InvalidError (INVALID_MESSAGE)."""
    verify_content_measure.check(wanted.content, wanted.statement)
    statement.check(wanted.statement, now=now)
    return wanted


def impose(
    wanted: NewContentMeasure,
    *,
    measure_id: str,
    relying_party: str,
    moderator_id: str,
    paper: bytes,
    now: datetime,
) -> ContentMeasure:
    """Return a new measure, which is in force."""
    return ContentMeasure(
        measure_id,
        relying_party,
        wanted.content,
        wanted.kind,
        wanted.statement,
        ContentMeasureState.IN_FORCE,
        moderator_id,
        now,
        paper,
    )


def reverse(
    *, measure: ContentMeasure, moderator_id: str, reason: str, paper: bytes, now: datetime
) -> ContentMeasure:
    """Return the measure reversed; raises TransitionError."""
    if measure.state is not ContentMeasureState.IN_FORCE:
        raise TransitionError(state=measure.state.value, wanted=ContentMeasureState.REVERSED.value)
    return replace(
        measure,
        state=ContentMeasureState.REVERSED,
        ended_at=now,
        ended_by=moderator_id,
        end_reason=reason,
        ending=paper,
    )


def file_appeal(*, measure: ContentMeasure, terms: AppealTerms, now: datetime) -> ContentMeasure:
    """Return the measure with an appeal; raises PreconditionError (APPEAL_EXISTS, APPEAL_TOO_LATE)."""
    if measure.appeal is not None:
        raise PreconditionError(Reason.APPEAL_EXISTS)
    if deadline.due_at(start=measure.imposed_at, days=APPEAL_DAYS, zone=terms.zone) <= now:
        raise PreconditionError(Reason.APPEAL_TOO_LATE)
    due_at = deadline.due_at(start=now, days=APPEAL_DECISION_DAYS, zone=terms.zone)
    return replace(measure, appeal=ContentAppeal(AppealState.FILED, now, due_at))


def decide_appeal(
    *,
    measure: ContentMeasure,
    verdict: AppealState,
    moderator_id: str,
    reason: str,
    paper: bytes,
    terms: AppealTerms,
    now: datetime,
) -> ContentMeasure:
    """Return the measure with its appeal decided, overturned if that is upheld.

    Raises NotFoundError (APPEAL_NOT_FOUND), TransitionError, and DeniedError (SELF_APPROVAL).
    """
    appeal = measure.appeal
    if appeal is None:
        raise NotFoundError(Reason.APPEAL_NOT_FOUND)
    decided = appeal_rules.answer(
        appeal,
        imposed_by=(measure.imposed_by,),
        verdict=verdict,
        moderator_id=moderator_id,
        reason=reason,
        paper=paper,
        terms=terms,
        now=now,
    )
    after = replace(measure, appeal=decided)
    if verdict is AppealState.REJECTED:
        return after
    if measure.state is ContentMeasureState.REVERSED:
        return replace(after, state=ContentMeasureState.OVERTURNED)
    return replace(
        after,
        state=ContentMeasureState.OVERTURNED,
        ended_at=now,
        ended_by=moderator_id,
        end_reason=reason,
        ending=paper,
    )


def note_overdue(*, measure: ContentMeasure, now: datetime) -> ContentMeasure:
    """Return the measure with its appeal marked as overdue, if it is and was not."""
    if measure.appeal is None:
        return measure
    return replace(measure, appeal=objection_rules.note_overdue(measure.appeal, now=now))


def delete_text(*, measure: ContentMeasure, now: datetime) -> ContentMeasure:
    """Return the measure without its appeal's text if that is due, else unchanged."""
    if measure.appeal is None:
        return measure
    return replace(measure, appeal=objection_rules.delete_text(measure.appeal, now=now))
