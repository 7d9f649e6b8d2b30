"""Carries out what erasures ask for when it is due: the worker's part.

The destruction has four acts, in this order. Each can be repeated. A process that dies between two of them
leaves the erasure ERASED, and the next one begins with the first again.

1. The shred key is deleted, in its own database. From here on the record does not open.
2. What is left of the record is deleted in the main database.
3. The bytes of both are removed from the files of the running databases. While a reader keeps a file, the
   erasure waits, and others go on.
4. The act that says so, with its log entry.

When a step is carried out depends on times alone, and on who reads the files: it tells nothing about
disclosures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from time import perf_counter

from idvault.erasure import rules
from idvault.erasure.ports import ErasureLevels, ErasureStore, Remnants, ShredDestroyer
from idvault.erasure.rules import Erasure
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.verify.clock import ClockReading
from idvault.verify.erasure import ErasureState
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType

LOOK_PAUSE = timedelta(seconds=30)
"""Between two looks at files of which the first found some that were kept: a look makes writers wait."""


@dataclass(kw_only=True, eq=False, repr=False)
class ErasureSweep:
    """Sweeps that any number of processes may run at any time. delay: from ERASED to the destruction."""

    store: ErasureStore
    shred_keys: ShredDestroyer
    remnants: Remnants
    guard: LogGuard
    events: EventFactory
    delay: timedelta
    zone: tzinfo
    kept: int = field(default=0, init=False)
    """How many destructions waited for files when this process looked last."""
    _deleted: set[str] = field(default_factory=set, init=False)
    _looked_at: datetime | None = field(default=None, init=False)

    async def step(self, *, now: ClockReading, limit: int) -> int:
        """Carry out the steps that are due; return how many."""
        begun = perf_counter()
        await self.guard.check(now=now)
        count = 0
        # Accounts are erased first: that waits neither for the shred database nor for files.
        for found in await self.store.due(state=ErasureState.REQUESTED, now=now.business, limit=limit):
            count += await self._erase(found, now)
        due = await self.store.due(state=ErasureState.ERASED, now=now.business, limit=limit)
        await self._delete(due, now)
        return count + await self._tell(due, now, begun)

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

    async def _delete(self, due: Sequence[Erasure], now: ClockReading) -> None:
        """Delete keys and records, once in each process; a new one cannot know what another has done."""
        self._deleted &= {found.erasure_id for found in due}
        for found in due:
            if found.erasure_id not in self._deleted:
                await self.shred_keys.destroy(account_token=found.account_token)
                await self.store.clear(found, now=now)
                self._deleted.add(found.erasure_id)
                self._looked_at = None

    async def _tell(self, due: Sequence[Erasure], now: ClockReading, begun: float) -> int:
        """Complete the destructions of which no file holds anything any more; return how many."""
        if not due or (self._looked_at is not None and abs(now.real - self._looked_at) < LOOK_PAUSE):
            self.kept = self.kept if due else 0
            return 0
        absence = await self.remnants.look([found.account_token for found in due])
        told = [found for found in due if found.account_token in absence.account_tokens]
        self.kept = len(due) - len(told)
        self._looked_at = now.real if self.kept else None
        # What came before the look took time, too: the look ended that long after `now`.
        passed = timedelta(seconds=perf_counter() - begun)
        since = rules.promised_from(now=now.business, passed=passed) if absence.promised else None
        count = 0
        for found in told:
            event = self._event(EventType.ERASURE_DESTROY, found, now)
            count += await self.store.destroy(found, absent_from=since, now=now, event=event)
        if told:
            await self.remnants.tidy()
        return count

    def _event(self, kind: EventType, found: Erasure, now: ClockReading) -> Event:
        return self.events.event(
            kind,
            actor_id=SYSTEM_ACTOR,
            now=now,
            account_token=found.account_token,
            erasure_id=found.erasure_id,
        )
