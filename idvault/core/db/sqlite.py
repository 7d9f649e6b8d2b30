"""SQLite through sqlite3: one writer thread, and reader threads that never wait for it.

- A thread runs a whole act or read: one thread switch, not one per statement.
- Writers in several processes queue for a lock file instead of polling the database.
- Single rows and look-ups by key are read on the event loop: that costs less than a thread switch.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idvault.core.db.connection import Commit, T, Work, run_through
from idvault.core.db.sqlite_connection import USUAL_WAIT, SqliteConnection
from idvault.core.db.statement import Statement
from idvault.core.db.threads import Threads
from idvault.core.db.turn import Turn
from idvault_verify.error import Reason, UnavailableError

_READERS = 2
_TURN_WAIT = 10.0


class Sqlite:
    """A database in one SQLite file."""

    def __init__(self, *, path: Path) -> None:
        """Set up without opening the file."""
        self._path = path
        self._turn = Turn.beside(path)
        self._writer = Threads(count=1, connect=self._connect)
        self._readers = Threads(count=_READERS, connect=self._connect)
        self._inline: SqliteConnection | None = None

    async def act(self, work: Work[T], commit: Commit) -> T:
        """Run work in one transaction, as the file's only writer."""
        return await self._writer.run(lambda connection: self._act(connection, work, commit))

    async def write(self, statement: Statement[T], parameters: Mapping[str, Any]) -> T | None:
        """Run one statement in a transaction."""
        return await self.act(lambda connection: connection.one(statement, **parameters), Commit())

    async def read(self, work: Work[T]) -> T:
        """Run work on one snapshot of the file."""
        return await self._readers.run(lambda connection: _read(connection, work))

    async def find(self, statement: Statement[T], parameters: Mapping[str, Any]) -> list[T]:
        """Return the values of a statement's rows."""
        connection, self._inline = self._inline or SqliteConnection(self._path, wait=0), None
        try:
            values = run_through(connection.all(statement, **parameters))
        except BaseException:
            connection.driver.close()
            raise
        self._inline = connection
        return values

    async def empty_log(self) -> bool:
        """Empty the write-ahead log; return False while a reader keeps it."""
        return await self._writer.run(self._empty_log)

    async def close(self) -> None:
        """Finish the queued work and close the file."""
        await self._writer.close()
        await self._readers.close()
        if self._inline is not None:
            self._inline.driver.close()
        self._turn.close()

    def _connect(self) -> SqliteConnection:
        return SqliteConnection(self._path, wait=USUAL_WAIT)

    def _empty_log(self, connection: SqliteConnection) -> bool:
        self._take_turn()
        try:
            return connection.empty_log()
        finally:
            self._turn.give()

    def _take_turn(self) -> None:
        if not self._turn.take(timeout=_TURN_WAIT):
            raise UnavailableError(Reason.STORE_UNAVAILABLE)

    def _act(self, connection: SqliteConnection, work: Work[T], commit: Commit) -> T:
        self._take_turn()
        try:
            # Takes the write lock first: upgrading a read lock can deadlock.
            return _transaction(connection, "BEGIN IMMEDIATE", work, commit)
        finally:
            self._turn.give()


def _read(connection: SqliteConnection, work: Work[T]) -> T:
    return _transaction(connection, "BEGIN", work, Commit())


def _transaction(connection: SqliteConnection, begin: str, work: Work[T], commit: Commit) -> T:
    connection.begin(begin)
    try:
        result = run_through(work(connection))
        commit.sent = True
        connection.commit()
    except BaseException:
        connection.roll_back()
        raise
    return result
