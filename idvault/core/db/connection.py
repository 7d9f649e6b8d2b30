"""The connection on which an act or a read runs its statements, and the errors of its driver.

- Work may await nothing but this connection. On SQLite one thread runs the work from start to end, and a
  transaction held across any other await would block every other writer. Both databases refuse it.
- A read changes nothing: only an act, and `Database.write`, may run a statement that writes.
- A driver's exceptions become errors that carry no values, and say what may be repeated.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass
from types import coroutine
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]

from idvault.core.db.statement import Compiled, Statement

# Everything a driver raises; OSError covers refused connections and time-outs.
FOREIGN = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
    OSError,
)

# Serialization failure, deadlock, lock not available: PostgreSQL undid the step and asks to repeat it.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# Shut down, crashed, starting up, no such connection; a former leader that became read-only; a transaction or
# a session that was idle for too long, which the server undid and whose connection it closed.
_LOST = frozenset(
    {"57P01", "57P02", "57P03", "57P05", "08000", "08001", "08003", "08004", "08006", "25006", "25P03"}
)
_STATEMENT_STOPPED = "57014"
_PRIMARY_CODE = 0xFF


class DriverError(Exception):
    """A statement failed; the text is the exception's class and code, never a value.

    database: which database it was, "" if its owner gave it no name.
    conflict: the database rolled back, and an immediate retry may succeed.
    lost: this connection is unusable; a new one may work.
    late: the database did not answer in time.
    """

    def __init__(
        self, kind: str, code: str = "", *, conflict: bool = False, lost: bool = False, late: bool = False
    ) -> None:
        """Keep what an operator needs to look up the failure."""
        super().__init__(f"{kind} {code}".strip())
        self.database = ""
        self.code = code
        self.conflict = conflict
        self.lost = lost
        self.late = late

    @property
    def log_text(self) -> str:
        """The text with the database, for the process log."""
        return f"{self.database}: {self}" if self.database else str(self)


class NoSocketError(FileNotFoundError):
    """The socket of a server is not there: the server does not run."""


def describe_failure(error: BaseException) -> DriverError:
    """Return the failure without the driver's text, which may quote rows and parameters."""
    kind = type(error).__name__
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        void = isinstance(error, asyncpg.InvalidCachedStatementError)  # a migration changed what a plan reads
        return DriverError(
            kind,
            state,
            conflict=state in _CONFLICTS,
            lost=void or state in _LOST,
            late=state == _STATEMENT_STOPPED,
        )
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        busy = code & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        return DriverError(kind, str(code), conflict=busy)
    # OpenSSL's number says why a certificate does not verify; it has no value of ours.
    verification = getattr(error, "verify_code", None)
    code = str(verification) if isinstance(verification, int) else ""
    return DriverError(kind, code, lost=_is_lost(error), late=isinstance(error, TimeoutError))


def _is_lost(error: BaseException) -> bool:
    # A time-out is not retried: the next try would take as long, and the caller has already waited.
    if isinstance(error, TimeoutError):
        return False
    # asyncpg raises InterfaceError itself for a closed connection; its subclasses report wrong values. It
    # raises InternalClientError if the server's last message arrived but the end of the connection did not.
    return isinstance(error, OSError | asyncpg.InternalClientError) or type(error) is asyncpg.InterfaceError


T = TypeVar("T")


class SuspendedError(RuntimeError):
    """The work of an act or a read awaited something other than its connection."""


class Connection(ABC):
    """Runs statements within one act or read; every parameter of a statement is passed as a keyword.

    Each method raises TypeError for a missing or unknown parameter, RuntimeError for a statement that writes
    in a read, and lets the driver's exceptions pass.
    """

    busy = False
    """Whether a statement is running."""
    writable = False
    """Whether statements may write: in an act."""

    async def one(self, statement: Statement[T], /, **parameters: Any) -> T | None:
        """Return the value of the first row, or None if there is none."""
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def only(self, statement: Statement[T], /, **parameters: Any) -> T:
        """Return the value of the first row; raises LookupError if there is none."""
        rows = await self.all(statement, **parameters)
        if not rows:
            raise LookupError("a required row is missing")
        return rows[0]

    async def all(self, statement: Statement[T], /, **parameters: Any) -> list[T]:
        """Return the values of all rows."""
        self._check(statement)
        compiled = self.compiled(statement)
        return statement.read(compiled, await self._fetch(compiled.text, compiled.arguments(parameters)))

    async def run(self, statement: Statement[Any], /, **parameters: Any) -> int:
        """Run a statement that returns no rows; return how many it changed."""
        self._check(statement)
        compiled = self.compiled(statement)
        return await self._execute(compiled.text, compiled.arguments(parameters))

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement once for each row of parameters, in one batch."""
        self._check(statement)
        if rows:
            compiled = self.compiled(statement)
            await self._execute_many(compiled.text, [compiled.arguments(row) for row in rows])

    async def later(self, statement: Statement[Any], /, **parameters: Any) -> None:
        """Run a statement whose result the act does not need, at the latest before COMMIT.

        For acts only. The act's next statements see what it wrote.
        """
        await self.run(statement, **parameters)

    def _check(self, statement: Statement[Any]) -> None:
        if statement.writes and not self.writable:
            raise RuntimeError("only an act may write")

    @abstractmethod
    def compiled(self, statement: Statement[Any]) -> Compiled:
        """Return the statement as this database's driver runs it."""

    @abstractmethod
    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return the driver's rows."""

    @abstractmethod
    async def _execute(self, text: str, arguments: Sequence[Any]) -> int:
        """Return the number of changed rows."""

    @abstractmethod
    async def _execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a text once for each row of arguments."""


Work = Callable[[Connection], Coroutine[Any, Any, T]]


@dataclass(slots=True)
class Commit:
    """Whether COMMIT was sent: from then on only the database knows whether the act is durable."""

    sent: bool = False


def run_through(work: Coroutine[Any, Any, T]) -> T:
    """Run work that never suspends, on this thread; raises SuspendedError if it does."""
    try:
        work.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    work.close()
    raise SuspendedError("an act or a read may await only its connection")


@coroutine
def watched(connection: Connection, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Run work on the event loop; raises SuspendedError if it suspends while its connection is idle."""
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        try:
            waits_for = work.send(sent) if thrown is None else work.throw(thrown)
        except StopIteration as finished:
            result: T = finished.value
            return result
        if not connection.busy:
            work.close()
            raise SuspendedError("an act or a read may await only its connection")
        sent, thrown = None, None
        try:
            sent = yield waits_for
        except BaseException as error:
            thrown = error
