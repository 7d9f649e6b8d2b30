"""A SQLite connection, set up so that every commit is durable."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Compiled, Statement

USUAL_WAIT = 3.0
# How long writers may wait for readers that have begun before the log was copied.
_EMPTYING_WAIT = 0.5
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

    def __init__(self, path: Path, *, wait: float, writable: bool = False) -> None:
        """Open an existing file; wait: how many seconds for a lock, none where the event loop runs."""
        # The driver would create an empty file for a mistyped path.
        if not path.is_file():
            raise FileNotFoundError
        self._log = path.with_name(f"{path.name}-wal")
        self._wait, self.writable = wait, writable
        self.driver = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_KEPT
        )
        try:
            self._set_wait(wait)
            for pragma in _PRAGMAS:
                self.driver.execute(pragma)
            if not writable:
                # Also what SQLAlchemy does not know as a change, such as a text.
                self.driver.execute("PRAGMA query_only = ON")
        except BaseException:
            self.driver.close()
            raise

    def _set_wait(self, seconds: float) -> None:
        self.driver.execute(f"PRAGMA busy_timeout = {round(seconds * 1_000)}")

    def empty_log(self) -> bool:
        """Copy the whole write-ahead log into the file, which overwrites deleted bytes, and truncate it.

        Returns False, and leaves the log as it is, while somebody reads what was before. Raises RuntimeError
        if this connection does not overwrite what it deletes.
        """
        if self.driver.execute("PRAGMA secure_delete").fetchone() != (1,):
            raise RuntimeError("secure_delete is off")
        # Does not make writers wait, and shows whether an old reader keeps the log.
        busy, pages, copied = self.driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if busy or pages != copied:
            return False
        self._set_wait(_EMPTYING_WAIT)
        try:
            busy, _, _ = self.driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._set_wait(self._wait)
        return not busy and (not self._log.exists() or self._log.stat().st_size == 0)

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
