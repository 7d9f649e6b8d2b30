"""Publishes the statements of reasons of each week that has ended, by an allow-list of fields."""

from dataclasses import dataclass, field

from idvault.log.ports.log import Publication
from idvault.sanction.ports import StatementStore
from idvault.sanction.rules import publication as rules
from idvault.sanction.rules.publication import StatementWeek
from idvault.verify.clock import ClockReading


def path_of(week: StatementWeek) -> str:
    """Return the path of a week's file in the public directory."""
    return f"report/statements/{week.label}.ndjson"


@dataclass(kw_only=True, eq=False, repr=False)
class StatementFlow:
    """What any number of workers may run at any time: a file is written once and never changed."""

    store: StatementStore
    files: Publication
    _done: StatementWeek | None = field(default=None, init=False)

    async def publish(self, *, now: ClockReading) -> int:
        """Write the files of weeks that have ended and have none; return how many."""
        newest = rules.newest(now=now.business)
        if self._done is not None and self._done >= newest:
            return 0
        week, written = await self._first(newest), 0
        while week <= newest:
            written += await self._write(week)
            week = week.following()
        self._done = newest
        return written

    async def _first(self, newest: StatementWeek) -> StatementWeek:
        """Return the first week that has a sanction; one that has not ended if there is none."""
        begun = await self.store.first()
        return newest.following() if begun is None else rules.week_of(begun)

    async def _write(self, week: StatementWeek) -> bool:
        path = path_of(week)
        if await self.files.read(path) is not None:
            return False
        content = rules.render(counts=await self.store.counts(week), week=week)
        return await self.files.replace(path, former=None, content=content)
