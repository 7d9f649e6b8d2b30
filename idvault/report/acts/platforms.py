"""Makes the file of a month's platforms: whose entries the log has, and who missed which deadlines.

- It is made from the entries up to the checkpoint of the month's published report, and belongs to that file.
- A platform is in it if it wrote an entry in the month, or missed a deadline; of its actor ids those that
  wrote one.
- It is not made if the database no longer gives the report's numbers: nothing signed contradicts the log.
"""

from dataclasses import dataclass
from hashlib import sha256

from idvault.report import store
from idvault.report.acts.sources import WINDOW, ReportSources, period_times
from idvault_verify.period import Period, month_of
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import EDITION, EntryCount
from idvault_verify.report.provider import MISSED, UNNAMED, ProviderCount
from idvault_verify.transparency import checkpoint, entry, note
from idvault_verify.transparency import platforms as platforms_file
from idvault_verify.transparency.platforms import PlatformEntries, Platforms
from idvault_verify.transparency.report import Report

_FIGURE_OF = {kind.value: each.name for each in MISSED for kind in each.events}
Missed = dict[str, dict[str, dict[str, int]]]
"""Missed deadlines by platform, figure, and month of filing."""


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """What the log's entries of a period tell: of all, of each platform, and when late cases were filed."""

    whole: EntryCount
    by_provider: ProviderCount
    missed: Missed


async def count(sources: ReportSources, period: Period, size: int, *, edition: int = EDITION) -> PeriodCount:
    """Return the counts of a period's entries up to a size of the log, each of which is read once.

    edition: of the report that has them.
    """
    times, missed = period_times(sources, period), Missed()
    whole = EntryCount(period, zone=sources.zone)
    by_provider = ProviderCount(period, zone=sources.zone, edition=edition)
    for start in range(0, size, WINDOW):
        end = min(start + WINDOW, size)
        for leaf, filed_at in await sources.read("leaves", store.leaves, start=start, end=end, **times):
            found = entry.decode_leaf(leaf)
            by_provider.add(found)
            whole.add(found.type, found.occurred_at)
            if filed_at is not None:
                month = month_of(filed_at.astimezone(sources.zone).date()).name
                figures = missed.setdefault(found.platform, {})
                months = figures.setdefault(_FIGURE_OF[found.type], {})
                months[month] = months.get(month, 0) + 1
    return PeriodCount(whole, by_provider, missed)


async def missed_by_platform(sources: ReportSources, period: Period) -> dict[str, dict[str, int]]:
    """Return what each platform missed in a period so far, by figure; under UNNAMED what names none."""
    counted = ProviderCount(period, zone=sources.zone, edition=EDITION)
    for leaf in await sources.read("misses", store.misses, **period_times(sources, period)):
        counted.add(entry.decode_leaf(leaf))
    return {name: dict(counted.missed(name)) for name in (*counted.late(), UNNAMED) if counted.missed(name)}


async def make(sources: ReportSources, report: Report, raw: bytes) -> Platforms | None:
    """Return the platforms of a month's report, of which raw is the file; None if the database has others.

    Raises PlatformsError if they make no file that a reader takes: one that is published stays for ever.
    """
    size = checkpoint.parse(note.parse(report.checkpoint.encode()).text).size
    log = await count(sources, report.period, size, edition=report.edition)
    counted = log.by_provider
    figures = [each for each in report_catalogue.logged_figures() if each.edition <= report.edition]
    if log.whole.values(figures) != report.logged or not _is_whole(log.missed, counted):
        return None
    actors: dict[str, list[str]] = {}
    for name, actor in await sources.read("actors", store.platform_actors):
        if actor in counted.actors():
            actors.setdefault(name, []).append(actor)
    titles = await sources.read("titles", store.platform_titles)
    made = Platforms(
        sha256(raw).hexdigest(),
        {
            name: PlatformEntries(
                titles.get(name, ""),
                tuple(sorted(actors.get(name, ()))),
                counted.acts(actors.get(name, ())),
                log.missed.get(name, {}),
            )
            for name in sorted({*actors, *counted.late()})
        },
        counted.missed(UNNAMED),
    )
    return platforms_file.parse(made.to_bytes())


async def filed_by_others(sources: ReportSources, log: PeriodCount) -> int:
    """Return how many reports by the public the log has whose actor is no platform's."""
    known = {actor for _, actor in await sources.read("actors", store.platform_actors)}
    filed = report_catalogue.BY_NAME["tip_offs.filed"]
    return log.whole.value(filed) - log.by_provider.acts([*known]).get(filed.name, 0)


def _is_whole(missed: Missed, counted: ProviderCount) -> bool:
    """Return whether the month of filing is known of every miss that names a platform."""
    return all(
        PlatformEntries(missed=missed.get(name, {})).total() == counted.missed(name)
        for name in counted.late()
    )
