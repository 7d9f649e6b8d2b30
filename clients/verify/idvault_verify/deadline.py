"""Deadlines in calendar days of the operator's time zone.

- The day of the event does not count: a deadline of N days ends with the Nth day after the operator's day in
  which the event happened, as the EU's Regulation 1182/71 (article 3) and China's Civil Code (articles 201
  and 203) count. Nobody gets less than N times 24 hours, except by a change of clocks.
- A day ends at its last instant on the operator's clock: the later one if the clock shows it twice, and the
  jump if the clock skips it. A day that the zone skips altogether ends when the day before it ends.
- What is due is a point in time. A later change of the zone's rules does not move it once it is stored.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


def due_at(*, start: datetime, days: int, zone: tzinfo) -> datetime:
    """Return the end (UTC) of the day that is `days` calendar days after that of start."""
    return end_of_day(start.astimezone(zone).date() + days * _DAY, zone=zone)


def end_of_day(day: date, *, zone: tzinfo) -> datetime:
    """Return the first point in time (UTC) from which a day is over for good."""
    last = datetime.combine(day, time.max, zone)
    early, late = sorted(last.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if late.astimezone(zone).replace(tzinfo=None) == last.replace(tzinfo=None):
        return late + _TICK
    return _jump(day, early, late, zone)


def _jump(day: date, before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return the first point in time after `before` at which the clock has passed a day."""
    while after - before > _TICK:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).date() > day:
            after = middle
        else:
            before = middle
    return after
