"""The time before which disclosures of records are published: one horizon for all accounts.

- The horizon is the start of the day that is one embargo before today.
- It is the same for every account and case, so a missing disclosure reveals nothing about a current case.
- Every disclosure (the M-th release) and every opening before the horizon is published, whoever requested it,
  also if the request was cancelled or expired afterwards.
"""

from datetime import date, datetime, time, timedelta, tzinfo


def horizon(*, today: date, embargo: timedelta, zone: tzinfo) -> datetime:
    """Return the time before which everything is published. zone: of the day's start."""
    return datetime.combine(today - embargo, time.min, tzinfo=zone)


def is_told(*, happened_at: datetime, horizon: datetime) -> bool:
    """Return whether a disclosure or an opening is part of a history."""
    return happened_at < horizon
