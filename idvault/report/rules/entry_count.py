"""Counts the entries of the public log that fall into a period: all that is needed for the logged figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from idvault.report.rules.figure import LoggedFigure, Measure
from idvault.verify.period import Period

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
