"""Up to when the openings of a record are told: one horizon for everybody.

- The horizon is the beginning of the day that lies the longest embargo before today.
- It depends on no account and on no case, so that the absence of an opening betrays nothing of a running one.
- What happened before the horizon is told, whoever asked for it.
"""

from datetime import date, datetime, time, timedelta, tzinfo


def horizon(*, today: date, embargo: timedelta, zone: tzinfo) -> datetime:
    """Return the time before which every opening is told. zone: where the day begins."""
    return datetime.combine(today - embargo, time.min, tzinfo=zone)


def is_told(*, opened_at: datetime, horizon: datetime) -> bool:
    """Tell whether an opening is part of a history."""
    return opened_at < horizon
