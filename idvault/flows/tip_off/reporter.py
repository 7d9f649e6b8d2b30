"""Sets and lists the standings of reporters."""

from dataclasses import dataclass
from datetime import datetime

from idvault.domain.clock import ClockReading
from idvault.domain.tip_off import reporter as rules
from idvault.domain.tip_off.reporter import Reporter, ReporterStanding
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.sanction.moderator import ModeratorSource
from idvault.flows.tip_off.call import TipOffCall, maker, signed
from idvault.ports.sealing import Fingerprinter
from idvault.ports.tip_off import ReporterStore


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
        page = [rules.as_of(one, now=now.business) for one in found[:limit]]
        return page, page[-1].reporter_id if len(found) > limit else ""
