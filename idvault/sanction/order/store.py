"""Rows of an authority's orders. One belongs to no account; its digest names it at a platform.

The statements of the authority that signed an order bind it in place of the platform.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, func, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.sanction import orders, sanctions
from idvault.sanction.order.rules import IssuedTerms, RecordedOrder
from idvault.sanction.store import rows as sanction_rows
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import AuthorityOrder, OrderState
from idvault_verify.tip_off import TargetKind

# What an act stored, and what it could not know: a sanction that was imposed while an order was recorded.
# Nobody knows the digest of a signed order before it is stored.
_FOUND = (
    select(func.min(sanctions.c.started_at))
    .where(
        sanctions.c.relying_party == orders.c.relying_party,
        sanctions.c.order_digest == orders.c.digest,
        orders.c.issuer.is_(None),
    )
    .scalar_subquery()
)
_CARRIED_OUT = func.coalesce(orders.c.carried_out_at, _FOUND)
_OF_PARTY = orders.c.relying_party == param("party")
_IS_WAITING = orders.c.withdrawn_at.is_(None) & orders.c.carried_out_at.is_(None)
_IS_OPEN = _IS_WAITING & orders.c.missed_at.is_(None)


def from_row(row: Any) -> RecordedOrder:
    """Return the order of a row."""
    return RecordedOrder(
        row.order_id,
        row.relying_party,
        AuthorityOrder(row.authority, row.reference, row.issued_on, bytes(row.digest)),
        row.deadline,
        row.recorded_at,
        row.carried_out,
        _issued(row),
        row.acknowledged_at,
        row.objected_at,
        row.objection or "",
        row.withdrawn_at,
        bytes(row.withdrawal or b""),
    )


def _issued(row: Any) -> IssuedTerms | None:
    if row.issuer is None:
        return None
    kind, measure = TargetKind(row.target_kind), OrderMeasure(row.measure)
    return IssuedTerms(row.issuer, bytes(row.signed), kind, row.target, measure)


_SHOWN = (*(column for column in orders.c if column.name != "carried_out_at"),)
QUERY = select(*_SHOWN, _CARRIED_OUT.label("carried_out"))
_LIST = sanction_rows.Listing(orders, orders.c.recorded_at, orders.c.order_id)
_ALL: Statement[RecordedOrder] = statement(_LIST.page(QUERY), from_row)
_STANDS = orders.c.withdrawn_at.is_(None)
_IS_DUE = and_(_STANDS, _CARRIED_OUT.is_(None), orders.c.deadline > param("now"))
_HAS_NO_OBJECTION = orders.c.objected_at.is_(None)
CONDITIONS = {
    OrderState.OPEN: and_(_IS_DUE, _HAS_NO_OBJECTION, orders.c.acknowledged_at.is_(None)),
    OrderState.ACKNOWLEDGED: and_(_IS_DUE, _HAS_NO_OBJECTION, orders.c.acknowledged_at.is_not(None)),
    OrderState.OBJECTED: and_(_IS_DUE, orders.c.objected_at.is_not(None)),
    OrderState.OVERDUE: and_(_STANDS, _CARRIED_OUT.is_(None), orders.c.deadline <= param("now")),
    OrderState.CARRIED_OUT: and_(_STANDS, orders.c.deadline >= _CARRIED_OUT),
    OrderState.CARRIED_OUT_LATE: and_(_STANDS, orders.c.deadline < _CARRIED_OUT),
    OrderState.WITHDRAWN: orders.c.withdrawn_at.is_not(None),
}
BY_TIME = frozenset({OrderState.OPEN, OrderState.ACKNOWLEDGED, OrderState.OBJECTED, OrderState.OVERDUE})
_IN_STATE: dict[OrderState, Statement[RecordedOrder]] = {
    state: statement(_LIST.page(QUERY).where(condition), from_row) for state, condition in CONDITIONS.items()
}
_OF_DIGEST: Statement[RecordedOrder] = statement(
    QUERY.where(_OF_PARTY, orders.c.digest == param("digest")), from_row
)
_GET: Statement[RecordedOrder] = statement(
    QUERY.where(_OF_PARTY, orders.c.order_id == param("order")), from_row
)
_LOCK_ONE: Statement[RecordedOrder] = statement(
    for_change(QUERY.where(_OF_PARTY, orders.c.order_id == param("order"))), from_row
)
_LOCK_NAMED: Statement[RecordedOrder] = statement(
    for_change(QUERY.where(_OF_PARTY, orders.c.digest == param("digest"))), from_row
)
_ANSWER = statement(
    update(orders)
    .where(_OF_PARTY, orders.c.order_id == param("order"))
    .values({name: param(name) for name in ("acknowledged_at", "objected_at", "objection")})
)
_FIRST: Statement[datetime | None] = statement(
    select(func.min(sanctions.c.started_at)).where(
        sanctions.c.relying_party == param("party"), sanctions.c.order_digest == param("digest")
    ),
    scalar,
)
_ADD = statement(
    upsert(orders)
    .on_conflict_do_nothing(index_elements=[orders.c.relying_party, orders.c.digest])
    .returning(orders.c.order_id)
)
_CARRY_OUT = statement(
    update(orders)
    .where(_OF_PARTY, orders.c.order_id == param("order"), orders.c.carried_out_at.is_(None))
    .values(carried_out_at=param("now"))
)
DUE: Statement[RecordedOrder] = statement(
    QUERY.where(_IS_OPEN, orders.c.deadline <= param("now"), _FOUND.is_(None))
    .order_by(orders.c.deadline)
    .limit(param("limit", Integer)),
    from_row,
)
_LOCK = statement(
    for_change(select(orders.c.order_id).where(_OF_PARTY, orders.c.order_id == param("order"), _IS_OPEN)),
    scalar,
)
_MISS = statement(
    update(orders).where(_OF_PARTY, orders.c.order_id == param("order")).values(missed_at=param("now"))
)
OVERDUE: Statement[int] = statement(
    select(func.count())
    .select_from(orders)
    .where(
        _IS_WAITING,
        or_(orders.c.missed_at.is_not(None), orders.c.deadline <= param("now")),
        _FOUND.is_(None),
    ),
    scalar,
)
DEADLINES: Statement[PlatformDeadlines] = by_platform(
    orders, orders.c.deadline, _IS_WAITING, _FOUND.is_(None), index="ix_authority_orders_open"
)


async def add(connection: Connection, order: RecordedOrder) -> RecordedOrder | None:
    """Insert an order, or return the one that has its digest.

    A sanction with this digest that is in force already, or comes into force meanwhile, counts.
    """
    which = {"party": order.relying_party, "digest": order.order.digest}
    first = await connection.only(_FIRST, **which)
    if await connection.one(_ADD, **columns(order), carried_out_at=first) is None:
        return await connection.only(_OF_DIGEST, **which)
    return None


async def miss(connection: Connection, order: RecordedOrder, *, now: datetime) -> bool:
    """Store that a deadline passed; False if it is stored, or the order carried out."""
    where = {"party": order.relying_party, "order": order.order_id}
    if await connection.one(_LOCK, **where) is None:
        return False
    await connection.run(_MISS, **where, now=now)
    return True


async def due(connection: Connection, *, now: datetime, limit: int) -> list[RecordedOrder]:
    """Return orders that are overdue without that being stored, the oldest deadline first."""
    return await connection.all(DUE, now=now, limit=limit)


async def overdue(connection: Connection, *, now: datetime) -> int:
    """Return how many orders of all relying parties are overdue."""
    return await connection.only(OVERDUE, now=now)


async def deadlines(connection: Connection, *, now: datetime) -> list[PlatformDeadlines]:
    """Return the orders that wait at each platform."""
    return await connection.all(DEADLINES, now=now)


async def page(
    connection: Connection, party: str, *, state: OrderState | None, after: str, limit: int, now: datetime
) -> list[RecordedOrder]:
    """Return up to limit orders after the order `after`, in the order in which they were recorded.

    Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
    """
    common = {"party": party, **await _LIST.place_of(connection, party, after), "limit": limit}
    if state is None:
        return await connection.all(_ALL, **common)
    time = {"now": now} if state in BY_TIME else {}
    return await connection.all(_IN_STATE[state], **common, **time)


async def get(connection: Connection, relying_party: str, order_id: str) -> RecordedOrder:
    """Return an order; raises NotFoundError (ORDER_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, order=order_id)
    if found is None:
        raise NotFoundError(Reason.ORDER_NOT_FOUND)
    return found


async def lock(connection: Connection, relying_party: str, order_id: str) -> RecordedOrder:
    """Return an order that nobody else changes until the act ends; raises as `get` does."""
    found = await connection.one(_LOCK_ONE, party=relying_party, order=order_id)
    if found is None:
        raise NotFoundError(Reason.ORDER_NOT_FOUND)
    return found


async def lock_named(connection: Connection, relying_party: str, digest: bytes) -> RecordedOrder | None:
    """Return the order that a statement names by its digest, locked; None if none is recorded."""
    return await connection.one(_LOCK_NAMED, party=relying_party, digest=digest)


async def carry_out(connection: Connection, order: RecordedOrder, *, now: datetime) -> None:
    """Store that a sanction has carried out an order that this act has locked, if this is the first one."""
    await connection.later(_CARRY_OUT, party=order.relying_party, order=order.order_id, now=now)


async def put_answer(connection: Connection, order: RecordedOrder) -> None:
    """Store what the platform has said of an order that this act has locked."""
    await connection.later(
        _ANSWER,
        party=order.relying_party,
        order=order.order_id,
        acknowledged_at=order.acknowledged_at,
        objected_at=order.objected_at,
        objection=order.objection or None,
    )


def columns(order: RecordedOrder) -> dict[str, object]:
    """Return the columns of a new order, without carried_out_at."""
    issued = order.issued
    return {
        "relying_party": order.relying_party,
        "order_id": order.order_id,
        "authority": order.order.authority,
        "reference": order.order.reference,
        "issued_on": order.order.issued_on,
        "digest": order.order.digest,
        "deadline": order.deadline,
        "recorded_at": order.recorded_at,
        "missed_at": None,
        "issuer": None if issued is None else issued.issuer,
        "signed": None if issued is None else issued.signed,
        "target_kind": None if issued is None else issued.target_kind.value,
        "target": None if issued is None else issued.target,
        "measure": None if issued is None else issued.measure.value,
        "acknowledged_at": None,
        "objected_at": None,
        "objection": None,
        "withdrawn_at": None,
        "withdrawal": None,
    }
