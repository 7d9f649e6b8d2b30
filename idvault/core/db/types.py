"""Column types: times as integer microseconds since 1970 (UTC), days as ISO text."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Micros(TypeDecorator[datetime]):
    """An aware time, exact to the microsecond in both databases and in every time zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Return the number to store; raises TypeError for a time without a time zone."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Return the time in UTC."""
        return None if value is None else from_micros(value)


class Day(TypeDecorator[date]):
    """A day as YYYY-MM-DD text, which sorts by date."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Any) -> str | None:
        """Return the text to store."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Any) -> date | None:
        """Return the day."""
        return None if value is None else date.fromisoformat(value)


def to_micros(value: datetime) -> int:
    """Return an aware time as it is stored."""
    return (value - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Return a stored time in UTC."""
    return _EPOCH + value * _MICROSECOND
