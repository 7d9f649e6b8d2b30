"""Sets and lists the standings of reporters.

What the worker does for reports: reminders, deletion of texts, and gauges.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.core.event_factory import EventFactory
from idvault.core.policy import TipOffPolicy
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModeratorSource
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.acts.tip_off import TipOffCall, maker, signed
from idvault.tip_off.ports import EventMaker, ReporterStore, TipOffStore
from idvault.tip_off.rules import Reporter, ReporterStanding
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR


@dataclass(kw_only=True, eq=False, repr=False)
class ReporterFlow:
    """Reporters as a platform sees them."""

    store: ReporterStore
    moderators: ModeratorSource
    fingerprinter: Fingerprinter
    guard: LogGuard
    events: EventFactory

    async def set_standing(
        self,
        call: TipOffCall,
        *,
        reporter_id: str,
        standing: ReporterStanding,
        limited_until: datetime | None,
        now: ClockReading,
    ) -> Reporter:
        """Set a reporter's standing; raises InvalidError, NotFoundError (REPORTER_NOT_FOUND) and others."""
        await self.guard.check(now=now)
        paper = await signed(self.moderators, call, now=now)
        return await self.store.set_standing(
            reporter_id=reporter_id,
            standing=standing,
            limited_until=limited_until,
            request=call.request(self.fingerprinter),
            make=maker(self.events, call.actor_id, now, paper=paper),
            now=now,
        )

    async def list(
        self,
        *,
        relying_party: str,
        standing: ReporterStanding | None,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> tuple[list[Reporter], str]:
        """Return a page of reporters as of now, and the last one's id if there are more, else ""."""
        found = await self.store.list(
            relying_party=relying_party, standing=standing, after=after, limit=limit + 1
        )
        page = [tip_off_rules.as_of(one, now=now.business) for one in found[:limit]]
        return page, page[-1].reporter_id if len(found) > limit else ""


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
