"""Rows of joint operations, and the counts of what belongs to one at each of its platforms."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, String, func, insert, select, tuple_

from idvault.authority.joint_operation.rules import JointOperation
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Micros, Statement, param, scalar, statement, upsert
from idvault.core.tables.sanction import joint_operations, operations, sanctions
from idvault.core.tables.tip_off import tip_offs
from idvault_verify.error import AlreadyExistsError, FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.sanction import Degree


def _operation(row: Any) -> JointOperation:
    own = (row.operation_id, row.issuer, bytes(row.signed))
    return JointOperation(*own, row.opened_at, row.begin_at, row.end_at)


_MINE = (joint_operations.c.issuer == param("issuer")) & (
    joint_operations.c.operation_id == param("operation")
)
_ORDER = (joint_operations.c.opened_at, joint_operations.c.operation_id)
_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_ADD = statement(
    upsert(joint_operations)
    .on_conflict_do_nothing(index_elements=[joint_operations.c.operation_id])
    .returning(joint_operations.c.operation_id)
)
_ADD_OF_PLATFORM = statement(insert(operations))
_GET: Statement[JointOperation] = statement(select(joint_operations).where(_MINE), _operation)
_PLACE: Statement[datetime] = statement(select(joint_operations.c.opened_at).where(_MINE), scalar)
OF_ISSUER: Statement[JointOperation] = statement(
    select(joint_operations)
    .where(
        joint_operations.c.issuer == param("issuer"),
        tuple_(*_ORDER) > tuple_(param("at", Micros), param("after", String)),
    )
    .order_by(*_ORDER)
    .limit(param("limit", Integer)),
    _operation,
)
SANCTIONS: Statement[Any] = statement(
    select(sanctions.c.relying_party, sanctions.c.degree, func.count().label("count"))
    .where(
        among(sanctions.c.relying_party, "parties"),
        sanctions.c.operation_id == param("operation"),
        sanctions.c.started_at >= param("begin"),
        sanctions.c.started_at < param("end"),
    )
    .group_by(sanctions.c.relying_party, sanctions.c.degree)
)
REPORTS: Statement[Any] = statement(
    select(tip_offs.c.relying_party, func.count().label("count"))
    .where(
        among(tip_offs.c.relying_party, "parties"),
        tip_offs.c.operation_id == param("operation"),
        tip_offs.c.filed_at >= param("begin"),
        tip_offs.c.filed_at < param("end"),
    )
    .group_by(tip_offs.c.relying_party)
)


async def add(
    connection: Connection, operation: JointOperation, *, title: str, platforms: Sequence[str]
) -> None:
    """Insert an operation, also for each platform; raises AlreadyExistsError (REQUEST_ID_REUSED)."""
    times = {"opened_at": operation.opened_at, "end_at": operation.end_at}
    own = {"operation_id": operation.operation_id, "signed": operation.signed}
    begun = {"issuer": operation.issuer, "begin_at": operation.begin_at}
    if await connection.one(_ADD, **own, **times, **begun) is None:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
    for platform in platforms:
        await connection.later(
            _ADD_OF_PLATFORM, relying_party=platform, title=title, closed_at=None, **own, **times
        )


async def get(connection: Connection, issuer: str, operation_id: str) -> JointOperation:
    """Return an operation; raises NotFoundError (OPERATION_NOT_FOUND), also for another authority's."""
    found = await connection.all(_GET, issuer=issuer, operation=operation_id)
    if not found:
        raise NotFoundError(Reason.OPERATION_NOT_FOUND)
    return found[0]


async def page(connection: Connection, issuer: str, *, after: str, limit: int) -> list[JointOperation]:
    """Return up to limit operations after the operation `after`; raises InvalidError (page_token)."""
    place = _FIRST
    if after:
        found = await connection.one(_PLACE, issuer=issuer, operation=after)
        if found is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
        place = {"at": found, "after": after}
    return await connection.all(OF_ISSUER, issuer=issuer, **place, limit=limit)


async def counts(
    connection: Connection, operation: JointOperation, platforms: Sequence[str]
) -> dict[str, tuple[dict[Degree, int], int]]:
    """Return the sanctions by degree, and the reports, of each platform."""
    which = {
        "parties": list(platforms),
        "operation": operation.operation_id,
        "begin": operation.begin_at,
        "end": operation.end_at,
    }
    found: dict[str, dict[Degree, int]] = defaultdict(dict)
    for row in await connection.all(SANCTIONS, **which):
        found[row.relying_party][Degree(row.degree)] = row.count
    reports = {row.relying_party: row.count for row in await connection.all(REPORTS, **which)}
    return {each: (found[each], reports.get(each, 0)) for each in platforms}
