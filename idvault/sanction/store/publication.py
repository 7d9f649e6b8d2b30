"""Reads what the public may be told of the statements of reasons of all relying parties: only their kinds."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.sanction import content_measures, sanctions
from idvault.sanction.rules import StatementKind, StatementWeek
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory

_TOLD = ("ground", "category", "detection", "decision", "issuer_kind", "territory")
_KIND = (sanctions.c.degree, *(sanctions.c[name] for name in _TOLD))
_CONTENT_KIND = (content_measures.c.kind, *(content_measures.c[name] for name in _TOLD))


def _counted(row: Any) -> tuple[StatementKind, int]:
    return _kind(row, Degree(row.degree)), row.count


def _counted_content(row: Any) -> tuple[StatementKind, int]:
    return _kind(row, ContentMeasureKind(row.kind)), row.count


def _kind(row: Any, decided: Degree | ContentMeasureKind) -> StatementKind:
    return StatementKind(
        decided,
        Ground(row.ground),
        SanctionCategory(row.category),
        Automation(row.detection),
        Automation(row.decision),
        IssuerKind(row.issuer_kind),
        row.territory,
    )


COUNTS: Statement[tuple[StatementKind, int]] = statement(
    select(*_KIND, func.count().label("count"))
    .where(sanctions.c.started_at >= param("begin"), sanctions.c.started_at < param("end"))
    .group_by(*_KIND),
    _counted,
)
CONTENT_COUNTS: Statement[tuple[StatementKind, int]] = statement(
    select(*_CONTENT_KIND, func.count().label("count"))
    .where(content_measures.c.imposed_at >= param("begin"), content_measures.c.imposed_at < param("end"))
    .group_by(*_CONTENT_KIND),
    _counted_content,
)
FIRST_CONTENT: Statement[datetime] = statement(
    select(content_measures.c.imposed_at).order_by(content_measures.c.imposed_at).limit(1), scalar
)
FIRST: Statement[datetime] = statement(
    select(sanctions.c.started_at)
    .where(sanctions.c.started_at.is_not(None))
    .order_by(sanctions.c.started_at)
    .limit(1),
    scalar,
)


async def first(connection: Connection) -> datetime | None:
    """Return when the first sanction or measure on content came into force, None if none did."""
    firsts: list[datetime] = []
    for each in (FIRST, FIRST_CONTENT):
        firsts += await connection.all(each)
    return min(firsts, default=None)


async def counts(connection: Connection, week: StatementWeek) -> dict[StatementKind, int]:
    """Return how many sanctions and measures on content of each kind came into force in a week."""
    found = [await connection.all(each, begin=week.begin, end=week.end) for each in (COUNTS, CONTENT_COUNTS)]
    return {kind: count for rows in found for kind, count in rows}
