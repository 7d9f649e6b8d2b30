"""How consoles write times with their zone, days, the time that is left, and words of fixed lists."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from babel.dates import format_date, format_datetime, format_skeleton
from google.protobuf.timestamp_pb2 import Timestamp

from idvault_client.pages import rendering
from idvault_people.console.texts import TIME
from idvault_people.console.visit import Visit
from idvault_people.local_time import offset

Say = Callable[..., str]
Row = tuple[str, str]
LOCALES = {"zh": "zh_CN", "en": "en_GB"}


def time(value: datetime | Timestamp, visit: Visit, *, zone: tzinfo | None = UTC) -> str:
    """Return a time to the minute, with its offset from UTC. zone: None for that of this machine."""
    found = value.ToDatetime(UTC) if isinstance(value, Timestamp) else value
    local = found.astimezone(zone)
    return f"{minute(local, language=visit.language)} {offset(local)}"


def minute(local: datetime, *, language: str) -> str:
    """Return a local time to the minute, without its zone."""
    return format_datetime(local, TIME.in_language(language), locale=LOCALES[language])


def day(value: date, *, language: str) -> str:
    """Return a day."""
    return format_date(value, format="long", locale=LOCALES[language])


def month(name: str, *, language: str) -> str:
    """Return a month by its name YYYY-MM, "" of none."""
    if not name:
        return ""
    return format_skeleton("yMMMM", date.fromisoformat(f"{name}-01"), locale=LOCALES[language])


def short_day(value: datetime, *, language: str, zone: tzinfo | None) -> str:
    """Return the day of a time, short enough for a line of a telephone. zone: None for this machine's."""
    return format_date(value.astimezone(zone).date(), format="medium", locale=LOCALES[language])


def left(until: datetime, visit: Visit, *, now: datetime) -> str:
    """Return how much time is left, or that what ends by itself has ended."""
    if now >= until:
        return visit.say("time_over")
    return rendering.time_left(until, now=now, say=visit.say)


def word(name: str, value: StrEnum | None, say: Say) -> str:
    """Return the word of a fixed list for a value; None is one that this client does not know."""
    return say("unknown") if value is None else say(f"{name}.{value.value}")


def options(name: str, values: Iterable[StrEnum], say: Say) -> list[Row]:
    """Return values and words of a list that people choose from."""
    return [(each.value, word(name, each, say)) for each in values]
