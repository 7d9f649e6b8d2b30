"""How consoles write times with their zone, days, the time that is left, and words of fixed lists."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from babel.dates import format_date, format_datetime, format_skeleton
from google.protobuf.timestamp_pb2 import Timestamp

from idvault_client.pages import rendering
from idvault_people.console.texts import TIME
from idvault_people.console.visit import Visit
from idvault_people.local_time import offset

Say = Callable[..., str]
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Due:
    """Until when something can or must be done, in words. spent: how much of it is over, in per cent."""

    text: str
    spent: int

    def __str__(self) -> str:
        """Return the words."""
        return self.text


@dataclass(frozen=True, slots=True)
class Code:
    """A hash or an id that people compare by eye, or copy."""

    code: str

    def __str__(self) -> str:
        """Return it alone."""
        return self.code


Fact = tuple[str, str | Due | Code]
LOCALES = rendering.LOCALES


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


def utc_day(value: date, visit: Visit) -> str:
    """Return a day that begins and ends by UTC."""
    return f"{day(value, language=visit.language)} UTC"


def due(
    begin: datetime,
    until: datetime,
    visit: Visit,
    *,
    now: datetime,
    zone: tzinfo | None = UTC,
    ends: bool = True,
) -> Due:
    """Return until when something can be done. begin: since when it could be.

    ends: whether it ends by itself then; otherwise it is overdue afterwards.
    """
    text = time(until, visit, zone=zone)
    rest = left(until, visit, now=now) if ends else rendering.time_left(until, now=now, say=visit.say)
    spent = rendering.time_spent(begin, until, now=now)
    return Due(visit.say("in_brackets", text=text, more=rest), spent)


def due_day(begin: datetime, last: date, visit: Visit, *, now: datetime) -> Due:
    """Return by the end of which day, in UTC, something must be done. begin: when that was fixed."""
    until = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    text, rest = utc_day(last, visit), rendering.time_left(until, now=now, say=visit.say)
    return Due(visit.say("in_brackets", text=text, more=rest), rendering.time_spent(begin, until, now=now))


def pair(name: str, text: object, visit: Visit) -> str:
    """Return a name and what it has, on one line."""
    return visit.say("pair", name=name, text=text)


def listed(words: Iterable[str], visit: Visit) -> str:
    """Return words one after the other."""
    return visit.say("comma").join(words)


def word(name: str, value: StrEnum | None, say: Say) -> str:
    """Return the word of a fixed list for a value; None is one that this client does not know."""
    return say("unknown") if value is None else say(f"{name}.{value.value}")


def options(name: str, values: Iterable[StrEnum], say: Say) -> list[Row]:
    """Return values and words of a list that people choose from."""
    return [(each.value, word(name, each, say)) for each in values]
