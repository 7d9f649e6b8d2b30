"""What a figure of the transparency report is.

- A logged figure counts entries of the public log by their types. Anybody can recompute it.
- A breakdown divides a logged figure by something that the log does not tell. The last cell, OTHER, has what
  belongs to no other cell, so that the cells always add up to the logged figure.
- A level is the present number of something, by cell. It is not in the log.
- A duration has median and 90th percentile of the hours that cases took. It is not in the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from idvault.verify.event import EventType

EDITION = 1
"""The edition of the list of figures: it grows with added figures, so that older reports stay complete."""

OTHER = "OTHER"


class Language(StrEnum):
    """The languages of reports and pages."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Title:
    """A text in both languages."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language is Language.ZH else self.en


REST = Title("其他", "other")


class Measure(StrEnum):
    """What is counted: entries, or the hours (UTC) in which there was at least one."""

    ENTRIES = "ENTRIES"
    HOURS = "HOURS"


@dataclass(frozen=True, slots=True)
class LoggedFigure:
    """A figure that the public log tells. edition: the first one that has it."""

    name: str
    title: Title
    events: tuple[EventType, ...]
    measure: Measure = Measure.ENTRIES
    edition: int = 1


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A logged figure by cell. total: its name. by_text: the cells are texts that occur at least 5 times.

    told_by: the field of published statements of reasons (domain.sanction.publication) with the same cells.
    cells: by their names. If one is small, others are hidden with it, in this order: the least interesting
    ones come first (domain.report.suppression).
    """

    name: str
    title: Title
    total: str
    cells: Mapping[str, Title] = field(default_factory=dict)
    by_text: bool = False
    told_by: str = ""

    def title_of(self, cell: str) -> Title:
        """Return the title of a cell."""
        return REST if cell == OTHER else self.cells.get(cell, Title(cell, cell))


@dataclass(frozen=True, slots=True)
class Level:
    """The present number of something, by cell."""

    name: str
    title: Title
    cells: Mapping[str, Title]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long cases took. total: the name of the logged figure that counts these cases."""

    name: str
    title: Title
    total: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline that the public can watch, by the names of logged figures. due: what starts the clock."""

    title: Title
    due: str
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What a report says about one subject."""

    name: str
    title: Title
    logged: tuple[LoggedFigure, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    levels: tuple[Level, ...] = ()
    durations: tuple[Duration, ...] = ()


def logged(
    name: str, zh: str, en: str, *events: EventType, measure: Measure = Measure.ENTRIES
) -> LoggedFigure:
    """Return a figure of the log of the first edition."""
    return LoggedFigure(name, Title(zh, en), events, measure)
