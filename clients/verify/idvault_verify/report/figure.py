"""What a figure of the transparency report is, and how the log's entries give it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.event import EventType
from idvault_verify.period import Period
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


EDITION = 2
"""The edition of the list of figures: it grows with added figures, so that older reports stay complete."""
OTHER = "OTHER"


class Language(StrEnum):
    """The languages of reports and pages."""

    ZH = "zh"
    EN = "en"


REST = _("other")


class Measure(StrEnum):
    """What is counted: entries, or the hours (UTC) in which there was at least one."""

    ENTRIES = "ENTRIES"
    HOURS = "HOURS"


@dataclass(frozen=True, slots=True)
class LoggedFigure:
    """A figure that the public log tells. edition: the first one that has it."""

    name: str
    title: Text
    events: tuple[EventType, ...]
    measure: Measure = Measure.ENTRIES
    edition: int = 1


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A logged figure by cell. total: its name. by_text: the cells are texts that occur at least 5 times.

    told_by: the field of published statements of reasons (sanction.rules) with the same cells.
    cells: by their names. If one is small, others are hidden with it, in this order: the least interesting
    ones come first (verify.suppression).
    """

    name: str
    title: Text
    total: str
    cells: Mapping[str, Text] = field(default_factory=dict)
    by_text: bool = False
    told_by: str = ""

    def title_of(self, cell: str, language: Language) -> str:
        """Return the title of a cell; of a cell that is a text, the text itself."""
        if cell == OTHER:
            return REST.in_language(language)
        return self.cells[cell].in_language(language) if cell in self.cells else cell


@dataclass(frozen=True, slots=True)
class Level:
    """The present number of something, by cell."""

    name: str
    title: Text
    cells: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long cases took. total: the name of the logged figure that counts these cases."""

    name: str
    title: Text
    total: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline that the public can watch, by the names of logged figures. due: what starts the clock."""

    title: Text
    due: str
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What a report says about one subject."""

    name: str
    title: Text
    logged: tuple[LoggedFigure, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    levels: tuple[Level, ...] = ()
    durations: tuple[Duration, ...] = ()


def logged(
    name: str, title: Text, *events: EventType, measure: Measure = Measure.ENTRIES, edition: int = 1
) -> LoggedFigure:
    """Return a figure of the log. edition: the first one that has it."""
    return LoggedFigure(name, title, events, measure, edition)


_HOUR = 3_600


class EntryCount:
    """The counts by type of entry; entries may come in any order."""

    def __init__(self, period: Period, *, zone: tzinfo) -> None:
        """Start with nothing."""
        self._start, self._end = period.start(zone), period.end(zone)
        self._counts: dict[str, int] = {}
        self._hours: dict[str, set[int]] = {}
        self.entries = 0

    def add(self, type_: str, occurred_at: datetime) -> None:
        """Count an entry if it falls into the period. occurred_at: its time in the log, to the minute."""
        if not self._start <= occurred_at < self._end:
            return
        self.entries += 1
        self._counts[type_] = self._counts.get(type_, 0) + 1
        self._hours.setdefault(type_, set()).add(int(occurred_at.timestamp()) // _HOUR)

    def value(self, figure: LoggedFigure) -> int:
        """Return a logged figure."""
        if figure.measure is Measure.HOURS:
            return len(set().union(*(self._hours.get(each.value, ()) for each in figure.events)))
        return sum(self._counts.get(each.value, 0) for each in figure.events)

    def values(self, figures: Sequence[LoggedFigure]) -> Mapping[str, int]:
        """Return several logged figures by their names."""
        return {figure.name: self.value(figure) for figure in figures}


@dataclass(frozen=True, slots=True)
class TipOffFigures:
    """Reports that were filed in a month; open: not decided, merged ones included."""

    filed: int = 0
    open: int = 0
    upheld: int = 0
    dismissed: int = 0
    duplicate: int = 0
    abusive: int = 0
    referred: int = 0
    reply_late: int = 0
    solution_late: int = 0


@dataclass(frozen=True, slots=True)
class AppealFigures:
    """Appeals, contests of verifications, or appeals against withdrawals, that were filed in a month."""

    filed: int = 0
    open: int = 0
    upheld: int = 0
    rejected: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class ContentFigures:
    """Measures of one kind on content that were imposed in a month."""

    kind: ContentMeasureKind | None
    imposed: int = 0
    in_force: int = 0
    reversed: int = 0
    overturned: int = 0


@dataclass(frozen=True, slots=True)
class ApplicationFigures:
    """Applications for public accounts that were filed in a month."""

    filed: int = 0
    open: int = 0
    approved: int = 0
    rejected: int = 0
