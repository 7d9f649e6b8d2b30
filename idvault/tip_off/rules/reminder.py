"""The clock of a report: reminders at 50, 80 and 100 per cent of its time, each written once.

- Reply and solution are both due at the end of the seventh calendar day (domain.deadline).
- A reminder is due when that share of the time between filing and the deadline has passed, to the
  microsecond.
- The decision stops the clock. What has come due by then is written first, so a late decision hides no
  missed deadline.
- After an outage every reminder is still written, in order.
"""

from collections.abc import Iterator
from datetime import datetime

from idvault.verify.tip_off import Reminder

TIP_OFF_DAYS = 7


_ORDER = list(Reminder)
_FIFTH = 5


def due_time(reminder: Reminder, *, filed_at: datetime, due_at: datetime) -> datetime:
    """Return when a reminder is due."""
    length = due_at - filed_at
    elapsed = {
        Reminder.HALF: length / 2,
        Reminder.FOUR_FIFTHS: length - length / _FIFTH,
        Reminder.OVERDUE: length,
    }
    return filed_at + elapsed[reminder]


def following(last: Reminder | None) -> Reminder | None:
    """Return the reminder that comes after the last one that was written; None after the last one."""
    place = 0 if last is None else _ORDER.index(last) + 1
    return _ORDER[place] if place < len(_ORDER) else None


def next_time(last: Reminder | None, *, filed_at: datetime, due_at: datetime) -> datetime | None:
    """Return when the next reminder of an open report is due; None if there is none."""
    reminder = following(last)
    return None if reminder is None else due_time(reminder, filed_at=filed_at, due_at=due_at)


def come_due(
    last: Reminder | None, *, filed_at: datetime, due_at: datetime, now: datetime
) -> Iterator[Reminder]:
    """Yield the reminders of an open report that are due and not written, in order."""
    reminder = following(last)
    while reminder is not None and due_time(reminder, filed_at=filed_at, due_at=due_at) <= now:
        yield reminder
        reminder = following(reminder)
