"""Rows of drills: a record for each quorum, and when each of its custodians last passed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from idvault.account.store.rows import pack, unpack_parts
from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, statement, upsert
from idvault.core.tables.custody import drill_passes, drill_records
from idvault.custody.drill.rules import DrillHistory, DrillRecord
from idvault_verify.record import SealedRecord


def _from_row(row: Row[Any]) -> DrillRecord:
    record = SealedRecord(
        account_token=row.account_token,
        relying_party=row.relying_party,
        record_id=row.record_id,
        format_version=row.format_version,
        sealing_quorum_id=row.quorum_id,
        present_quorum_id=row.quorum_id,
        suite=row.suite,
        salt=row.salt,
        commitment=row.commitment,
        ciphertext=row.ciphertext,
        share_hashes=unpack_parts(row.share_hashes),
        shares=unpack_parts(row.shares),
    )
    return DrillRecord(record, row.entry_id, row.made_at)


# A quorum's drill record.
GET = statement(select(drill_records).where(drill_records.c.quorum_id == param("quorum_id")), _from_row)
_MADE = statement(select(drill_records.c.quorum_id, drill_records.c.made_at))
_PASSED = statement(select(drill_passes.c.quorum_id, drill_passes.c.actor_id, drill_passes.c.passed_at))
_RENEW = statement(
    upsert(drill_records)
    .on_conflict_do_nothing(index_elements=[drill_records.c.quorum_id])
    .returning(drill_records.c.quorum_id)
)
_PASS = upsert(drill_passes)
# Returns no row if the signature is not later than the last one.
_COMPLETE = statement(
    _PASS.on_conflict_do_update(
        index_elements=[drill_passes.c.quorum_id, drill_passes.c.actor_id],
        set_={name: _PASS.excluded[name] for name in ("signed_at", "passed_at", "entry_id")},
        where=drill_passes.c.signed_at < _PASS.excluded.signed_at,
    ).returning(drill_passes.c.quorum_id)
)


async def history(connection: Connection) -> DrillHistory:
    """Return when each record was made and when each custodian last passed."""
    return DrillHistory(
        {row.quorum_id: row.made_at for row in await connection.all(_MADE)},
        {(row.quorum_id, row.actor_id): row.passed_at for row in await connection.all(_PASSED)},
    )


async def renew(connection: Connection, record: SealedRecord, *, entry_id: str, now: datetime) -> bool:
    """Insert a quorum's drill record; False if it has one."""
    written = await connection.one(
        _RENEW,
        quorum_id=record.present_quorum_id,
        account_token=record.account_token,
        relying_party=record.relying_party,
        record_id=record.record_id,
        format_version=record.format_version,
        suite=record.suite,
        salt=record.salt,
        commitment=record.commitment,
        ciphertext=record.ciphertext,
        share_hashes=pack(record.share_hashes),
        shares=pack(record.shares),
        entry_id=entry_id,
        made_at=now,
    )
    return written is not None


async def complete(
    connection: Connection,
    quorum_id: str,
    actor_id: str,
    *,
    signed_at: datetime,
    entry_id: str,
    now: datetime,
) -> bool:
    """Store that a custodian passed; False unless it signed later than at the previous pass."""
    row = {"quorum_id": quorum_id, "actor_id": actor_id, "entry_id": entry_id}
    return await connection.one(_COMPLETE, **row, signed_at=signed_at, passed_at=now) is not None
