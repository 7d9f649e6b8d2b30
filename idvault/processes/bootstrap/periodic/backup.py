"""Builds the worker's task that looks for records without a shred key."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idvault.core.db.database import Database
from idvault.core.loop import Task
from idvault.core.telemetry.vitals import Vitals
from idvault.processes.backup import record_walk
from idvault.processes.bootstrap.base import Base
from idvault_verify.clock import ClockReading

_PERIOD = 60.0
# A step takes a tenth of a second of a core; a million records take 50 of them.
_STEP = 20_000
# What only a restore can cause need not be looked for all the time.
_REST = timedelta(hours=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True, eq=False, repr=False)
class UnkeyedCount:
    """Counts the records without a shred key, a step a minute, and rests an hour after each round."""

    main: Database
    shred: Database
    vitals: Vitals
    step: int = _STEP
    _after: str = ""
    _count: int = 0
    _shown: int = -1
    _next: datetime = _LONG_AGO

    async def look(self, now: ClockReading) -> None:
        """Run a step. A whole round sets the metric; within one it is only raised."""
        if now.real < self._next:
            return
        found = await record_walk.walk(self.main, self.shred, after=self._after, most=self.step)
        self._after, self._count = found.after, self._count + len(found.unkeyed)
        if not found.after or self._count > max(self._shown, 0):
            self._shown = self._count
            self.vitals.records_without_key(self._count)
        if not found.after:
            self._count, self._next = 0, now.real + _REST


def backup_tasks(base: Base) -> list[Task]:
    """Return the worker's task that counts records without a shred key."""
    count = UnkeyedCount(main=base.main, shred=base.shred, vitals=base.metrics.vitals)
    return [Task("count_unkeyed_records", _PERIOD, count.look)]
