"""Reads what a sealed record, or an opening of it, can be checked by."""

from typing import Any

from sqlalchemy import Row, Select, select

from idvault.domain.verification import ClaimState
from idvault.ports.disclosure import EndedClaim, Evidence, Logged
from idvault.storage.account import record
from idvault.storage.base.connection import Connection
from idvault.storage.claim.tables import claims
from idvault.storage.log.tables import log_entries, log_openings


async def of_record(connection: Connection, account_token: str) -> Evidence | None:
    """Return an account's record, how its claims ended, and its log entries, newest first."""
    stored = await record.find(connection, account_token)
    if stored is None:
        return None
    query = (
        select(claims.c.claim_id, claims.c.state, claims.c.failure_reason)
        .where(claims.c.account_token == account_token, claims.c.state != ClaimState.PENDING.value)
        .order_by(claims.c.ended_at.desc())
    )
    ended = tuple(
        EndedClaim(row.claim_id, row.state, row.failure_reason or "")
        for row in await connection.execute(query)
    )
    # Entries without a place in the log yet are newer than all that have one.
    newest_first = _entries(account_token).order_by(
        log_entries.c.log_index.is_(None).desc(),
        log_entries.c.log_index.desc(),
        log_entries.c.recorded_at.desc(),
    )
    return Evidence(stored, ended, tuple(_logged(row) for row in await connection.execute(newest_first)))


async def of_entry(connection: Connection, account_token: str, entry_id: str) -> Logged | None:
    """Return one entry of an account with the key that opens it."""
    query = _entries(account_token).where(log_entries.c.entry_id == entry_id)
    row = (await connection.execute(query)).first()
    return None if row is None else _logged(row)


def _entries(account_token: str) -> Select[Any]:
    return (
        select(
            log_entries.c.entry_id, log_entries.c.leaf, log_entries.c.log_index, log_openings.c.opening_key
        )
        .join(log_openings, log_openings.c.entry_id == log_entries.c.entry_id)
        .where(log_openings.c.account_token == account_token)
    )


def _logged(row: Row[Any]) -> Logged:
    return Logged(row.entry_id, row.leaf, row.opening_key, row.log_index)
