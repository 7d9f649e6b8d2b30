"""Reads what the public may be told of statements of reasons (sanction.ports.StatementStore)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from idvault.core.db.act import read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.sanction import sanctions
from idvault.sanction.rules import StatementKind, StatementWeek
from idvault.verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory

# What was imposed before statements were required has no moderator.
_STATED = sanctions.c.started_at.is_not(None) & (sanctions.c.imposed_by != "")
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
    .where(_STATED, sanctions.c.started_at >= param("begin"), sanctions.c.started_at < param("end"))
    .group_by(*_KIND),
    _counted,
)
FIRST: Statement[datetime] = statement(
    select(sanctions.c.started_at).where(_STATED).order_by(sanctions.c.started_at).limit(1), scalar
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlStatementStore:
    """Statements of all relying parties in the main database, counted."""

    database: Database

    @read("statement.first")
    async def first(self, connection: Connection) -> datetime | None:
        """Return when the first sanction with a statement came into force."""
        found = await connection.all(FIRST)
        return found[0] if found else None

    @read("statement.counts")
    async def counts(self, connection: Connection, week: StatementWeek) -> dict[StatementKind, int]:
        """Return how many statements of each kind a week has."""
        return dict(await connection.all(COUNTS, begin=week.begin, end=week.end))
