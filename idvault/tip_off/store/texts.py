"""The sealed texts of reports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.tip_off import tip_off_texts
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.tip_off.ports import TipOffText
from idvault.tip_off.rules.filing import MOST_NOTES
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.tip_off import TipOff

REPLY = "reply"


def _from_row(row: Any) -> TipOffText:
    sealed = SealedModerationText(row.key_version, bytes(row.data))
    return TipOffText(row.name, sealed, row.moderator_id, row.written_at)


_OF_REPORT = (tip_off_texts.c.relying_party == param("party")) & (
    tip_off_texts.c.tip_off_id == param("tip_off")
)
_ALL: Statement[TipOffText] = statement(
    select(tip_off_texts).where(_OF_REPORT).order_by(tip_off_texts.c.written_at, tip_off_texts.c.name),
    _from_row,
)
_ONE: Statement[TipOffText] = statement(
    select(tip_off_texts).where(_OF_REPORT, tip_off_texts.c.name == param("name")), _from_row
)
_NOTES: Statement[int] = statement(
    select(func.count())
    .select_from(tip_off_texts)
    .where(_OF_REPORT, tip_off_texts.c.moderator_id.is_not(None)),
    scalar,
)
_ADD = upsert(tip_off_texts)
_PUT = statement(
    _ADD.on_conflict_do_update(
        index_elements=[
            tip_off_texts.c.relying_party,
            tip_off_texts.c.tip_off_id,
            tip_off_texts.c.name,
        ],
        set_={name: _ADD.excluded[name] for name in ("key_version", "data", "moderator_id", "written_at")},
    )
)
_DELETE = statement(delete(tip_off_texts).where(_OF_REPORT))


async def put(connection: Connection, tip_off: TipOff, texts: Sequence[TipOffText], *, now: datetime) -> None:
    """Store texts; one of the same name is replaced."""
    for text in texts:
        await connection.later(
            _PUT,
            relying_party=tip_off.relying_party,
            tip_off_id=tip_off.tip_off_id,
            name=text.name,
            key_version=text.sealed.key_version,
            data=text.sealed.data,
            moderator_id=text.moderator_id,
            written_at=now,
        )


async def check_room(connection: Connection, tip_off: TipOff) -> None:
    """Raise InvalidError (TOO_MANY_ITEMS, note) if a report has as many notes as it may."""
    if await connection.only(_NOTES, **_key(tip_off)) >= MOST_NOTES:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("note", FieldCode.LENGTH))


async def of(connection: Connection, *, party: str, tip_off_id: str) -> list[TipOffText]:
    """Return the texts of a report, oldest first."""
    return await connection.all(_ALL, party=party, tip_off=tip_off_id)


async def reply(connection: Connection, tip_off: TipOff) -> TipOffText | None:
    """Return the reply to the reporter."""
    return await connection.one(_ONE, **_key(tip_off), name=REPLY)


async def delete_all(connection: Connection, tip_off: TipOff) -> None:
    """Delete the texts of a report."""
    await connection.run(_DELETE, **_key(tip_off))


def _key(tip_off: TipOff) -> dict[str, str]:
    return {"party": tip_off.relying_party, "tip_off": tip_off.tip_off_id}
