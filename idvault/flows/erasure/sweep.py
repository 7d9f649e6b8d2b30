"""Carries out what erasures ask for when it is due: the worker's part.

- The shred key is destroyed before the act that says so. If the process dies between the two, the record does
  not open any more and the next run continues.
- When a step is carried out depends on times alone, so it tells nothing about disclosures.
"""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from idvault.domain.clock import ClockReading
from idvault.domain.erasure import Erasure, ErasureState
from idvault.domain.event import SYSTEM_ACTOR, Event, EventType
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.ports.erasure import ErasureLevels, ErasureStore, ShredDestroyer


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureSweep:
    """Sweeps that any number of processes may run at any time. delay: from ERASED to the destruction."""

    store: ErasureStore
    shred_keys: ShredDestroyer
    guard: LogGuard
    events: EventFactory
    delay: timedelta
    zone: tzinfo

    async def step(self, *, now: ClockReading, limit: int) -> int:
        """Carry out the steps that are due; return how many."""
        await self.guard.check(now=now)
        count = 0
        due = await self.store.due(now=now.business, limit=limit)
        # Accounts are erased first: that does not wait for the shred database.
        for found in sorted(due, key=lambda each: each.state is ErasureState.ERASED):
            erases = found.state is ErasureState.REQUESTED
            count += await (self._erase(found, now) if erases else self._destroy(found, now))
        return count

    async def release(self, *, now: ClockReading, limit: int) -> int:
        """Forget the persons of destroyed accounts that no sanction holds any more; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.releasable(limit=limit):
            # Not under the account, whose opening keys are destroyed.
            event = self.events.event(
                EventType.ERASURE_RELEASE, actor_id=SYSTEM_ACTOR, now=now, erasure_id=found.erasure_id
            )
            count += await self.store.release(found, event=event)
        return count

    async def levels(self, *, now: ClockReading) -> ErasureLevels:
        """Return what the operator watches."""
        return await self.store.levels(now=now.business)

    async def _erase(self, found: Erasure, now: ClockReading) -> bool:
        return await self.store.erase(
            found,
            delay=self.delay,
            today=now.today(self.zone),
            now=now,
            event=self._event(EventType.ERASURE_ERASE, found, now),
            claim_ended=self._event(EventType.CLAIM_ERASE, found, now),
        )

    async def _destroy(self, found: Erasure, now: ClockReading) -> bool:
        await self.shred_keys.destroy(account_token=found.account_token)
        return await self.store.destroy(
            found, now=now, event=self._event(EventType.ERASURE_DESTROY, found, now)
        )

    def _event(self, kind: EventType, found: Erasure, now: ClockReading) -> Event:
        return self.events.event(
            kind,
            actor_id=SYSTEM_ACTOR,
            now=now,
            account_token=found.account_token,
            erasure_id=found.erasure_id,
        )
