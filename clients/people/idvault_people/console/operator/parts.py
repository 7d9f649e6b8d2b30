"""What the operator's pages are made of: tiles, tables, pairs, and notes above them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

GREEN, AMBER, RED, PLAIN = "green", "amber", "red", ""
"""How urgent something is: well, soon, now, or neither."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorCell:
    """A cell of a table. badge: what stands behind the text as a badge, in a colour; link: where it leads.

    spent: how much of a limit is used, in per cent, for a bar below the text. is_code: whether people compare
    the text with something outside, so that a button copies it.
    """

    text: str = ""
    link: str = ""
    badge: str = ""
    colour: str = PLAIN
    spent: int | None = None
    is_code: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorTable:
    """A table. head: the names of its columns; empty: what stands in its place without rows."""

    head: Sequence[str]
    lines: Sequence[Sequence[OperatorCell]]
    empty: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorTile:
    """A figure that leads to its page. name: what it counts."""

    name: str
    figure: str
    link: str
    colour: str = PLAIN


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorNote:
    """Something that stands out. link, label: where it leads, and by which words.

    said: a program's own words, English on every page, that say what to do. technical: those that only help
    to find the cause, shown on demand. is_new: since the last visit.
    """

    text: str
    said: str = ""
    technical: str = ""
    colour: str = AMBER
    link: str = ""
    label: str = ""
    is_new: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorSection:
    """A part of a page. details, english: pairs, and texts in English, shown on demand behind a summary.

    after: texts below the tiles. compared: names and codes that people compare with something outside; codes:
    those that are shown on demand; a button copies each.
    """

    title: str = ""
    texts: Sequence[str] = ()
    notes: Sequence[OperatorNote] = ()
    tiles: Sequence[OperatorTile] = ()
    after: Sequence[str] = ()
    table: OperatorTable | None = None
    rows: Sequence[tuple[str, str]] = ()
    compared: Sequence[tuple[str, str]] = ()
    codes: Sequence[tuple[str, str]] = ()
    links: Sequence[tuple[str, str]] = ()
    summary: str = ""
    details: Sequence[tuple[str, str]] = field(default=())
    english: Sequence[str] = ()
