"""Stores that sanctions have ended by themselves, and names the event of each change."""

from dataclasses import dataclass

from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.sanction.ports import SanctionStore
from idvault.sanction.rules.sanction import Sanction
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.sanction import SanctionState, Scope


@dataclass(kw_only=True, eq=False, repr=False)
class LapseFlow:
    """Sweeps that any number of processes may run at any time."""

    store: SanctionStore
    guard: LogGuard
    events: EventFactory

    async def lapse(self, *, now: ClockReading, limit: int) -> int:
        """Store the lapses that are due; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.due(now=now, limit=limit):
            verb = "expire" if found.state is SanctionState.PROPOSED else "lapse"
            event = event_of(self.events, found, verb, SYSTEM_ACTOR, now)
            count += await self.store.lapse(found, now=now, event=event)
        return count

    async def release(self, *, now: ClockReading, limit: int) -> int:
        """End what accounts follow of ended sanctions; return how many were due."""
        await self.guard.check(now=now)
        count = 0
        for due in await self.store.due_followers(now=now, limit=limit):
            event = self.events.event(
                EventType.PERSON_FOLLOW, actor_id=SYSTEM_ACTOR, now=now, account_token=due.account_token
            )
            count += await self.store.release(due, now=now, event=event)
        return count


def event_of(
    events: EventFactory, sanction: Sanction, verb: str, actor_id: str, now: ClockReading, **fields: bytes
) -> Event:
    """Return the event of what happens to a sanction; scope and degree are in its type."""
    noun = "person" if sanction.scope is Scope.PERSON else "sanction"
    return events.event(
        EventType(f"{noun}:{sanction.degree.value.lower()}:{verb}"),
        actor_id=actor_id,
        now=now,
        account_token=sanction.account_token,
        sanction_id=sanction.sanction_id,
        **fields,
    )
