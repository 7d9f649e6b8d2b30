"""Writes the log entry of an act, within the act's own transaction."""

from sqlalchemy import insert

from idvault.core.db.connection import Connection
from idvault.core.db.statement import statement, upsert
from idvault.core.tables.log import log_entries, log_openings, moderator_papers
from idvault_verify.attest import sanction as papers
from idvault_verify.event import Event
from idvault_verify.transparency import entry

_ADD_ENTRY = statement(insert(log_entries))
_ADD_OPENING_KEY = statement(insert(log_openings))
_ADD_PAPER = statement(
    upsert(moderator_papers).on_conflict_do_nothing(index_elements=[moderator_papers.c.digest])
)


async def append(connection: Connection, event: Event) -> None:
    """Write the entry, not yet indexed, its opening key, and what a moderator signed for it."""
    await connection.later(
        _ADD_ENTRY,
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
    for paper in papers.kept(event.fields.values()):
        await connection.later(_ADD_PAPER, digest=papers.digest(paper).hex(), paper=paper)
