"""Rows of appeals."""

from typing import Any

from sqlalchemy import insert, select, update

from idvault.domain.error import NotFoundError, Reason
from idvault.domain.sanction.appeal import Appeal, AppealState
from idvault.ports.moderation_text import SealedModerationText
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.sanction.tables import appeals

_TEXT = ("key_version", "text")
READ = [column for column in appeals.c if column.name not in _TEXT]
"""The columns of an appeal without its sealed text, which only `text` reads."""


def from_row(row: Any) -> Appeal:
    """Return the appeal in a row of `READ`."""
    return Appeal(
        appeal_id=row.appeal_id,
        relying_party=row.relying_party,
        account_token=row.account_token,
        sanction_id=row.sanction_id,
        state=AppealState(row.state),
        filed_at=row.filed_at,
        due_at=row.due_at,
        overdue_at=row.overdue_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        paper=row.paper,
        outside_body=row.outside_body,
        outside_until=row.outside_until,
        delete_at=row.delete_at,
        text_deleted_at=row.text_deleted_at,
    )


def _sealed(row: Any) -> SealedModerationText | None:
    return None if row.text is None else SealedModerationText(row.key_version, bytes(row.text))


_MINE = (appeals.c.account_token == param("token")) & (appeals.c.appeal_id == param("appeal"))
_GET: Statement[Appeal] = statement(
    select(*READ).where(appeals.c.appeal_id == param("appeal"), appeals.c.relying_party == param("party")),
    from_row,
)
_LOCK: Statement[Appeal] = statement(for_change(select(*READ).where(_MINE)), from_row)
_OF_SANCTION: Statement[Appeal] = statement(
    select(*READ).where(
        appeals.c.account_token == param("token"), appeals.c.sanction_id == param("sanction")
    ),
    from_row,
)
_READ_TEXT: Statement[SealedModerationText | None] = statement(
    select(appeals.c.key_version, appeals.c.text).where(_MINE), _sealed
)
_ADD = statement(insert(appeals))
_LIFE = (
    "state",
    "overdue_at",
    "decided_at",
    "decided_by",
    "reason",
    "paper",
    "outside_body",
    "outside_until",
    "delete_at",
    "text_deleted_at",
)
_PUT = statement(update(appeals).where(_MINE).values({name: param(name) for name in _LIFE}))
_DELETE_TEXT = statement(update(appeals).where(_MINE).values(text=None))


async def get(connection: Connection, relying_party: str, appeal_id: str) -> Appeal:
    """Return a relying party's appeal; raises NotFoundError (APPEAL_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, appeal=appeal_id)
    if found is None:
        raise NotFoundError(Reason.APPEAL_NOT_FOUND)
    return found


async def lock(connection: Connection, appeal: Appeal) -> Appeal:
    """Return an appeal as it is stored now, locked; the account's row must be locked before."""
    return await connection.only(_LOCK, token=appeal.account_token, appeal=appeal.appeal_id)


async def of_sanction(connection: Connection, *, account_token: str, sanction_id: str) -> Appeal | None:
    """Return the appeal against a sanction."""
    return await connection.one(_OF_SANCTION, token=account_token, sanction=sanction_id)


async def text(connection: Connection, appeal: Appeal) -> SealedModerationText | None:
    """Return the sealed text of an appeal; None once it is deleted."""
    return await connection.only(_READ_TEXT, token=appeal.account_token, appeal=appeal.appeal_id)


async def add(connection: Connection, appeal: Appeal, sealed: SealedModerationText) -> None:
    """Insert an appeal with its text."""
    await connection.later(
        _ADD,
        account_token=appeal.account_token,
        appeal_id=appeal.appeal_id,
        relying_party=appeal.relying_party,
        sanction_id=appeal.sanction_id,
        filed_at=appeal.filed_at,
        due_at=appeal.due_at,
        key_version=sealed.key_version,
        text=sealed.data,
        **_life(appeal),
    )


async def put(connection: Connection, appeal: Appeal) -> None:
    """Store the state of an appeal whose row this act has locked."""
    await connection.later(_PUT, token=appeal.account_token, appeal=appeal.appeal_id, **_life(appeal))


async def delete_text(connection: Connection, appeal: Appeal) -> None:
    """Remove the text of an appeal whose row this act has locked."""
    await connection.later(_DELETE_TEXT, token=appeal.account_token, appeal=appeal.appeal_id)


def _life(appeal: Appeal) -> dict[str, object]:
    return {
        "state": appeal.state.value,
        "overdue_at": appeal.overdue_at,
        "decided_at": appeal.decided_at,
        "decided_by": appeal.decided_by,
        "reason": appeal.reason,
        "paper": appeal.paper,
        "outside_body": appeal.outside_body,
        "outside_until": appeal.outside_until,
        "delete_at": appeal.delete_at,
        "text_deleted_at": appeal.text_deleted_at,
    }
