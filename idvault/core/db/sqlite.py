"""SQLite through sqlite3: one writer thread, and reader threads that never wait for it.

- A thread runs a whole act or read: one thread switch, not one per statement.
- Writers in several processes queue for a lock file (Turn) instead of polling the database.
- Single rows and look-ups by key are read on the event loop: that costs less than a thread switch.
- A copy is of one instant, while other processes write (sqlite3_backup).
"""

import fcntl
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from idvault.core.db import url as address
from idvault.core.db.connection import FOREIGN, Commit, DriverError, T, Work, describe_failure, run_through
from idvault.core.db.sqlite_connection import USUAL_WAIT, SqliteConnection
from idvault.core.db.statement import Statement
from idvault.core.db.threads import Threads
from idvault_verify import durable_file
from idvault_verify.error import Reason, UnavailableError


class Turn:
    """An exclusive lock on an empty file beside the database, held for one act.

    Processes that wait for SQLite's lock poll it, and under continuous writes find it locked each time. The
    kernel wakes the processes that wait for this lock, and releases it when its holder dies. Only one thread
    may use it at a time.

    A released lock goes to whoever asks first, which on a busy host is its last holder. So a second file
    marks the next in line: it is locked while waiting for the first, and the last holder queues behind.
    """

    def __init__(self, path: Path, *, like: Path | None = None) -> None:
        """Set the file's path; the first turn creates it, and a file beside it that ends in -next.

        like: the file whose owner both belong to; None for that of the folder.
        """
        self._paths = (path, path.with_name(f"{path.name}-next"))
        self._like = like or path.parent
        self._files: tuple[int, int] | None = None
        self._waiting: _Waiting | None = None

    @classmethod
    def beside(cls, database: Path) -> "Turn":
        """Return the turn of a SQLite file."""
        return cls(database.with_name(f"{database.name}-turn"), like=database)

    def take(self, *, timeout: float) -> bool:
        """Wait up to timeout seconds; return whether the turn is taken."""
        if self._files is None:
            first, following = (durable_file.open_lock(path, like=self._like) for path in self._paths)
            self._files = (first, following)
        if self._waiting is None:
            if _locked_at_once(*self._files):
                return True
            self._waiting = _Waiting(*self._files)
        if not self._waiting.granted(timeout):
            return False
        self._waiting = None
        return True

    def give(self) -> None:
        """Release the lock."""
        if self._files is not None:
            fcntl.flock(self._files[0], fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files, unless a thread still waits for their locks; that wait ends with the process."""
        if self._files is not None and self._waiting is None:
            for file in self._files:
                os.close(file)
            self._files = None


class _Waiting:
    """A thread that waits for the lock, since flock has no time-out.

    A lock that is granted after the caller gave up is released. Until then the next turn uses the same
    thread: a second request on the same file would be granted together with the first.
    """

    def __init__(self, file: int, next_file: int) -> None:
        self._file = file
        self._next = next_file
        self._change = Condition()
        self._wanted = True
        self._locked = False
        Thread(target=self._wait, name="turn", daemon=True).start()

    def granted(self, timeout: float) -> bool:
        with self._change:
            self._wanted = True
            self._change.notify_all()
            self._wanted = self._change.wait_for(lambda: self._locked, timeout)
            return self._wanted

    def _wait(self) -> None:
        while True:
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)
            with self._change:
                if self._wanted:
                    self._locked = True
                    self._change.notify_all()
                    return
                fcntl.flock(self._file, fcntl.LOCK_UN)
                self._change.wait_for(lambda: self._wanted)


def _locked_at_once(file: int, next_file: int) -> bool:
    """Lock the file unless another process has it or is next in line."""
    try:
        fcntl.flock(next_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        fcntl.flock(next_file, fcntl.LOCK_UN)
    return True


_READERS = 2
_TURN_WAIT = 10.0


class Sqlite:
    """A database in one SQLite file."""

    def __init__(self, *, path: Path) -> None:
        """Set up without opening the file."""
        self._path = path
        self._turn = Turn.beside(path)
        self._writer = Threads(count=1, connect=self._connect_writer)
        self._readers = Threads(count=_READERS, connect=self._connect_reader)
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

    def _connect_writer(self) -> SqliteConnection:
        return SqliteConnection(self._path, wait=USUAL_WAIT, writable=True)

    def _connect_reader(self) -> SqliteConnection:
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


def copy_file(source: Path, target: Path) -> None:
    """Write a durable copy that only its owner can read; raises UnavailableError (STORE_UNAVAILABLE)."""
    draft = target.with_name(f".{target.name}.draft")
    failure: DriverError
    try:
        draft.unlink(missing_ok=True)
        address.create_file(draft)
        with (
            closing(SqliteConnection(source, wait=USUAL_WAIT).driver) as origin,
            closing(sqlite3.connect(draft)) as copied,
        ):
            # All pages in one step: after each write of another process, a copy in several would start again.
            origin.backup(copied)
        durable_file.adopt(draft, target)
    except FOREIGN as error:
        failure = describe_failure(error)
    else:
        return
    finally:
        draft.unlink(missing_ok=True)
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


def is_whole(path: Path) -> bool:
    """Tell whether a closed file is a SQLite database in which every page and index is in order."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            return connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
    except sqlite3.Error:
        return False
