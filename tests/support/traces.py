"""What a database tells to somebody who has it: its rows, without what is random or keyed."""

import re
from collections import Counter
from typing import Any

from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables import main
from tools.support import sql

_RANDOM = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f-]{36}|acct_[0-9a-z]+")
Traces = Counter[tuple[object, ...]]


def _plain(value: Any) -> object:
    if isinstance(value, bytes | memoryview):
        return len(bytes(value))
    text = str(value)
    return _RANDOM.sub("*", text)


async def traces(database: Database) -> Traces:
    """Return each row of each table, with its number: bytes by their length, ids and hashes as a star."""
    found: Traces = Counter()
    for table in main.sorted_tables:
        for row in await sql.rows(database, select(table)):
            found[(table.name, *(_plain(value) for value in row))] += 1
    return found
