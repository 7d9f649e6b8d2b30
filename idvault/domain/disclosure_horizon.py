"""The time before which openings of records are published: one horizon for all accounts.

- The horizon is the start of the day that is one embargo before today.
- It is the same for every account and case, so a missing opening reveals nothing about a current case.
- Every opening before the horizon is published, whoever requested it.
"""

from datetime import date, datetime, time, timedelta, tzinfo


def horizon(*, today: date, embargo: timedelta, zone: tzinfo) -> datetime:
    """Return the time before which every opening is published. zone: of the day's start."""
    return datetime.combine(today - embargo, time.min, tzinfo=zone)


def is_told(*, opened_at: datetime, horizon: datetime) -> bool:
    """Return whether an opening is part of a history."""
    return opened_at < horizon
