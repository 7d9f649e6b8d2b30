"""What is logged when a report changes: every difference between two states of it has its event.

- An answer, a decision and a merger are one event for each report, so that anybody can count them.
- A reminder is one event. The last one is logged as what was missed: the solution, and the reply if there was
  none. Of a report that came by a flooded form it is another event, which no platform is blamed for.
- The fields name the report, the moderator, the sanction, and never an account or a reporter.
"""

from collections.abc import Iterator, Mapping

from idvault.tip_off.rules import reminder as reminders
from idvault.verify.event import EventType
from idvault.verify.seal import Part
from idvault.verify.tip_off import Reminder, TipOff, TipOffOutcome

Happening = tuple[EventType, Mapping[str, Part]]


def happenings(before: TipOff, after: TipOff) -> Iterator[Happening]:
    """Yield the type and fields of each event between two states of a report, in the order of the log."""
    own: dict[str, Part] = {"tip_off_id": after.tip_off_id}
    yield from ((kind, own) for kind in _reminded(before, after))
    yield from _moved(before, after, own)
    if before.answered_at is None and after.answered_at is not None:
        yield EventType.TIP_OFF_ANSWER, own
    if before.outcome is None and after.outcome is not None:
        yield _decided(after, after.outcome, own)
    if before.deleted_at is None and after.deleted_at is not None:
        yield EventType.TIP_OFF_DELETE_TEXTS, own


def _reminded(before: TipOff, after: TipOff) -> Iterator[EventType]:
    last = before.reminder
    while last is not after.reminder:
        last = reminders.following(last)
        if last is Reminder.HALF:
            yield EventType.TIP_OFF_REMIND_HALF
        elif last is Reminder.FOUR_FIFTHS:
            yield EventType.TIP_OFF_REMIND_FOUR_FIFTHS
        elif after.flooded:
            yield EventType.TIP_OFF_MISS_FLOOD
        else:
            if before.answered_at is None:
                yield EventType.TIP_OFF_MISS_REPLY
            yield EventType.TIP_OFF_MISS_SOLUTION


def _moved(before: TipOff, after: TipOff, own: Mapping[str, Part]) -> Iterator[Happening]:
    if after.merged_into is not None and before.merged_into != after.merged_into:
        yield EventType.TIP_OFF_MERGE, {**own, "into": after.merged_into}
    elif after.assignee is not None and before.assignee != after.assignee:
        yield EventType.TIP_OFF_ASSIGN, {**own, "moderator_id": after.assignee}
    elif before.assignee is not None and after.assignee is None:
        yield EventType.TIP_OFF_RETURN, {**own, "moderator_id": before.assignee}


def _decided(after: TipOff, outcome: TipOffOutcome, own: Mapping[str, Part]) -> Happening:
    by = {**own, "moderator_id": after.assignee or ""}
    if outcome is TipOffOutcome.UPHELD:
        return EventType.TIP_OFF_UPHOLD, {**by, "sanction_id": after.sanction_id or ""}
    if outcome is TipOffOutcome.DISMISSED:
        return EventType.TIP_OFF_DISMISS, {**by, "dismissal": after.dismissal or ""}
    if outcome is TipOffOutcome.ABUSIVE:
        return EventType.TIP_OFF_FIND_ABUSIVE, by
    return EventType.TIP_OFF_CLOSE_DUPLICATE, {**own, "into": after.merged_into or ""}
