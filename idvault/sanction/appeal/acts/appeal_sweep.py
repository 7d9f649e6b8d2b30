"""Notes which appeals are overdue, and deletes the texts of those that were decided long ago."""

from collections.abc import Callable
from dataclasses import dataclass

from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.sanction.appeal.ports import AppealStore
from idvault.sanction.appeal.rules import Appeal
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType


@dataclass(kw_only=True, eq=False, repr=False)
class AppealSweep:
    """Sweeps that any number of processes may run at any time. observe: gets how many appeals are overdue."""

    store: AppealStore
    guard: LogGuard
    events: EventFactory
    observe: Callable[[int], None]

    async def note_overdue(self, *, now: ClockReading, limit: int) -> int:
        """Log each appeal that has become overdue, once; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.undecided(now=now, limit=limit):
            event = overdue_event(self.events, found, now)
            count += await self.store.note_overdue(found, now=now, event=event)
        return count

    async def delete_texts(self, *, now: ClockReading, limit: int) -> int:
        """Delete the texts that are due, each with its log entry; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.deletable(now=now, limit=limit):
            event = _event(self.events, EventType.APPEAL_DELETE, found, now)
            count += await self.store.delete_text(found, now=now, event=event)
        return count

    async def count(self, *, now: ClockReading) -> None:
        """Observe how many appeals are overdue."""
        self.observe(await self.store.overdue(now=now))


def overdue_event(events: EventFactory, appeal: Appeal, now: ClockReading) -> Event:
    """Return the event of an appeal that was not decided in time."""
    return _event(events, EventType.APPEAL_OVERDUE, appeal, now)


def _event(events: EventFactory, kind: EventType, appeal: Appeal, now: ClockReading) -> Event:
    return events.event(
        kind,
        actor_id=SYSTEM_ACTOR,
        now=now,
        account_token=appeal.account_token,
        appeal_id=appeal.appeal_id,
    )
