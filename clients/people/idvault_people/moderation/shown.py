"""What the pages show: items, sections, links and form fields, and times and words in a language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from idvault_people.console import shown

# As on every console.
Say = shown.Say
Row = shown.Row
word, options, day = shown.word, shown.options, shown.day
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


def moderator(moderator_id: str, *, me: str, say: Say) -> str:
    """Return who a moderator is: nobody, you, or the beginning of an id."""
    if not moderator_id:
        return say("nobody")
    return say("you") if moderator_id == me else moderator_id[:8]


def time(value: datetime, *, zone: tzinfo | None, language: str) -> str:
    """Return a time in words. zone: None for that of this machine."""
    return shown.minute(value.astimezone(zone), language=language)


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
