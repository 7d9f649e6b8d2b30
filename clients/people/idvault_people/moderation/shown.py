"""What the pages show: items, sections, links and form fields, and times and words in a language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from idvault_people.console import shown

# As on every console.
Say = shown.Say
Row = shown.Row
word, options, day, month, time = shown.word, shown.options, shown.day, shown.month, shown.time
_ID = re.compile("[0-9a-f]{32}")
_KEY = 22


@dataclass(frozen=True, slots=True)
class Link:
    """A link; current: whether it leads to the page on which it stands. key: that follows it, "" for none."""

    path: str
    text: str
    current: bool = False
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing of a list. marks: what must be seen first, such as "overdue".

    id: for a list in which several things are chosen, "" if this one cannot be. alone: whether its row has
    the button that acts on it alone. spent: how much of its time has passed, in per cent; None if nothing is
    due. icons: by the name of a row, a picture before its value and the word that it stands for.
    """

    link: Link
    rows: Sequence[Row]
    marks: Sequence[str] = ()
    id: str = ""
    alone: bool = False
    spent: int | None = None
    icons: Mapping[str, Row] = field(default_factory=dict)

    def cell(self, name: str) -> str:
        """Return the value of one of its rows, a dash if it has none of this name."""
        return dict(self.rows).get(name, "–")


@dataclass(frozen=True, slots=True)
class FigureBar:
    """One figure. percent: of the largest one beside it; path: of the list behind it, "" for none."""

    name: str
    count: str
    percent: int
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PagePart:
    """A part of a page. texts: what people wrote, shown as it is. empty: what to say if there is nothing.

    spent: how much of the time of its row "due" has passed, in per cent; None if nothing is due. codes:
    account tokens, ids and hashes, which are shown when somebody asks for them, with buttons that copy
    them. folded: other rows that are shown so; fold: what they are called. pictures: addresses and what
    they are called, shown likewise. head: of the column that names the items or the bars, "" for the usual
    one.
    """

    title: str
    rows: Sequence[Row] = ()
    texts: Sequence[Row] = field(default=(), repr=False)
    items: Sequence[Item] = ()
    links: Sequence[Link] = ()
    empty: str = ""
    spent: int | None = None
    codes: Sequence[Row] = ()
    folded: Sequence[Row] = ()
    fold: str = ""
    pictures: Sequence[Link] = ()
    head: str = ""
    bars: Sequence[FigureBar] = ()

    @property
    def columns(self) -> list[str]:
        """The names of the items' rows, in their order."""
        return columns(self.items)


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of a form. options: value, text.

    kind: text, area, choices, checks, date, time, file, pick or hidden.
    A pick is a list with a button of its own, which fills the form in.

    notes: more about an option, by its value. replies: likewise, languages and what a reporter reads in each.
    only: the value of another field for which it is asked. key: the key that leads to it, "" for none.
    folded: whether it is shown when somebody asks for it, because it says what it nearly always says.
    """

    kind: str
    id: str
    label: str = ""
    value: str = field(default="", repr=False)
    hint: str = ""
    limit: int = 200
    options: Sequence[Row] = ()
    required: bool = True
    notes: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    only: str = ""
    key: str = ""
    folded: bool = False


def columns(items: Sequence[Item]) -> list[str]:
    """Return the names of the rows of items, in their order."""
    return list(dict.fromkeys(name for item in items for name, _ in item.rows))


def is_id(text: str) -> bool:
    """Return whether a text is an id of the vault."""
    return _ID.fullmatch(text) is not None


def last_day(end: date, *, language: str) -> str:
    """Return the last day of a term, from the first day on which it is over."""
    return day(end - timedelta(days=1), language=language)


def short_key(key: str) -> str:
    """Return what a report is about in few letters: the end of an address, both ends of anything else."""
    name = key.partition("://")[2] or key
    if len(name) <= _KEY:
        return name
    return f"…{name[1 - _KEY :]}" if name != key else f"{key[: _KEY // 2]}…{key[-_KEY // 2 + 1 :]}"


def moderator(moderator_id: str, *, me: str, say: Say) -> str:
    """Return who a moderator is: nobody, you, or the beginning of an id."""
    if not moderator_id:
        return say("nobody")
    return say("you") if moderator_id == me else moderator_id[:8]


def digest(digits: str) -> bytes:
    """Return the digest that a form's hidden field has; b"" for anything else, which the vault refuses."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def digests(values: Sequence[bytes]) -> str:
    """Return digests as lines of hexadecimal digits."""
    return "\n".join(each.hex() for each in values)
