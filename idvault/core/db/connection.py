"""The connection on which an act or a read runs its statements.

Work may await nothing but this connection. On SQLite one thread runs the work from start to end, and a
transaction held across any other await would block every other writer. Both databases refuse it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass
from types import coroutine
from typing import Any, TypeVar

from idvault.core.db.dialect import Compiled
from idvault.core.db.statement import Statement

T = TypeVar("T")


class SuspendedError(RuntimeError):
    """The work of an act or a read awaited something other than its connection."""


class Connection(ABC):
    """Runs statements within one act or read; every parameter of a statement is passed as a keyword.

    Each method raises TypeError for a missing or unknown parameter, and lets the driver's exceptions pass.
    """

    busy = False
    """Whether a statement is running."""

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
        compiled = self.compiled(statement)
        return statement.read(compiled, await self._fetch(compiled.text, compiled.arguments(parameters)))

    async def run(self, statement: Statement[Any], /, **parameters: Any) -> int:
        """Run a statement that returns no rows; return how many it changed."""
        compiled = self.compiled(statement)
        return await self._execute(compiled.text, compiled.arguments(parameters))

    async def many(self, statement: Statement[Any], rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement once for each row of parameters, in one batch."""
        if rows:
            compiled = self.compiled(statement)
            await self._execute_many(compiled.text, [compiled.arguments(row) for row in rows])

    async def later(self, statement: Statement[Any], /, **parameters: Any) -> None:
        """Run a statement whose result the act does not need, at the latest before COMMIT.

        For acts only. The act's next statements see what it wrote.
        """
        await self.run(statement, **parameters)

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
