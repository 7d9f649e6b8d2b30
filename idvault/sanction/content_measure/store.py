"""Rows of measures on content, with their appeals."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, LargeBinary, String, func, literal_column, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.rows import KeptAs, Rows
from idvault.core.tables.sanction import content_measures as table
from idvault.sanction.content_measure.rules import ContentMeasure, ContentMeasureFilter
from idvault.sealing.ports import SealedModerationText
from idvault_verify.error import Reason
from idvault_verify.sanction import AppealState
from idvault_verify.statement import DIGEST_SIZE


def _digests(packed: bytes) -> tuple[bytes, ...]:
    return tuple(bytes(packed[at : at + DIGEST_SIZE]) for at in range(0, len(packed), DIGEST_SIZE))


_APPEAL = (
    *("state", "filed_at", "due_at", "overdue_at", "decided_at", "decided_by", "reason", "paper"),
    *("outside_body", "outside_until", "delete_at", "text_deleted_at"),
)
ROWS = Rows(
    ContentMeasure,
    table,
    key="measure_id",
    made_at="imposed_at",
    unknown=Reason.CONTENT_MEASURE_NOT_FOUND,
    states={
        "content": table.c.content == param("content", String),
        "appeal": table.c.appeal_state == param("word", String),
    },
    apart=("key_version", "text"),
    kept={
        "statement.evidence": KeptAs(read=_digests, write=b"".join),
        "statement.order.reference": KeptAs("order_reference"),
        "statement.order.issued_on": KeptAs("order_issued_on"),
        "statement.order.digest": KeptAs("order_digest"),
        **{f"appeal.{name}": KeptAs(f"appeal_{name}") for name in _APPEAL},
    },
)
_MINE = (table.c.relying_party == param("party")) & (table.c.measure_id == param("measure"))
_TEXT: Statement[SealedModerationText | None] = statement(
    select(table.c.key_version, table.c.text).where(_MINE),
    lambda row: None if row.text is None else SealedModerationText(row.key_version, bytes(row.text)),
)
_PUT_TEXT = statement(
    update(table).where(_MINE).values(key_version=param("version"), text=param("sealed", LargeBinary))
)
_DELETE_TEXT = statement(update(table).where(_MINE).values(text=None))
# Written out, so that the databases use the index of undecided ones.
_FILED = table.c.appeal_state == literal_column(f"'{AppealState.FILED.value}'")
_UNDECIDED = _FILED & (table.c.appeal_due_at <= param("now"))
_LIMIT = param("limit", Integer)
NOT_NOTED: Statement[ContentMeasure] = statement(
    ROWS.query.where(_UNDECIDED, table.c.appeal_overdue_at.is_(None))
    .order_by(table.c.appeal_due_at)
    .limit(_LIMIT),
    ROWS.from_row,
)
COUNT_OVERDUE: Statement[int] = statement(select(func.count()).select_from(table).where(_UNDECIDED), scalar)
DEADLINES: Statement[PlatformDeadlines] = by_platform(
    table, table.c.appeal_due_at, _FILED, index="ix_content_measures_due"
)
DELETABLE: Statement[ContentMeasure] = statement(
    ROWS.query.where(table.c.appeal_delete_at <= param("now"))
    .order_by(table.c.appeal_delete_at)
    .limit(_LIMIT),
    ROWS.from_row,
)


def _key(measure: ContentMeasure) -> dict[str, str]:
    return {"party": measure.relying_party, "measure": measure.measure_id}


async def add(connection: Connection, measure: ContentMeasure) -> None:
    """Insert a measure, which has no appeal yet."""
    await ROWS.add(connection, measure, key_version=None, text=None)


async def put_text(connection: Connection, measure: ContentMeasure, text: SealedModerationText) -> None:
    """Store the text of the appeal of a measure whose row this act has locked."""
    await connection.later(_PUT_TEXT, **_key(measure), version=text.key_version, sealed=text.data)


async def delete_text(connection: Connection, measure: ContentMeasure) -> None:
    """Remove the text of the appeal of a measure whose row this act has locked."""
    await connection.later(_DELETE_TEXT, **_key(measure))


async def text(connection: Connection, measure: ContentMeasure) -> SealedModerationText | None:
    """Return the sealed text of the appeal; None without one, and once it is deleted."""
    return await connection.only(_TEXT, **_key(measure))


async def page(
    connection: Connection, party: str, wanted: ContentMeasureFilter, *, after: str, limit: int
) -> tuple[list[ContentMeasure], str]:
    """Return a page as Rows.page does."""
    narrowed: dict[str, Any] = {}
    if wanted.content is not None:
        narrowed = {"state": "content", "content": wanted.content}
    elif wanted.appeal is not None:
        narrowed = {"state": "appeal", "word": wanted.appeal.value}
    return await ROWS.page(connection, party, after=after, limit=limit, **narrowed)


async def not_noted(connection: Connection, *, now: datetime, limit: int) -> list[ContentMeasure]:
    """Return measures with an overdue appeal of which that is not stored, the longest due first."""
    return await connection.all(NOT_NOTED, now=now, limit=limit)


async def deletable(connection: Connection, *, now: datetime, limit: int) -> list[ContentMeasure]:
    """Return measures with an appeal's text that must be deleted."""
    return await connection.all(DELETABLE, now=now, limit=limit)


async def overdue(connection: Connection, *, now: datetime) -> int:
    """Return how many appeals are overdue, at all relying parties."""
    return await connection.only(COUNT_OVERDUE, now=now)


async def deadlines(connection: Connection, *, now: datetime) -> list[PlatformDeadlines]:
    """Return the undecided appeals of each platform."""
    return await connection.all(DEADLINES, now=now)
