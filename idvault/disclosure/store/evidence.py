"""Reads the evidence by which a sealed record or an opening of it can be checked."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from idvault.account.store import kept, record
from idvault.core.db.act import read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement
from idvault.core.tables.claim import claims
from idvault.core.tables.log import log_entries, log_openings
from idvault.disclosure.ports import EndedClaim, RecordEvidence
from idvault.log.ports.logged import Logged
from idvault.verify.claim import ClaimState
from idvault.verify.record import SealedRecord


def _logged(row: Row[Any]) -> Logged:
    return Logged(row.entry_id, row.leaf, row.opening_key, row.log_index)


_ENTRIES = (
    select(log_entries.c.entry_id, log_entries.c.leaf, log_entries.c.log_index, log_openings.c.opening_key)
    .join(log_openings, log_openings.c.entry_id == log_entries.c.entry_id)
    .where(log_openings.c.account_token == param("token"))
)
# Entries that have no log index yet are newer than all others.
_NEWEST_FIRST = statement(
    _ENTRIES.order_by(
        log_entries.c.log_index.is_(None).desc(),
        log_entries.c.log_index.desc(),
        log_entries.c.recorded_at.desc(),
    ),
    _logged,
)
_ENTRY = statement(_ENTRIES.where(log_entries.c.entry_id == param("entry_id")), _logged)
_ENDED = statement(
    select(claims.c.claim_id, claims.c.state, claims.c.failure_reason)
    .where(claims.c.account_token == param("token"), claims.c.state != ClaimState.PENDING.value)
    .order_by(claims.c.ended_at.desc()),
    lambda row: EndedClaim(row.claim_id, row.state, row.failure_reason or ""),
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlEvidence:
    """Records with their claims and log entries."""

    database: Database

    @read("disclosure.record")
    async def record(
        self, connection: Connection, *, account_token: str, record_id: str
    ) -> SealedRecord | None:
        """Return one version of a record."""
        return await kept.find(connection, account_token=account_token, record_id=record_id)

    @read("disclosure.evidence")
    async def evidence(
        self, connection: Connection, *, account_token: str, record_id: str | None = None
    ) -> RecordEvidence | None:
        """Return a record, how the account's claims ended, and its log entries, newest first."""
        newest = stored = await record.find(connection, account_token)
        if record_id is not None:
            stored = await kept.find(connection, account_token=account_token, record_id=record_id)
        if stored is None:
            return None
        ended = await connection.all(_ENDED, token=account_token)
        entries = await connection.all(_NEWEST_FIRST, token=account_token)
        return RecordEvidence(stored, tuple(ended), tuple(entries), is_newest=stored == newest)

    async def logged(self, *, account_token: str, entry_id: str) -> Logged | None:
        """Return one log entry of an account with its opening key."""
        return await self.database.one("disclosure.logged", _ENTRY, token=account_token, entry_id=entry_id)
