"""Reports of rumours: from filing to decision.

| from | verb | to |
|---|---|---|
| (none) | file | RECEIVED |
| RECEIVED | assign | ASSIGNED |
| ASSIGNED, ANSWERED | assign to another moderator | unchanged |
| ASSIGNED | hand back | RECEIVED |
| ANSWERED | hand back | ANSWERED, assigned to nobody |
| ASSIGNED | answer | ANSWERED |
| ASSIGNED with a reply, ANSWERED | resolve | RESOLVED: UPHELD, DISMISSED or ABUSIVE |
| RECEIVED, ASSIGNED, ANSWERED | merge into an open report | MERGED |
| RECEIVED, ASSIGNED, ANSWERED | merge into a resolved report | RESOLVED: DUPLICATE |
| MERGED | the other report is resolved | RESOLVED: DUPLICATE |

- Assigning names the former assignee and is refused if another moderator was faster (compare-and-set).
- Only the assignee hands back, answers, resolves and merges into a report.
- Nothing is merged into a report whose texts are deleted: there is no reply left.
- A merged report is answered when the other one is, and closes with it. Reports that were merged into a
  report move with it when it is merged itself.
- Any other transition is refused, and the refusal names both states.
"""

from dataclasses import replace
from datetime import datetime

from idvault.tip_off.rules import reminder as reminders
from idvault.tip_off.rules import target as target_rules
from idvault.verify.error import (
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    TransitionError,
    Violation,
)
from idvault.verify.tip_off import Dismissal, TipOff, TipOffOutcome, TipOffState

MOST_MERGED = 200


_WORKED_ON = frozenset({TipOffState.ASSIGNED, TipOffState.ANSWERED})
_MERGEABLE = frozenset({TipOffState.RECEIVED, *_WORKED_ON})


QUEUE = (0, 1, 3, 2)
"""The groups of `queue_place` in the order of lists."""


def queue_place(*, state: TipOffState, trusted: bool, flooded: bool) -> int:
    """Return the group in lists: 0: open, of trusted flaggers; 1: other open ones; 3: open ones of flooded
    forms; 2: closed.
    """
    if state is TipOffState.RESOLVED:
        return 2
    if flooded:
        return 3
    return 0 if trusted else 1


def next_reminder(tip_off: TipOff) -> datetime | None:
    """Return when the next reminder is due; None if there is none."""
    if tip_off.state is TipOffState.RESOLVED:
        return None
    return reminders.next_time(tip_off.reminder, filed_at=tip_off.filed_at, due_at=tip_off.due_at)


def fall(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return the report as of now, with the reminders that have come due."""
    if tip_off.state is TipOffState.RESOLVED:
        return tip_off
    due = list(
        reminders.come_due(tip_off.reminder, filed_at=tip_off.filed_at, due_at=tip_off.due_at, now=now)
    )
    return replace(tip_off, reminder=due[-1]) if due else tip_off


def delete_texts(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return a closed report without its texts and its reporter; raises TransitionError for an open one.

    The reference of content is a text, too: a reporter has typed it on the web, and it may name somebody.
    """
    if tip_off.state is not TipOffState.RESOLVED:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.RESOLVED.value)
    return replace(tip_off, target=target_rules.forget(tip_off.target), reporter_id=None, deleted_at=now)


def assign(*, tip_off: TipOff, moderator_id: str, former: str | None) -> TipOff:
    """Return the report assigned to a moderator.

    Raises TransitionError, and PreconditionError (ASSIGNEE_CHANGED) unless `former` is the present assignee.
    """
    if tip_off.state not in _MERGEABLE:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.ASSIGNED.value)
    if tip_off.assignee != former:
        raise PreconditionError(Reason.ASSIGNEE_CHANGED)
    answered = tip_off.state is TipOffState.ANSWERED
    return replace(
        tip_off, state=TipOffState.ANSWERED if answered else TipOffState.ASSIGNED, assignee=moderator_id
    )


def hand_back(*, tip_off: TipOff, moderator_id: str) -> TipOff:
    """Return the report without an assignee; raises TransitionError, PreconditionError (ASSIGNEE_CHANGED)."""
    _check_works(tip_off, moderator_id, wanted=TipOffState.RECEIVED)
    answered = tip_off.state is TipOffState.ANSWERED
    return replace(tip_off, state=TipOffState.ANSWERED if answered else TipOffState.RECEIVED, assignee=None)


def note(*, tip_off: TipOff, moderator_id: str) -> TipOff:
    """Return the report unchanged if its assignee may write a note; raises as `hand_back` does."""
    _check_works(tip_off, moderator_id, wanted=tip_off.state)
    return tip_off


def answer(*, tip_off: TipOff, moderator_id: str, now: datetime) -> TipOff:
    """Return the report with a reply to its reporter; raises as `hand_back` does."""
    if tip_off.state is not TipOffState.ASSIGNED:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.ANSWERED.value)
    _check_works(tip_off, moderator_id, wanted=TipOffState.ANSWERED)
    return replace(tip_off, state=TipOffState.ANSWERED, answered_at=now)


def check_decision(*, outcome: TipOffOutcome, dismissal: Dismissal | None, sanctioned: bool) -> None:
    """Raise InvalidError unless UPHELD has a sanction, DISMISSED a reason, and no other has either."""
    wrong = []
    if outcome is TipOffOutcome.DUPLICATE:
        wrong.append(Violation("outcome", FieldCode.CHARACTER))
    for name, given, needed in (
        ("dismissal", dismissal is not None, outcome is TipOffOutcome.DISMISSED),
        ("sanction", sanctioned, outcome is TipOffOutcome.UPHELD),
    ):
        if given is not needed:
            wrong.append(Violation(name, FieldCode.REQUIRED if needed else FieldCode.CHARACTER))
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)


def resolve(
    *,
    tip_off: TipOff,
    moderator_id: str,
    outcome: TipOffOutcome,
    dismissal: Dismissal | None,
    sanction_id: str | None,
    replied: bool,
    now: datetime,
) -> TipOff:
    """Return the decided report. replied: whether the decision comes with a reply.

    Raises as `hand_back` does, and InvalidError (INVALID_MESSAGE, reply) if the reporter would get none.
    """
    _check_works(tip_off, moderator_id, wanted=TipOffState.RESOLVED)
    if tip_off.answered_at is None and not replied:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("reply", FieldCode.REQUIRED))
    return replace(
        tip_off,
        state=TipOffState.RESOLVED,
        answered_at=tip_off.answered_at or now,
        resolved_at=now,
        outcome=outcome,
        dismissal=dismissal,
        sanction_id=sanction_id,
    )


def check_gathers(*, tip_off: TipOff, moderator_id: str) -> None:
    """Raise TransitionError or PreconditionError unless a moderator may merge other reports into this one."""
    if tip_off.deleted_at is not None:  # its reply is gone, and the others' reporters would get none
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.MERGED.value)
    if tip_off.state is TipOffState.RESOLVED and tip_off.outcome is not TipOffOutcome.DUPLICATE:
        return
    _check_works(tip_off, moderator_id, wanted=TipOffState.MERGED)


def merge(*, tip_off: TipOff, into: TipOff, moderator_id: str, now: datetime) -> TipOff:
    """Return the report merged into another one.

    Raises TransitionError, and PreconditionError (ASSIGNEE_CHANGED) if another moderator works on it.
    """
    if tip_off.state not in _MERGEABLE:
        raise TransitionError(state=tip_off.state.value, wanted=TipOffState.MERGED.value)
    if tip_off.assignee not in (None, moderator_id):
        raise PreconditionError(Reason.ASSIGNEE_CHANGED)
    return join(tip_off=tip_off, into=into, now=now)


def join(*, tip_off: TipOff, into: TipOff, now: datetime) -> TipOff:
    """Return a merged report as the report that it belongs to makes it: answered, resolved, or waiting."""
    joined = replace(tip_off, state=TipOffState.MERGED, assignee=None, merged_into=into.tip_off_id)
    if into.answered_at is not None and joined.answered_at is None:
        joined = replace(joined, answered_at=now)
    if into.state is not TipOffState.RESOLVED:
        return joined
    return replace(joined, state=TipOffState.RESOLVED, resolved_at=now, outcome=TipOffOutcome.DUPLICATE)


def judged(*, tip_off: TipOff, leading: TipOff) -> TipOffOutcome:
    """Return what a decision says about a report's reporter; abuse is only that of the leading report."""
    if tip_off.tip_off_id == leading.tip_off_id or leading.outcome is TipOffOutcome.UPHELD:
        return leading.outcome or TipOffOutcome.DISMISSED
    return TipOffOutcome.DISMISSED


def _check_works(tip_off: TipOff, moderator_id: str, *, wanted: TipOffState) -> None:
    if tip_off.state not in _WORKED_ON:
        raise TransitionError(state=tip_off.state.value, wanted=wanted.value)
    if tip_off.assignee != moderator_id:
        raise PreconditionError(Reason.ASSIGNEE_CHANGED)
