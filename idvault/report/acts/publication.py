"""Publishes the report of each month and quarter that has ended, each once, in the public directory.

- The JSON file is written first and never replaced: of several workers one wins, and longer reports and pages
  are made from the published file. The note of the log's key and the pages follow; what an interrupted worker
  has left out is completed.
- A month is published a quarter of an hour after its end, so that every act of the month has its entry. A
  quarter follows its three months.
- The first month is that of the log's first entry. After an outage, every month that is missing is published.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

from idvault.log.ports.log import Publication
from idvault.report.acts import page
from idvault.report.acts.report import ReportFlow, path_of
from idvault.report.rules.figure import Language
from idvault.verify import period as periods
from idvault.verify.clock import ClockReading
from idvault.verify.period import Period
from idvault.verify.transparency import report as report_file
from idvault.verify.transparency.note import NoteSigner
from idvault.verify.transparency.report import Report

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
                await self.files.write(path, page.render(made, language=language).encode())
