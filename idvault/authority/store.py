"""The orders that an authority signed, as it finds them: by its own actor id, never by a platform's name."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, String, select, tuple_, update

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Micros, Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.platform import platforms
from idvault.core.tables.sanction import given_orders, orders
from idvault.sanction.order import store as order_store
from idvault.sanction.order.rules import RecordedOrder
from idvault_verify.error import AlreadyExistsError, FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.sanction import OrderState

_OF_ISSUER = orders.c.issuer == param("issuer")
_MINE = _OF_ISSUER & (orders.c.order_id == param("order"))
_ORDER = (orders.c.recorded_at, orders.c.order_id)
_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_PLATFORMS: Statement[str] = statement(
    select(platforms.c.name).where(platforms.c.role == param("role"), among(platforms.c.name, "names")),
    scalar,
)
_TAKE = statement(
    upsert(given_orders)
    .on_conflict_do_nothing(index_elements=[given_orders.c.order_id])
    .returning(given_orders.c.order_id)
)
_ADD = statement(
    upsert(orders)
    .on_conflict_do_nothing(index_elements=[orders.c.relying_party, orders.c.digest])
    .returning(orders.c.order_id)
)
_GET: Statement[RecordedOrder] = statement(order_store.QUERY.where(_MINE), order_store.from_row)
_LOCK: Statement[RecordedOrder] = statement(for_change(order_store.QUERY.where(_MINE)), order_store.from_row)
_PLACE: Statement[datetime] = statement(select(orders.c.recorded_at).where(_MINE), scalar)
_PAGE = (
    order_store.QUERY.where(_OF_ISSUER, tuple_(*_ORDER) > tuple_(param("at", Micros), param("after", String)))
    .order_by(*_ORDER)
    .limit(param("limit", Integer))
)
OF_ISSUER: Statement[RecordedOrder] = statement(_PAGE, order_store.from_row)
IN_STATE: dict[OrderState, Statement[RecordedOrder]] = {
    state: statement(_PAGE.where(condition), order_store.from_row)
    for state, condition in order_store.CONDITIONS.items()
}
_WITHDRAW = statement(
    update(orders).where(_MINE).values(withdrawn_at=param("now"), withdrawal=param("signed"))
)


async def check_platforms(connection: Connection, names: Sequence[str]) -> None:
    """Raise NotFoundError (PLATFORM_NOT_FOUND) if one was never registered."""
    wanted = sorted(set(names))
    if len(await connection.all(_PLATFORMS, role="platform", names=wanted)) != len(wanted):
        raise NotFoundError(Reason.PLATFORM_NOT_FOUND)


async def add(connection: Connection, order: RecordedOrder) -> None:
    """Insert an order; raises AlreadyExistsError (REQUEST_ID_REUSED) if it, or its id, was given before."""
    issuer = "" if order.issued is None else order.issued.issuer
    if await connection.one(_TAKE, order_id=order.order_id, issuer=issuer) is None:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
    # Who was handed the signed order before may have recorded its hash, as of an order on paper.
    if await connection.one(_ADD, **order_store.columns(order), carried_out_at=None) is None:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


async def get(connection: Connection, issuer: str, order_id: str) -> RecordedOrder:
    """Return an order; raises NotFoundError (ORDER_NOT_FOUND), also for another authority's."""
    return _known(await connection.all(_GET, issuer=issuer, order=order_id))


async def lock(connection: Connection, issuer: str, order_id: str) -> RecordedOrder:
    """Return an order that nobody else changes until the act ends; raises as `get` does."""
    return _known(await connection.all(_LOCK, issuer=issuer, order=order_id))


async def withdraw(connection: Connection, issuer: str, order: RecordedOrder) -> None:
    """Store the withdrawal of an order that this act has locked."""
    await connection.later(
        _WITHDRAW, issuer=issuer, order=order.order_id, now=order.withdrawn_at, signed=order.withdrawal
    )


async def page(
    connection: Connection, issuer: str, *, state: OrderState | None, after: str, limit: int, now: datetime
) -> list[RecordedOrder]:
    """Return up to limit orders after the order `after`, in the order in which they were given.

    Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
    """
    place = _FIRST
    if after:
        found = await connection.one(_PLACE, issuer=issuer, order=after)
        if found is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
        place = {"at": found, "after": after}
    query = OF_ISSUER if state is None else IN_STATE[state]
    time = {"now": now} if state in order_store.BY_TIME else {}
    return await connection.all(query, issuer=issuer, **place, limit=limit, **time)


def _known(found: Sequence[RecordedOrder]) -> RecordedOrder:
    if not found:
        raise NotFoundError(Reason.ORDER_NOT_FOUND)
    return found[0]
