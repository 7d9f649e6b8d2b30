"""Reads what the public may be told of the statements of reasons of all relying parties: only their kinds."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.sanction import sanctions
from idvault.sanction.rules import StatementKind, StatementWeek
from idvault_verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory

_KIND = (
    sanctions.c.degree,
    sanctions.c.ground,
    sanctions.c.category,
    sanctions.c.detection,
    sanctions.c.decision,
    sanctions.c.issuer_kind,
    sanctions.c.territory,
)


def _counted(row: Any) -> tuple[StatementKind, int]:
    kind = StatementKind(
        Degree(row.degree),
        Ground(row.ground),
        SanctionCategory(row.category),
        Automation(row.detection),
        Automation(row.decision),
        IssuerKind(row.issuer_kind),
        row.territory,
    )
    return kind, row.count


COUNTS: Statement[tuple[StatementKind, int]] = statement(
    select(*_KIND, func.count().label("count"))
    .where(sanctions.c.started_at >= param("begin"), sanctions.c.started_at < param("end"))
    .group_by(*_KIND),
    _counted,
)
FIRST: Statement[datetime] = statement(
    select(sanctions.c.started_at)
    .where(sanctions.c.started_at.is_not(None))
    .order_by(sanctions.c.started_at)
    .limit(1),
    scalar,
)


async def first(connection: Connection) -> datetime | None:
    """Return when the first sanction came into force, None if none did."""
    return await connection.one(FIRST)


async def counts(connection: Connection, week: StatementWeek) -> dict[StatementKind, int]:
    """Return how many sanctions of each kind came into force in a week."""
    return dict(await connection.all(COUNTS, begin=week.begin, end=week.end))
