"""What the pages show: items, sections, links and form fields, and times and words in a language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from babel.dates import format_date, format_datetime

from idvault_people.console.texts import TIME

Say = Callable[..., str]
Row = tuple[str, str]
_LOCALES = {"zh": "zh_CN", "en": "en_GB"}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Link:
    """A link; current: whether it leads to the page on which it stands."""

    path: str
    text: str
    current: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing of a list. marks: what must be seen first, such as "overdue"."""

    link: Link
    rows: Sequence[Row]
    marks: Sequence[str] = ()

    def cell(self, name: str) -> str:
        """Return the value of one of its rows, a dash if it has none of this name."""
        return dict(self.rows).get(name, "–")


@dataclass(frozen=True, kw_only=True, slots=True)
class PagePart:
    """A part of a page. texts: what people wrote, shown as it is. empty: what to say if there is nothing."""

    title: str
    rows: Sequence[Row] = ()
    texts: Sequence[Row] = field(default=(), repr=False)
    items: Sequence[Item] = ()
    links: Sequence[Link] = ()
    empty: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of a form. kind: text, area, choices, checks, date, file or hidden. options: value and text."""

    kind: str
    id: str
    label: str = ""
    value: str = field(default="", repr=False)
    hint: str = ""
    limit: int = 200
    options: Sequence[Row] = ()
    required: bool = True


def word(name: str, value: StrEnum | None, say: Say) -> str:
    """Return the word of a fixed list for a value; None is one that this client does not know."""
    return say("unknown") if value is None else say(f"{name}.{value.value}")


def options(name: str, values: Sequence[StrEnum], say: Say) -> list[Row]:
    """Return the options of a field."""
    return [(each.value, word(name, each, say)) for each in values]


def moderator(moderator_id: str, *, me: str, say: Say) -> str:
    """Return who a moderator is: nobody, you, or the beginning of an id."""
    if not moderator_id:
        return say("nobody")
    return say("you") if moderator_id == me else moderator_id[:8]


def time(value: datetime, *, zone: tzinfo | None, language: str) -> str:
    """Return a time in words. zone: None for that of this machine."""
    return format_datetime(value.astimezone(zone), TIME.in_language(language), locale=_LOCALES[language])


def day(value: date, *, language: str) -> str:
    """Return a day in words."""
    return format_date(value, "long", locale=_LOCALES[language])


def left(due: datetime, *, now: datetime, say: Say) -> str:
    """Return how much time is left, in days, and in hours on the last two days."""
    late = now >= due
    rest = now - due if late else due - now
    if rest >= 2 * _DAY:
        return say("overdue_days" if late else "days_left", days=rest // _DAY)
    if rest >= _HOUR:
        return say("overdue_hours" if late else "hours_left", hours=rest // _HOUR)
    return say("overdue_now" if late else "minutes_left")


def digest(digits: str) -> bytes:
    """Return the digest that a form's hidden field has; b"" for anything else, which the vault refuses."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def digests(values: Sequence[bytes]) -> str:
    """Return digests as lines of hexadecimal digits."""
    return "\n".join(each.hex() for each in values)
