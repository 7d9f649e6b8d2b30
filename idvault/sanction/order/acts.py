"""Records orders on paper, answers those that authorities signed, and notes missed deadlines."""

from datetime import datetime

from idvault.core.act import Tx, Vault, act, sweep
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.log_entry import Late
from idvault.moderator.acts import decision
from idvault.sanction.order import rules, store
from idvault.sanction.order.rules import RecordedOrder
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.sanction import AuthorityOrder, OrderState


@decision("order.record", again=store.get)
async def record(
    tx: Tx, order_id: str, paper: bytes, order: AuthorityOrder, deadline: datetime
) -> RecordedOrder:
    """Record an order; one with the same digest keeps its order. Raises InvalidError and others."""
    made = rules.in_seconds(RecordedOrder(order_id, tx.party, rules.check(order), deadline, tx.now.business))
    known = await store.add(tx.connection, made)
    if known is not None:
        await tx.answer(known.order_id)
        tx.unchanged("the platform recorded this order before")
        return known
    await tx.log(
        EventType.ORDER_RECORD,
        order_id=order_id,
        digest=order.digest,
        deadline=made.deadline.isoformat(),
        paper=paper,
    )
    return await store.get(tx.connection, tx.party, order_id)


@decision("order.acknowledge", again=store.get)
async def acknowledge(tx: Tx, order_id: str, paper: bytes, digest: bytes) -> RecordedOrder:
    """Store that the platform has read an order, once; raises NotFoundError, TransitionError and others."""
    found = await store.lock(tx.connection, tx.party, order_id)
    rules.check_read(order=found, digest=digest)
    read = rules.acknowledge(order=found, now=tx.now.business)
    if read == found:
        tx.unchanged("the platform acknowledged the order before")
        return found
    await store.put_answer(tx.connection, read)
    await tx.log(EventType.ORDER_ACKNOWLEDGE, order_id=order_id, paper=paper)
    return read


@decision("order.object", again=store.get)
async def object_to(tx: Tx, order_id: str, paper: bytes, digest: bytes, reason: str) -> RecordedOrder:
    """Store why the platform does not carry an order out; raises NotFoundError and others."""
    found = await store.lock(tx.connection, tx.party, order_id)
    rules.check_read(order=found, digest=digest)
    objected = rules.object_to(order=found, reason=reason, now=tx.now.business)
    await store.put_answer(tx.connection, objected)
    issuer = objected.issued.issuer if objected.issued else ""
    await tx.log(EventType.ORDER_OBJECT, "", issuer, order_id=order_id, paper=paper)
    return objected


@act("order.miss")
async def miss(tx: Tx, order: RecordedOrder) -> bool:
    """Store that a deadline passed; False if it is stored, or the order carried out."""
    if not await store.miss(tx.connection, order, now=tx.now.business):
        tx.unchanged("somebody was faster")
        return False
    late = Late(order.relying_party, order.recorded_at)
    await tx.log_miss(EventType.ORDER_MISS, late, order_id=order.order_id)
    return True


async def miss_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Store which deadlines have passed; return how many. Any number of workers may do so at any time."""

    async def due() -> list[RecordedOrder]:
        return await vault.read("order.due", lambda one: store.due(one, now=now.business, limit=limit))

    return await sweep(vault, now, due=due, each=miss)


async def overdue(vault: Vault, *, now: ClockReading) -> int:
    """Return how many orders of all relying parties are overdue."""
    return await vault.read("order.overdue", lambda one: store.overdue(one, now=now.business))


async def deadlines(vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
    """Return the orders that each platform must carry out."""
    return await vault.read("order.deadlines", lambda one: store.deadlines(one, now=now.business))


async def page(
    vault: Vault, party: str, *, state: OrderState | None, after: str, limit: int, now: ClockReading
) -> tuple[list[RecordedOrder], str]:
    """Return a page of orders, and the last one's id if there are more, else ""."""
    found = await vault.read(
        "order.list",
        lambda one: store.page(one, party, state=state, after=after, limit=limit + 1, now=now.business),
    )
    shown = found[:limit]
    return shown, shown[-1].order_id if len(found) > limit else ""
