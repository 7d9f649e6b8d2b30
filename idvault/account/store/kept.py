"""Former versions of records, kept until the disclosures that were requested for them have ended."""

from sqlalchemy import delete, exists, select

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, scalar, statement, upsert
from idvault.core.tables.account import records
from idvault.core.tables.disclosure import disclosures, kept_records
from idvault_verify.disclosure import Disclosure
from idvault_verify.record import SealedRecord

_D, _K, _R = disclosures.c, kept_records.c, records.c
_IS_OPEN = _D.ended_at.is_(None)

# Locked, so that none of them can end before the version is kept.
_OPEN_FOR_NEWEST = statement(
    for_change(
        select(_D.disclosure_id)
        .join(records, (_R.account_token == _D.account_token) & (_R.record_id == _D.record_id))
        .where(_D.account_token == param("token"), _IS_OPEN)
        .order_by(_D.disclosure_id),
        of=disclosures,
    ),
    scalar,
)
_KEEP = statement(
    upsert(kept_records)
    .from_select(
        [column.name for column in kept_records.c],
        select(*(_R[column.name] for column in kept_records.c)).where(_R.account_token == param("token")),
    )
    .on_conflict_do_nothing(index_elements=[_K.account_token, _K.record_id])
)
_IS_VERSION = (_K.account_token == param("token")) & (_K.record_id == param("record_id"))
_FIND = statement(select(kept_records).where(_IS_VERSION), account_rows.record_from_row)
_LOCK = statement(for_change(select(_K.record_id).where(_IS_VERSION)), scalar)
_REMOVE = statement(
    delete(kept_records).where(
        _IS_VERSION,
        ~exists().where(_D.account_token == _K.account_token, _D.record_id == _K.record_id, _IS_OPEN),
    )
)


async def keep(connection: Connection, *, account_token: str) -> None:
    """Keep the account's newest record if a disclosure is open for it; the caller then replaces the record.

    The caller must hold the lock of the account's row.
    """
    if await connection.all(_OPEN_FOR_NEWEST, token=account_token):
        await connection.run(_KEEP, token=account_token)


async def find(connection: Connection, *, account_token: str, record_id: str) -> SealedRecord | None:
    """Return a version of an account's record: the newest, or one that is kept."""
    newest = await account_rows.find(connection, account_token)
    if newest is not None and newest.record_id == record_id:
        return newest
    return await connection.one(_FIND, token=account_token, record_id=record_id)


async def remove(connection: Connection, ended: Disclosure) -> None:
    """Remove a kept version if no other disclosure is open for it; `ended` must be stored as ended."""
    version = {"token": ended.account_token, "record_id": ended.record_id}
    # Two disclosures of one version may end at once: the second waits here, then sees the first as ended.
    if await connection.one(_LOCK, **version) is not None:
        await connection.run(_REMOVE, **version)
