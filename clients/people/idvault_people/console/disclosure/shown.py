"""How the consoles write times, the time that is left, and a masked text."""

from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date, format_datetime
from google.protobuf.timestamp_pb2 import Timestamp

from idvault_people.console.texts import TIME
from idvault_people.console.visit import Visit

SHOWN_SECONDS = 30
"""How long a revealed identity is shown."""
_LOCALES = {"zh": "zh_CN", "en": "en_GB"}


def time(value: datetime | Timestamp, visit: Visit) -> str:
    """Return a time in UTC, to the minute."""
    found = value.ToDatetime(UTC) if isinstance(value, Timestamp) else value
    pattern = TIME.in_language(visit.language)
    text = format_datetime(found, pattern, tzinfo=UTC, locale=_LOCALES[visit.language])
    return f"{text} UTC"


def day(value: date, visit: Visit) -> str:
    """Return a day."""
    return format_date(value, format="long", locale=_LOCALES[visit.language])


def left(until: datetime, visit: Visit, *, now: datetime) -> str:
    """Return how much time is left, in days and hours, or in hours and minutes."""
    rest = until - now
    if rest <= timedelta():
        return visit.say("time_over")
    minutes = int(rest.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return visit.say("left_days", days=days, hours=hours)
    return visit.say("left_hours", hours=hours, minutes=minutes % 60)
