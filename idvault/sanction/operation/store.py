"""The acts and reads of operations (sanction.ports.OperationStore)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select, update

from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.request import Request
from idvault.core.tables.sanction import operations, sanctions
from idvault.log import store as log_store
from idvault.sanction.operation import rules
from idvault.sanction.operation.rules import Operation, OperationState, SanctionCount
from idvault.sanction.store import rows as sanction_rows
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event
from idvault.verify.sanction import Degree, SanctionState, Scope


def _operation(row: Any) -> Operation:
    return Operation(row.operation_id, row.relying_party, row.title, row.opened_at, row.closed_at)


_MINE = (operations.c.relying_party == param("party")) & (operations.c.operation_id == param("operation"))
_LIST = sanction_rows.Listing(operations, operations.c.opened_at, operations.c.operation_id)
_ALL: Statement[Operation] = statement(_LIST.page(select(operations)), _operation)
_IN_STATE: dict[OperationState, Statement[Operation]] = {
    OperationState.OPEN: statement(
        _LIST.page(select(operations)).where(operations.c.closed_at.is_(None)), _operation
    ),
    OperationState.CLOSED: statement(
        _LIST.page(select(operations)).where(operations.c.closed_at.is_not(None)), _operation
    ),
}
_GET: Statement[Operation] = statement(select(operations).where(_MINE), _operation)
_LOCK: Statement[Operation] = statement(for_change(select(operations).where(_MINE)), _operation)
_ADD = statement(operations.insert())
_CLOSE = statement(update(operations).where(_MINE).values(closed_at=param("now")))
# What has lapsed but is not stored so is counted as lapsed.
STATE_NOW = case(
    (sanctions.c.due_at <= param("now"), SanctionState.LAPSED.value), else_=sanctions.c.state
).label("state")
# In the order of a count's fields.
_COUNTED = (
    SanctionState.IN_FORCE,
    SanctionState.LIFTED,
    SanctionState.LAPSED,
    SanctionState.OVERTURNED,
)
COUNT: Statement[Any] = statement(
    select(sanctions.c.degree, sanctions.c.scope, STATE_NOW, func.count().label("count"))
    .where(
        sanctions.c.relying_party == param("party"),
        sanctions.c.operation_id == param("operation"),
        sanctions.c.started_at.is_not(None),
    )
    .group_by(sanctions.c.degree, sanctions.c.scope, STATE_NOW)
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlOperationStore:
    """Operations in the main database."""

    database: Database

    @act("operation.open")
    async def begin(
        self, connection: Connection, operation: Operation, *, request: Request, event: Event
    ) -> Operation:
        """Store a new operation with its event."""
        made = await requests.remember(
            connection, request, made=operation.operation_id, now=operation.opened_at
        )
        if made is not None:
            return await get(connection, operation.relying_party, made)
        await connection.later(
            _ADD,
            relying_party=operation.relying_party,
            operation_id=operation.operation_id,
            title=operation.title,
            opened_at=operation.opened_at,
            closed_at=None,
        )
        await log_store.append(connection, event)
        return operation

    @act("operation.close")
    async def close(
        self,
        connection: Connection,
        *,
        operation_id: str,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Operation:
        """Close an operation with its event; raises TransitionError and NotFoundError."""
        made = await requests.remember(connection, request, made=operation_id, now=now.business)
        if made is not None:
            return await get(connection, request.caller, made)
        found = _known(await connection.all(_LOCK, party=request.caller, operation=operation_id))
        closed = rules.close(operation=found, now=now.business)
        await connection.later(_CLOSE, party=request.caller, operation=operation_id, now=now.business)
        await log_store.append(connection, event)
        return closed

    @read("operation.get")
    async def get(self, connection: Connection, *, relying_party: str, operation_id: str) -> Operation:
        """Return an operation; raises NotFoundError (OPERATION_NOT_FOUND)."""
        return await get(connection, relying_party, operation_id)

    @read("operation.count")
    async def count(
        self, connection: Connection, *, relying_party: str, operation_id: str, now: ClockReading
    ) -> list[SanctionCount]:
        """Return the figures of an operation, the mildest degree first."""
        return counted(
            await connection.all(COUNT, party=relying_party, operation=operation_id, now=now.business)
        )

    @read("operation.list")
    async def list(
        self,
        connection: Connection,
        *,
        relying_party: str,
        state: OperationState | None,
        after: str,
        limit: int,
    ) -> list[Operation]:
        """Return operations that follow another one, oldest first."""
        place = await _LIST.place_of(connection, relying_party, after)
        asked = _ALL if state is None else _IN_STATE[state]
        return await connection.all(asked, party=relying_party, **place, limit=limit)


def counted(rows: Sequence[Any]) -> list[SanctionCount]:
    """Return the counts of rows with degree, scope, state and count, the mildest degree first."""
    counts: dict[tuple[Degree, Scope], dict[SanctionState, int]] = defaultdict(dict)
    for row in rows:
        counts[Degree(row.degree), Scope(row.scope)][SanctionState(row.state)] = row.count
    return [
        SanctionCount(
            degree,
            scope,
            sum(counts[degree, scope].values()),
            *(counts[degree, scope].get(state, 0) for state in _COUNTED),
        )
        for degree in Degree
        for scope in Scope
        if (degree, scope) in counts
    ]


async def get(connection: Connection, relying_party: str, operation_id: str) -> Operation:
    """Return an operation; raises NotFoundError (OPERATION_NOT_FOUND)."""
    return _known(await connection.all(_GET, party=relying_party, operation=operation_id))


def _known(found: Sequence[Operation]) -> Operation:
    if not found:
        raise NotFoundError(Reason.OPERATION_NOT_FOUND)
    return found[0]
