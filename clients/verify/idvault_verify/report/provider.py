"""What the log's entries tell of each platform in a month: whose deadlines passed, and who did what.

- A missed deadline names its platform (verify.event.names_platform): anybody can count it.
- Whose other entries are is told by the signed file of the month (transparency.platforms), which says which
  actor ids are a platform's. What people do on the hosted pages, and what the service does, has other actors.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from idvault_verify.event import names_platform
from idvault_verify.period import Period
from idvault_verify.report import catalogue
from idvault_verify.report.figure import LoggedFigure, Measure

UNNAMED = ""
"""Whose misses those are that name no platform: of entries from before the second version of the leaf."""


def _is_missed(figure: LoggedFigure) -> bool:
    return all(names_platform(each.value) for each in figure.events)


MISSED: tuple[LoggedFigure, ...] = tuple(each for each in catalogue.logged_figures() if _is_missed(each))
"""The figures of missed deadlines."""
ACTS: tuple[LoggedFigure, ...] = tuple(
    each
    for each in catalogue.logged_figures()
    if each.measure is Measure.ENTRIES and not any(names_platform(kind.value) for kind in each.events)
)
"""The figures that are counted by actor."""
Counts = Mapping[str, int]
"""Numbers above 0, by figure."""


class LoggedEntry(Protocol):
    """What is counted of an entry of the log (transparency.entry)."""

    @property
    def type(self) -> str:
        """What happened."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When, to the minute."""
        ...

    @property
    def actor_id(self) -> str:
        """Who did it."""
        ...

    @property
    def platform(self) -> str:
        """Whose deadline passed."""
        ...


class ProviderCount:
    """The counts of one period by platform and by actor; entries may come in any order."""

    def __init__(self, period: Period, *, zone: tzinfo, edition: int) -> None:
        """Start with nothing. edition: of the report, which says which figures are counted."""
        self._missing = [each for each in MISSED if each.edition <= edition]
        self._acting = [each for each in ACTS if each.edition <= edition]
        self._start, self._end = period.start(zone), period.end(zone)
        self._missed: dict[str, dict[str, int]] = {}
        self._acts: dict[str, dict[str, int]] = {}

    def add(self, read: LoggedEntry) -> None:
        """Count an entry if it falls into the period."""
        if not self._start <= read.occurred_at < self._end:
            return
        table, whose = (self._acts, read.actor_id)
        if names_platform(read.type):
            table, whose = self._missed, read.platform
        counts = table.setdefault(whose, {})
        counts[read.type] = counts.get(read.type, 0) + 1

    def late(self) -> list[str]:
        """Return the names of the platforms that missed a deadline, without those that are not named."""
        return sorted(self._missed.keys() - {UNNAMED})

    def actors(self) -> set[str]:
        """Return who wrote entries."""
        return set(self._acts)

    def missed(self, platform: str) -> Counts:
        """Return what a platform missed; of UNNAMED what names nobody."""
        return _counts(self._missing, [self._missed.get(platform, {})])

    def acts(self, actors: Sequence[str]) -> Counts:
        """Return what these actors did together."""
        return _counts(self._acting, [self._acts.get(each, {}) for each in actors])


def _counts(figures: Sequence[LoggedFigure], tables: Sequence[Counts]) -> Counts:
    found = {
        each.name: sum(table.get(kind.value, 0) for table in tables for kind in each.events)
        for each in figures
    }
    return {name: count for name, count in found.items() if count}
