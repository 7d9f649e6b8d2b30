"""Rows of operations, and the figures of what belongs to one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, case, func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, by_index, param, statement
from idvault.core.rows import Rows
from idvault.core.tables.sanction import operations, sanctions
from idvault.core.tables.tip_off import tip_offs
from idvault.sanction.operation.rules import Operation, SanctionCount
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, OperationState, SanctionState, Scope
from idvault_verify.tip_off import TipOffState

ROWS = Rows(
    Operation,
    operations,
    key="operation_id",
    made_at="opened_at",
    unknown=Reason.OPERATION_NOT_FOUND,
    states={
        OperationState.OPEN: operations.c.closed_at.is_(None)
        & (operations.c.end_at.is_(None) | (operations.c.end_at > param("now"))),
        OperationState.CLOSED: operations.c.closed_at.is_not(None) | (operations.c.end_at <= param("now")),
    },
)
ENDED: Statement[Operation] = statement(
    ROWS.query.where(
        operations.c.end_at.is_not(None),
        operations.c.closed_at.is_(None),
        operations.c.end_at <= param("now"),
    )
    .order_by(operations.c.end_at)
    .limit(param("limit", Integer)),
    ROWS.from_row,
)
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
REPORTS: Statement[Any] = statement(
    by_index(
        select(tip_offs.c.state, func.count().label("count"))
        .where(tip_offs.c.relying_party == param("party"), tip_offs.c.operation_id == param("operation"))
        .group_by(tip_offs.c.state),
        tip_offs,
        "ix_tip_offs_operation",
    )
)


async def ended(connection: Connection, *, now: datetime, limit: int) -> list[Operation]:
    """Return joint operations whose last day is over without that being stored."""
    return await connection.all(ENDED, now=now, limit=limit)


async def count(
    connection: Connection, party: str, operation_id: str, *, now: datetime
) -> tuple[list[SanctionCount], dict[TipOffState, int]]:
    """Return the figures of an operation as of now, the mildest degree first, and its reports by state."""
    which = {"party": party, "operation": operation_id}
    counts = counted(await connection.all(COUNT, **which, now=now))
    reports = await connection.all(REPORTS, **which)
    return counts, {TipOffState(each.state): each.count for each in reports}


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
