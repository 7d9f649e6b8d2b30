"""What the worker does for reports: reminders, deletion of texts, and gauges."""

from dataclasses import dataclass
from datetime import timedelta

from idvault.core.policy import TipOffPolicy
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.tip_off.acts.call import maker
from idvault.tip_off.ports import EventMaker, TipOffStore
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffSchedule:
    """Sweeps that any number of processes may run at any time."""

    store: TipOffStore
    guard: LogGuard
    events: EventFactory
    policy: TipOffPolicy

    async def remind(self, *, now: ClockReading, limit: int) -> int:
        """Write the reminders that are due; return for how many reports."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.due(now=now, limit=limit):
            count += await self.store.remind(found, make=self._maker(now), now=now)
        return count

    async def delete_texts(self, *, now: ClockReading, limit: int) -> int:
        """Delete the texts of reports that were closed long enough ago; return of how many."""
        await self.guard.check(now=now)
        before = now.business - timedelta(days=self.policy.retention_days)
        count = 0
        for found in await self.store.kept_too_long(before=before, limit=limit):
            count += await self.store.delete_texts(found, make=self._maker(now), now=now)
        return count

    async def purge(self, *, now: ClockReading) -> int:
        """Delete old counts of tries and forms, and ordinary reporters who have not reported for as long."""
        await self.guard.check(now=now)
        today = now.today(self.policy.zone)
        before = today - timedelta(days=self.policy.retention_days)
        return await self.store.purge(before=before, today=today, make=self._maker(now), now=now)

    def _maker(self, now: ClockReading) -> EventMaker:
        return maker(self.events, SYSTEM_ACTOR, now)
