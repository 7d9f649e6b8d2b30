"""Makes a transparency report: what the log tells up to one checkpoint, and the rest, suppressed.

- The logged figures are counted from the entries that the newest complete checkpoint covers. If the period is
  over, it must cover all entries of the period.
- Breakdowns are made for each calendar month that is over. If the month has been published, they are taken
  from there: two reports never tell different counts of one month.
- A breakdown whose cells are more than its logged total is left out: database and log disagree.

Counts what happened to everything that began in one month at a relying party.

Publishes the report of each month and quarter that has ended, each once, in the public directory.

- The JSON file is written first and never replaced: of several workers one wins, and longer reports and pages
  are made from the published file. The note of the log's key and the pages follow; what an interrupted worker
  has left out is completed.
- A month is published a quarter of an hour after its end, so that every act of the month has its entry. A
  quarter follows its three months.
- The first month is that of the log's first entry. After an outage, every month that is missing is published.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from idvault.log.ports import CheckpointStore, Publication, PublicFiles
from idvault.report.acts import page as report_page
from idvault.report.ports import MonthStore, ReportStore
from idvault.report.rules import catalogue as report_catalogue
from idvault.report.rules import figure as report_figure
from idvault.report.rules.figure import (
    EDITION,
    OTHER,
    Breakdown,
    Duration,
    EntryCount,
    Language,
    MonthFigures,
    WeekInMonth,
)
from idvault.sanction import rules as sanction_rules
from idvault.verify import period as periods
from idvault.verify import suppression
from idvault.verify.clock import ClockReading
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.period import Period, month_of
from idvault.verify.suppression import Cells, Elsewhere
from idvault.verify.transparency import checkpoint, entry, note
from idvault.verify.transparency import report as report_file
from idvault.verify.transparency.note import NoteSigner
from idvault.verify.transparency.report import Hours, Report

FOLDER = "report"
# Decoding a window takes some 20 ms, in which the worker does nothing else.
_WINDOW = 2_000
_HOUR = 3_600
_LONGEST_TEXT = 100


def path_of(period: Period, ending: str) -> str:
    """Return the path of a published report. ending: such as json, note or html."""
    return f"{FOLDER}/{period.name}.{ending}"


@dataclass(kw_only=True, eq=False, repr=False)
class ReportFlow:
    """Makes reports. published: the public directory, None to count every month again."""

    store: ReportStore
    complete: CheckpointStore
    zone: ZoneInfo
    published: PublicFiles | None = None
    _running: tuple[Period, int, EntryCount] | None = field(default=None, init=False)

    async def make(self, period: Period, *, now: ClockReading) -> Report:
        """Return the report of a period.

        Raises UnavailableError (LOG_UNAVAILABLE) before the first checkpoint, and while an entry of an ended
        period has no checkpoint.
        """
        raw, size = await self._checkpoint(period, now)
        tally = await self._tally(period, size)
        return Report(
            edition=EDITION,
            period=period,
            zone=self.zone.key,
            made=now.business,
            checkpoint=raw.decode(),
            logged=tally.values(report_catalogue.logged_figures()),
            breakdowns=await self._breakdowns(period, tally, size, now),
            levels=await self._levels(),
            durations=await self._durations(period, tally),
        )

    async def _checkpoint(self, period: Period, now: ClockReading) -> tuple[bytes, int]:
        raw = await self.complete.latest()
        if raw is None:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        size = checkpoint.parse(note.parse(raw).text).size
        since, until = self._times(period)
        if now.business >= until and await self.store.is_uncovered(size=size, since=since, until=until):
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return raw, size

    def _times(self, period: Period) -> tuple[datetime, datetime]:
        return period.start(self.zone), period.end(self.zone)

    async def so_far(self, size: int, *, now: ClockReading) -> tuple[Period, EntryCount]:
        """Return the running month and its count up to this size; only entries that are new are read."""
        month = month_of(now.today(self.zone))
        if self._running is None or self._running[0] != month or self._running[1] > size:
            self._running = (month, 0, EntryCount(month, zone=self.zone))
        _, begin, count = self._running
        await self._count(count, month, begin, size)
        self._running = (month, size, count)
        return month, count

    async def _tally(self, period: Period, size: int) -> EntryCount:
        count = EntryCount(period, zone=self.zone)
        await self._count(count, period, 0, size)
        return count

    async def _count(self, count: EntryCount, period: Period, begin: int, size: int) -> None:
        since, until = self._times(period)
        for start in range(begin, size, _WINDOW):
            end = min(start + _WINDOW, size)
            for leaf in await self.store.leaves(start=start, end=end, since=since, until=until):
                found = entry.decode_leaf(leaf)
                count.add(found.type, found.occurred_at)

    async def _breakdowns(
        self, period: Period, tally: EntryCount, size: int, now: ClockReading
    ) -> Mapping[str, Cells | None]:
        months = period.months()
        if months is None or now.business < period.end(self.zone):
            return {each.name: None for each in report_catalogue.breakdowns()}
        if months == (period,):
            return await self._of_month(period, tally, now)
        made = [await self._of_month(month, await self._tally(month, size), now) for month in months]
        return {
            each.name: _added([month.get(each.name) for month in made])
            for each in report_catalogue.breakdowns()
        }

    async def _published(self, month: Period) -> Mapping[str, Cells | None] | None:
        """Return the breakdowns of a month that has been published, None if it has not."""
        raw = None if self.published is None else await self.published.read(path_of(month, "json"))
        return None if raw is None else report_file.parse(raw).breakdowns

    async def _of_month(
        self, month: Period, tally: EntryCount, now: ClockReading
    ) -> Mapping[str, Cells | None]:
        if (there := await self._published(month)) is not None:
            return there
        since, until = self._times(month)
        weeks = await self._weeks(since, until, now)
        return {
            each.name: _cells(
                each,
                await self.store.breakdown(each.name, since=since, until=until),
                report_figure.elsewhere(weeks, field=each.told_by) if each.told_by else {},
                total=tally.value(report_catalogue.BY_NAME[each.total]),
            )
            for each in report_catalogue.breakdowns()
        }

    async def _weeks(self, since: datetime, until: datetime, now: ClockReading) -> list[WeekInMonth]:
        """Return the weeks of published statements that the month touches."""
        weeks, week = [], sanction_rules.week_of(since)
        while week.begin < until:
            begin, end = max(since, week.begin), min(until, week.end)
            whole = await self.store.statements(since=week.begin, until=week.end)
            within = await self.store.statements(since=begin, until=end)
            weeks.append(WeekInMonth(whole, within, week <= sanction_rules.newest(now=now.business)))
            week = week.following()
        return weeks

    async def _levels(self) -> Mapping[str, Mapping[str, int]]:
        found = {}
        for each in report_catalogue.levels():
            counts = await self.store.level(each.name)
            found[each.name] = {cell: suppression.round_down(counts.get(cell, 0)) for cell in each.cells}
        return found

    async def _durations(self, period: Period, tally: EntryCount) -> Mapping[str, Hours | None]:
        since, until = self._times(period)
        is_month = period.months() == (period,)
        return {
            each.name: _hours(await self.store.durations(each.name, since=since, until=until), each, tally)
            if is_month
            else None
            for each in report_catalogue.durations()
        }


def _added(months: Sequence[Cells | None]) -> Cells | None:
    known = [month for month in months if month is not None]
    return suppression.add_up(known) if len(known) == len(months) else None


def _cells(
    breakdown: Breakdown, counts: Mapping[str, int], elsewhere: Mapping[str, Elsewhere], *, total: int
) -> Cells | None:
    """Return the cells of a month; None if they are more than the log has entries."""
    if breakdown.by_text:
        texts = {text: count for text, count in counts.items() if _is_common(text, count)}
        return None if sum(texts.values()) > total else suppression.common(texts, rest=OTHER, total=total)
    named = {cell: counts.get(cell, 0) for cell in breakdown.cells}
    rest = total - sum(named.values())
    return None if rest < 0 else suppression.suppress({OTHER: rest, **named}, elsewhere)


def _is_common(text: str, count: int) -> bool:
    """Return whether a text may be a cell: it occurs often enough to name no single case, and is short."""
    return count >= suppression.FEWEST and text.isprintable() and 0 < len(text) <= _LONGEST_TEXT


def _hours(seconds: Sequence[float], duration: Duration, tally: EntryCount) -> Hours | None:
    """Return median and 90th percentile, None for too few cases or if the log has fewer."""
    if len(seconds) < suppression.FEWEST or len(seconds) > tally.value(
        report_catalogue.BY_NAME[duration.total]
    ):
        return None
    ordered = sorted(seconds)
    places = (ceil(len(ordered) * share) - 1 for share in (0.5, 0.9))
    return Hours(*(ceil(ordered[place] / _HOUR) for place in places))


@dataclass(kw_only=True, eq=False, repr=False)
class MonthFlow:
    """Figures of months. zone: the deployment's time zone."""

    store: MonthStore
    zone: tzinfo

    async def count(self, *, relying_party: str, month: str, now: ClockReading) -> MonthFigures:
        """Return the figures of a month, of the present one if month is empty; raises InvalidError."""
        asked = report_figure.read(month, today=now.today(self.zone))
        which: dict[str, Any] = {
            "relying_party": relying_party,
            "since": asked.start(self.zone),
            "until": asked.end(self.zone),
        }
        return MonthFigures(
            asked,
            tip_offs=await self.store.tip_offs(**which, now=now),
            sanctions=await self.store.sanctions(**which, now=now),
            appeals=await self.store.appeals(**which, now=now),
            applications=await self.store.applications(**which),
            contests=await self.store.contests(**which, now=now),
        )


_GRACE = timedelta(minutes=15)


@dataclass(kw_only=True, eq=False, repr=False)
class ReportPublicationFlow:
    """The reports in one public directory."""

    reports: ReportFlow
    files: Publication
    signer: NoteSigner
    _done: set[str] = field(default_factory=set, init=False)

    async def run(self, *, now: ClockReading) -> None:
        """Publish what is due; raises UnavailableError."""
        async for period in self._ended(now):
            if period.name not in self._done:
                raw = await self.files.read(path_of(period, "json"))
                await self._complete(period, raw or await self._publish(period, now))
                self._done.add(period.name)

    async def _ended(self, now: ClockReading) -> AsyncIterator[Period]:
        """Yield the months that have ended, each quarter after its last month."""
        first = await self.reports.store.first_entry_at()
        if first is None:
            return
        zone = self.reports.zone
        month = periods.month_of(first.astimezone(zone).date())
        while now.business >= month.end(zone) + _GRACE:
            yield month
            quarter = periods.quarter_of(month.first)
            if quarter.last == month.last:
                yield quarter
            month = periods.next_month(month)

    async def _publish(self, period: Period, now: ClockReading) -> bytes:
        made = (await self.reports.make(period, now=now)).to_bytes()
        path = path_of(period, "json")
        await self.files.replace(path, former=None, content=made)
        # Another worker may have been faster.
        return await self.files.read(path) or made

    async def _complete(self, period: Period, raw: bytes) -> None:
        if await self.files.read(path_of(period, "note")) is None:
            await self.files.write(path_of(period, "note"), report_file.sign(raw, self.signer))
        made: Report = report_file.parse(raw)
        for language in Language:
            path = path_of(period, f"{language.value}.html")
            if await self.files.read(path) is None:
                await self.files.write(path, report_page.render(made, language=language).encode())
