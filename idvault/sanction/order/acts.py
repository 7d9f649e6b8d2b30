"""Records the orders of authorities, lists them, and notes those that were not carried out in time."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModerationCall, ModeratorSource, signed_act
from idvault.sanction.order import rules
from idvault.sanction.order.ports import OrderStore
from idvault.sanction.order.rules import OrderState, RecordedOrder
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType
from idvault.verify.sanction import AuthorityOrder


@dataclass(kw_only=True, eq=False, repr=False)
class OrderFlow:
    """Orders of relying parties."""

    store: OrderStore
    moderators: ModeratorSource
    fingerprinter: Fingerprinter
    guard: LogGuard
    events: EventFactory

    async def record(
        self, call: ModerationCall, *, order: AuthorityOrder, deadline: datetime, now: ClockReading
    ) -> RecordedOrder:
        """Record an order; raises InvalidError, AlreadyExistsError and UnavailableError."""
        await self.guard.check(now=now)
        made = RecordedOrder(
            self.events.new_id(), call.relying_party, rules.check(order), deadline, now.business
        )
        made = rules.in_seconds(made)
        paper = await signed_act(self.moderators, call, now=now)
        event = self.events.event(
            EventType.ORDER_RECORD,
            actor_id=call.actor_id,
            now=now,
            order_id=made.order_id,
            digest=order.digest,
            deadline=made.deadline.isoformat(),
            paper=paper,
        )
        return await self.store.record(made, request=call.decided(self.fingerprinter), event=event)

    async def list(
        self, *, relying_party: str, state: OrderState | None, after: str, limit: int, now: ClockReading
    ) -> tuple[list[RecordedOrder], str]:
        """Return a page of orders, and the last one's id if there are more, else ""."""
        found = await self.store.list(
            relying_party=relying_party, state=state, after=after, limit=limit + 1, now=now
        )
        page = found[:limit]
        return page, page[-1].order_id if len(found) > limit else ""


@dataclass(kw_only=True, eq=False, repr=False)
class OverdueFlow:
    """What any number of workers may run at any time."""

    store: OrderStore
    guard: LogGuard
    events: EventFactory

    async def miss(self, *, now: ClockReading, limit: int) -> int:
        """Store which deadlines have passed; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.due(now=now, limit=limit):
            event = self.events.event(
                EventType.ORDER_MISS, actor_id=SYSTEM_ACTOR, now=now, order_id=found.order_id
            )
            count += await self.store.miss(found, now=now, event=event)
        return count

    async def overdue(self, *, now: ClockReading) -> int:
        """Return how many orders are overdue."""
        return await self.store.overdue(now=now)
