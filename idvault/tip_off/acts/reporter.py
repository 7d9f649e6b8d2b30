"""Sets and lists the standings of reporters."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.request import Fingerprinter
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts.moderator import ModeratorSource
from idvault.tip_off.acts.call import TipOffCall, maker, signed
from idvault.tip_off.ports import ReporterStore
from idvault.tip_off.rules import reporter as rules
from idvault.tip_off.rules.reporter import Reporter, ReporterStanding
from idvault.verify.clock import ClockReading


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
