"""Writes the log entry of an act, within the act's own transaction."""

from sqlalchemy import insert

from idvault.domain.event import Event
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import statement
from idvault.storage.log.tables import log_entries, log_openings
from idvault.transparency import entry

_ADD = statement(insert(log_entries))
_ADD_OPENING_KEY = statement(insert(log_openings))


async def append(connection: Connection, event: Event) -> None:
    """Write the entry, not yet indexed, and its opening key."""
    await connection.later(
        _ADD,
        entry_id=event.entry_id,
        log_index=None,
        leaf=entry.encode_leaf(event),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
    await connection.later(
        _ADD_OPENING_KEY,
        account_token=event.account_token,
        entry_id=event.entry_id,
        opening_key=event.opening_key,
    )
