"""A SQLite connection, set up so that every commit is durable."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from idvault.storage.base.connection import Connection
from idvault.storage.base.dialect import Compiled
from idvault.storage.base.statement import Statement

USUAL_WAIT = 3.0
_STATEMENTS_KEPT = 1_000
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Overwrite deleted data, and truncate the write-ahead log when it restarts.
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 0",
)


class SqliteConnection(Connection):
    """One connection, used by one thread at a time; nothing here ever suspends."""

    def __init__(self, path: Path, *, wait: float) -> None:
        """Open an existing file; wait: how many seconds for a lock, none where the event loop runs."""
        # The driver would create an empty file for a mistyped path.
        if not path.is_file():
            raise FileNotFoundError
        self.driver = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_KEPT
        )
        try:
            self.driver.execute(f"PRAGMA busy_timeout = {round(wait * 1_000)}")
            for pragma in _PRAGMAS:
                self.driver.execute(pragma)
        except BaseException:
            self.driver.close()
            raise

    def compiled(self, statement: Statement[Any]) -> Compiled:
        """Return the statement with ? placeholders."""
        return statement.sqlite

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return all rows: an open cursor would block COMMIT."""
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
        """Commit the transaction."""
        self.driver.execute("COMMIT")

    def roll_back(self) -> None:
        """Roll back the transaction if one is open."""
        if self.driver.in_transaction:
            self.driver.execute("ROLLBACK")
