"""Rows of receipts: which log entry belongs to a successful claim."""

from typing import Any

from sqlalchemy import insert

from idvault.claim.ports import ReceiptEvidence
from idvault.core.db.connection import Connection
from idvault.core.db.statement import statement
from idvault.core.tables.claim import claims, receipts
from idvault.core.tables.log import log_entries, log_openings
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord
from idvault.verify.transparency import entry

COLUMNS = (
    receipts.c.entry_id,
    receipts.c.record_digest,
    receipts.c.quorum_id,
    log_entries.c.leaf,
    log_entries.c.log_index,
    log_openings.c.opening_key,
)
"""The columns that `from_row` reads; the joins that they need follow."""
OF_CLAIM = (
    receipts,
    (receipts.c.account_token == claims.c.account_token) & (receipts.c.claim_id == claims.c.claim_id),
)
ENTRY = (log_entries, log_entries.c.entry_id == receipts.c.entry_id)
OPENING_KEY = (
    log_openings,
    (log_openings.c.account_token == receipts.c.account_token)
    & (log_openings.c.entry_id == receipts.c.entry_id),
)

_ADD = statement(insert(receipts))


async def add(
    connection: Connection, *, claim_id: str, record: SealedRecord, digest: bytes, event: Event
) -> ReceiptEvidence:
    """Store the entry that act `settle` wrote for a success; return the receipt's evidence.

    digest: the record's digest.
    """
    await connection.later(
        _ADD,
        account_token=record.account_token,
        claim_id=claim_id,
        entry_id=event.entry_id,
        record_digest=digest,
        quorum_id=record.sealing_quorum_id,
    )
    return ReceiptEvidence(
        digest, record.sealing_quorum_id, event.entry_id, entry.encode_leaf(event), event.opening_key
    )


def from_row(row: Any) -> ReceiptEvidence | None:
    """Return the receipt's evidence; None if there is no receipt or its opening key was destroyed."""
    if row.entry_id is None or row.leaf is None or row.opening_key is None:
        return None
    return ReceiptEvidence(
        row.record_digest, row.quorum_id, row.entry_id, row.leaf, row.opening_key, row.log_index
    )
