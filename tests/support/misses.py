"""The missed deadlines in a database: what each says in the clear, and what is kept beside it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, statement
from idvault.core.tables.log import log_entries, log_misses
from idvault_verify.transparency import entry

_MISSES: Statement[Any] = statement(
    select(log_entries.c.leaf, log_misses.c.filed_at)
    .outerjoin(log_misses, log_misses.c.entry_id == log_entries.c.entry_id)
    .order_by(log_entries.c.recorded_at, log_entries.c.entry_id)
)


async def missed(database: Database) -> list[tuple[str, str, datetime]]:
    """Return type, platform and time of filing of every entry that has one of them."""

    async def read(connection: Connection) -> list[Any]:
        return await connection.all(_MISSES)

    found = [(entry.decode_leaf(row.leaf), row.filed_at) for row in await database.read("test", read)]
    return [(leaf.type, leaf.platform, filed_at) for leaf, filed_at in found if leaf.platform or filed_at]
