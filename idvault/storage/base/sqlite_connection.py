"""A connection of SQLite, prepared so that every commit is durable."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from idvault.storage.base.connection import Connection
from idvault.storage.base.dialect import Compiled
from idvault.storage.base.statement import Statement

_BUSY_MILLISECONDS = 3_000
_STATEMENTS_KEPT = 1_000
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # What was deleted is overwritten, and the write-ahead log is cut when it begins anew.
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 0",
)


class SqliteConnection(Connection):
    """One connection, used by one thread at a time; nothing here ever suspends."""

    def __init__(self, path: Path, *, patient: bool) -> None:
        """Open an existing file; patient: wait for a locked one, as the event loop must not."""
        # The driver would make an empty file out of a mistyped path.
        if not path.is_file():
            raise FileNotFoundError
        self.driver = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_KEPT
        )
        self.driver.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS if patient else 0}")
        for pragma in _PRAGMAS:
            self.driver.execute(pragma)

    def compiled(self, statement: Statement[Any]) -> Compiled:
        """Return the statement with ?."""
        return statement.sqlite

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return all rows: an open cursor would keep COMMIT waiting."""
        return self.driver.execute(text, arguments).fetchall()

    async def _execute(self, text: str, arguments: Sequence[Any]) -> int:
        """Return how many rows changed."""
        return self.driver.execute(text, arguments).rowcount

    async def _execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run the text once for each row."""
        self.driver.executemany(text, rows)

    def begin(self, statement: str) -> None:
        """Begin a transaction."""
        self.driver.execute(statement)

    def commit(self) -> None:
        """Make the transaction durable."""
        self.driver.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo the transaction, if there still is one."""
        if self.driver.in_transaction:
            self.driver.execute("ROLLBACK")
