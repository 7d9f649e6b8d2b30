"""Rows of an authority's orders. One belongs to no account; its digest names it at a platform."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, func, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.sanction import orders, sanctions
from idvault.sanction.order.rules import RecordedOrder
from idvault.sanction.store import rows as sanction_rows
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.sanction import AuthorityOrder, OrderState

# What an act stored, and what it could not know: a sanction that was imposed while the order was recorded.
_FOUND = (
    select(func.min(sanctions.c.started_at))
    .where(sanctions.c.relying_party == orders.c.relying_party, sanctions.c.order_digest == orders.c.digest)
    .scalar_subquery()
)
_CARRIED_OUT = func.coalesce(orders.c.carried_out_at, _FOUND)
_OF_PARTY = orders.c.relying_party == param("party")
_IS_OPEN = orders.c.carried_out_at.is_(None) & orders.c.missed_at.is_(None)


def _order(row: Any) -> RecordedOrder:
    return RecordedOrder(
        row.order_id,
        row.relying_party,
        AuthorityOrder(row.authority, row.reference, row.issued_on, bytes(row.digest)),
        row.deadline,
        row.recorded_at,
        row.carried_out,
    )


_SHOWN = (*(column for column in orders.c if column.name != "carried_out_at"),)
_QUERY = select(*_SHOWN, _CARRIED_OUT.label("carried_out"))
_LIST = sanction_rows.Listing(orders, orders.c.recorded_at, orders.c.order_id)
_ALL: Statement[RecordedOrder] = statement(_LIST.page(_QUERY), _order)
_IN_STATE: dict[OrderState, Statement[RecordedOrder]] = {
    state: statement(_LIST.page(_QUERY).where(condition), _order)
    for state, condition in {
        OrderState.OPEN: and_(_CARRIED_OUT.is_(None), orders.c.deadline > param("now")),
        OrderState.OVERDUE: and_(_CARRIED_OUT.is_(None), orders.c.deadline <= param("now")),
        OrderState.CARRIED_OUT: orders.c.deadline >= _CARRIED_OUT,
        OrderState.CARRIED_OUT_LATE: orders.c.deadline < _CARRIED_OUT,
    }.items()
}
_OF_DIGEST: Statement[RecordedOrder] = statement(
    _QUERY.where(_OF_PARTY, orders.c.digest == param("digest")), _order
)
_GET: Statement[RecordedOrder] = statement(
    _QUERY.where(_OF_PARTY, orders.c.order_id == param("order")), _order
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
    .where(_OF_PARTY, orders.c.digest == param("digest"), orders.c.carried_out_at.is_(None))
    .values(carried_out_at=param("now"))
)
DUE: Statement[RecordedOrder] = statement(
    _QUERY.where(_IS_OPEN, orders.c.deadline <= param("now"), _FOUND.is_(None))
    .order_by(orders.c.deadline)
    .limit(param("limit", Integer)),
    _order,
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
        orders.c.carried_out_at.is_(None),
        or_(orders.c.missed_at.is_not(None), orders.c.deadline <= param("now")),
        _FOUND.is_(None),
    ),
    scalar,
)


async def add(connection: Connection, order: RecordedOrder) -> RecordedOrder | None:
    """Insert an order, or return the one that has its digest.

    A sanction with this digest that is in force already, or comes into force meanwhile, counts.
    """
    which = {"party": order.relying_party, "digest": order.order.digest}
    first = await connection.only(_FIRST, **which)
    if await connection.one(_ADD, **_columns(order), carried_out_at=first) is None:
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


async def page(
    connection: Connection, party: str, *, state: OrderState | None, after: str, limit: int, now: datetime
) -> list[RecordedOrder]:
    """Return up to limit orders after the order `after`, in the order in which they were recorded.

    Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
    """
    common = {"party": party, **await _LIST.place_of(connection, party, after), "limit": limit}
    if state is None:
        return await connection.all(_ALL, **common)
    time = {"now": now} if state in (OrderState.OPEN, OrderState.OVERDUE) else {}
    return await connection.all(_IN_STATE[state], **common, **time)


async def get(connection: Connection, relying_party: str, order_id: str) -> RecordedOrder:
    """Return an order; raises NotFoundError (ORDER_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, order=order_id)
    if found is None:
        raise NotFoundError(Reason.ORDER_NOT_FOUND)
    return found


async def carry_out(connection: Connection, *, relying_party: str, digest: bytes, now: datetime) -> None:
    """Store that a sanction has carried out an order, if it is recorded and this is the first one."""
    await connection.run(_CARRY_OUT, party=relying_party, digest=digest, now=now)


def _columns(order: RecordedOrder) -> dict[str, object]:
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
    }
