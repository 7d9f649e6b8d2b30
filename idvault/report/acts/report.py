"""Makes a transparency report: what the log tells up to one checkpoint, and the rest, suppressed.

- The logged figures are counted from the entries that the newest complete checkpoint covers. If the period is
  over, it must cover all entries of the period.
- Breakdowns are made for each calendar month that is over. If the month has been published, they are taken
  from there: two reports never tell different counts of one month.
- A breakdown whose cells are more than its logged total is left out: database and log disagree.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import partial
from math import ceil
from typing import Any, TypeVar

from idvault.core.act import Vault
from idvault.log.acts import stored_log
from idvault.log.ports import Publication
from idvault.report import rules as report_rules
from idvault.report import store
from idvault.report.acts import page as report_page
from idvault.report.acts import platforms as report_platforms
from idvault.report.acts import provider_page
from idvault.report.acts.platforms import PeriodCount
from idvault.report.acts.sources import (
    PLATFORMS,
    PLATFORMS_NOTE,
    WINDOW,
    ReportSources,
    path_of,
    period_times,
)
from idvault.report.rules import MonthFigures, WeekInMonth
from idvault.sanction import rules as sanction_rules
from idvault_verify import period as periods
from idvault_verify import suppression
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.period import Period, month_of
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import EDITION, OTHER, Breakdown, Duration, EntryCount, Language
from idvault_verify.report.provider import ProviderCount
from idvault_verify.suppression import Cells, Elsewhere
from idvault_verify.transparency import checkpoint, entry, note
from idvault_verify.transparency import platforms as platforms_file
from idvault_verify.transparency import report as report_file
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.platforms import Platforms
from idvault_verify.transparency.report import Hours, Report

T = TypeVar("T")

_HOUR = 3_600
_LONGEST_TEXT = 100


@dataclass(kw_only=True, eq=False, repr=False)
class RunningMonth:
    """The count of the month that has not ended; only entries that are new are read."""

    sources: ReportSources
    _counted: tuple[Period, int, EntryCount, ProviderCount] | None = field(default=None, init=False)

    async def up_to(self, size: int, *, now: ClockReading) -> tuple[Period, EntryCount, ProviderCount]:
        """Return the month, its count up to this size of the log, and that of each platform."""
        zone = self.sources.zone
        month = month_of(now.today(zone))
        if self._counted is None or self._counted[0] != month or self._counted[1] > size:
            providers = ProviderCount(month, zone=zone, edition=EDITION)
            self._counted = (month, 0, EntryCount(month, zone=zone), providers)
        _, begin, count, providers = self._counted
        times = period_times(self.sources, month)
        for start in range(begin, size, WINDOW):
            end = min(start + WINDOW, size)
            for leaf, _ in await self.sources.read("leaves", store.leaves, start=start, end=end, **times):
                found = entry.decode_leaf(leaf)
                count.add(found.type, found.occurred_at)
                providers.add(found)
            # An interruption must not count an entry twice.
            self._counted = (month, end, count, providers)
        return month, count, providers


async def make(sources: ReportSources, period: Period, *, now: ClockReading) -> Report:
    """Return the report of a period.

    Raises UnavailableError (LOG_UNAVAILABLE) before the first checkpoint, and while an entry of an ended
    period has no checkpoint.
    """
    raw, size = await _checkpoint(sources, period, now)
    log = await report_platforms.count(sources, period, size)
    return Report(
        edition=EDITION,
        period=period,
        zone=sources.zone.key,
        made=now.business,
        checkpoint=raw.decode(),
        logged=log.whole.values(report_catalogue.logged_figures()),
        breakdowns=await _breakdowns(sources, period, log, size, now),
        levels=await _levels(sources),
        durations=await _durations(sources, period, log.whole),
    )


async def _checkpoint(sources: ReportSources, period: Period, now: ClockReading) -> tuple[bytes, int]:
    raw = await stored_log.latest_note(sources.shred)
    if raw is None:
        raise UnavailableError(Reason.LOG_UNAVAILABLE)
    size = checkpoint.parse(note.parse(raw).text).size
    if now.business >= period.end(sources.zone):
        times = period_times(sources, period)
        if await sources.read("is_uncovered", store.is_uncovered, size=size, **times):
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
    return raw, size


async def _breakdowns(
    sources: ReportSources, period: Period, log: PeriodCount, size: int, now: ClockReading
) -> Mapping[str, Cells | None]:
    months = period.months()
    if months is None or now.business < period.end(sources.zone):
        return {each.name: None for each in report_catalogue.breakdowns()}
    if months == (period,):
        return await _published(sources, period) or await _of_month(sources, period, log, now)
    made = []
    for month in months:
        there = await _published(sources, month)
        if there is None:
            there = await _of_month(sources, month, await report_platforms.count(sources, month, size), now)
        made.append(there)
    return {
        each.name: _added([month.get(each.name) for month in made]) for each in report_catalogue.breakdowns()
    }


async def _published(sources: ReportSources, month: Period) -> Mapping[str, Cells | None] | None:
    """Return the breakdowns of a month that has been published, None if it has not."""
    raw = None if sources.published is None else await sources.published.read(path_of(month, "json"))
    return None if raw is None else report_file.parse(raw).breakdowns


async def _of_month(
    sources: ReportSources, month: Period, log: PeriodCount, now: ClockReading
) -> Mapping[str, Cells | None]:
    times = period_times(sources, month)
    weeks = await _weeks(sources, now, **times)
    others = await report_platforms.filed_by_others(sources, log)
    made = {}
    for each in report_catalogue.breakdowns():
        if each.name in store.PARTS:
            counts = report_rules.texts(await sources.read("parts", store.parts, each.name, **times))
        else:
            counts = await sources.read("breakdown", store.breakdown, each.name, **times)
        known = report_rules.elsewhere(weeks, field=each.told_by) if each.told_by else {}
        if each.name == report_rules.CHANNEL:
            known = report_rules.by_form(counts, others=others)
        total = log.whole.value(report_catalogue.BY_NAME[each.total])
        made[each.name] = _cells(each, counts, known, total=total)
    return made


async def _weeks(
    sources: ReportSources, now: ClockReading, *, since: datetime, until: datetime
) -> list[WeekInMonth]:
    """Return the weeks of published statements that the month touches."""
    weeks, week = [], sanction_rules.week_of(since)
    while week.begin < until:
        begin, end = max(since, week.begin), min(until, week.end)
        whole = await sources.read("statements", store.statements, since=week.begin, until=week.end)
        within = await sources.read("statements", store.statements, since=begin, until=end)
        weeks.append(WeekInMonth(whole, within, week <= sanction_rules.newest(now=now.business)))
        week = week.following()
    return weeks


async def _levels(sources: ReportSources) -> Mapping[str, Mapping[str, int]]:
    found = {}
    for each in report_catalogue.levels():
        counts = await sources.read("level", store.level, each.name)
        found[each.name] = {cell: suppression.round_down(counts.get(cell, 0)) for cell in each.cells}
    return found


async def _durations(sources: ReportSources, period: Period, tally: EntryCount) -> Mapping[str, Hours | None]:
    if period.months() != (period,):
        return {each.name: None for each in report_catalogue.durations()}
    times = period_times(sources, period)
    return {
        each.name: _hours(await sources.read("durations", store.durations, each.name, **times), each, tally)
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


async def month_figures(
    vault: Vault, party: str, month: str, *, zone: tzinfo, now: ClockReading
) -> MonthFigures:
    """Return the figures of a month, of the present one if month is empty; raises InvalidError."""
    asked = report_rules.read_figures(month, today=now.today(zone))
    since, until = asked.start(zone), asked.end(zone)

    async def read(name: str, work: Callable[..., Coroutine[Any, Any, T]], **more: datetime) -> T:
        return await vault.read(
            f"month.{name}", lambda one: work(one, party, since=since, until=until, **more)
        )

    return MonthFigures(
        asked,
        tip_offs=await read("tip_offs", store.month_tip_offs, now=now.business),
        sanctions=await read("sanctions", store.month_sanctions, now=now.business),
        appeals=await read("appeals", store.month_appeals, now=now.business),
        applications=await read("applications", store.month_applications),
        contests=await read("contests", store.month_contests, now=now.business),
        reinstatements=await read("reinstatements", store.month_reinstatements, now=now.business),
        content_measures=await read("content_measures", store.month_content_measures),
        content_appeals=await read("content_appeals", store.month_content_appeals, now=now.business),
    )


_GRACE = timedelta(minutes=15)


async def publish(
    sources: ReportSources, files: Publication, signer: NoteSigner, *, done: set[str], now: ClockReading
) -> None:
    """Publish what is due; raises UnavailableError. done: the names of the periods that need no look.

    - The JSON file is written first and never replaced: of several workers one wins, and longer reports and
      pages are made from the published file. The note of the log's key, the file of a month's platforms with
      its note, and the pages follow; what an interrupted worker has left out is completed.
    - A month is published a quarter of an hour after its end, so that every act of the month has its entry. A
      quarter follows its three months.
    - The first month is that of the log's first entry. After an outage, every month that is missing is
      published.
    """
    async for period in _ended(sources, now):
        if period.name not in done:
            raw = await files.read(path_of(period, "json"))
            raw = raw or await _publish(sources, files, period, now)
            await _complete(sources, files, signer, period, raw)
            done.add(period.name)


async def _ended(sources: ReportSources, now: ClockReading) -> AsyncIterator[Period]:
    """Yield the months that have ended, each quarter after its last month."""
    first = await sources.read("first_entry", store.first_entry_at)
    if first is None:
        return
    zone = sources.zone
    month = periods.month_of(first.astimezone(zone).date())
    while now.business >= month.end(zone) + _GRACE:
        yield month
        quarter = periods.quarter_of(month.first)
        if quarter.last == month.last:
            yield quarter
        month = periods.next_month(month)


async def _publish(sources: ReportSources, files: Publication, period: Period, now: ClockReading) -> bytes:
    made = (await make(sources, period, now=now)).to_bytes()
    path = path_of(period, "json")
    await files.replace(path, former=None, content=made)
    # Another worker may have been faster.
    return await files.read(path) or made


async def _complete(
    sources: ReportSources, files: Publication, signer: NoteSigner, period: Period, raw: bytes
) -> None:
    if await files.read(path_of(period, "note")) is None:
        await files.write(path_of(period, "note"), report_file.sign(raw, signer))
    made: Report = report_file.parse(raw)
    platforms = None
    if period.months() == (period,):
        platforms = await _complete_platforms(sources, files, signer, made, raw)
    named = platforms.platforms if platforms else {}
    for language in Language:
        # The page that links to the others comes last.
        for name, each in named.items():
            page = partial(provider_page.render, made, name, each, language=language)
            await _add(files, path_of(period, f"{name}.{language.value}.html"), page)
        shown = partial(report_page.render, made, language=language, platforms=list(named))
        await _add(files, path_of(period, f"{language.value}.html"), shown)


async def _add(files: Publication, path: str, render: Callable[[], str]) -> None:
    """Publish a page unless it is there: a worker that starts looks at every month."""
    if await files.read(path) is None:
        await files.write(path, render().encode())


async def _complete_platforms(
    sources: ReportSources, files: Publication, signer: NoteSigner, made: Report, raw: bytes
) -> Platforms | None:
    """Publish the file of a month's platforms and its note, unless they are there; None if there is none."""
    path = path_of(made.period, PLATFORMS)
    data = await files.read(path)
    if data is None:
        platforms = await report_platforms.make(sources, made, raw)
        if platforms is None:
            return None
        await files.replace(path, former=None, content=platforms.to_bytes())
        # Another worker may have been faster.
        data = await files.read(path) or platforms.to_bytes()
    beside = path_of(made.period, PLATFORMS_NOTE)
    if await files.read(beside) is None:
        await files.write(beside, platforms_file.sign(data, signer))
    return platforms_file.parse(data)
