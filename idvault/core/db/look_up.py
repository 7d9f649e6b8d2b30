"""Look-ups by key: those of a relying party that are asked for in one turn of the event loop are one read.

- The statement binds the relying party: a row of another one is never read, so that the time of an answer
  does not tell it from a row that nobody has.
- While two such reads run, look-ups wait for one of them to end, or for a fiftieth of a second.
- A look-up reads the database after it was asked for: it never joins a read that has begun.
- A cancelled look-up leaves the others alone; a read for which nobody waits any more is cancelled.
- If a read of several keys fails because of one of them or of its row, its halves are read: only that key's
  callers get the error.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from idvault.core import caller
from idvault.core.db.connection import DriverError
from idvault.core.db.statement import Statement
from idvault_verify.error import UnavailableError

T = TypeVar("T")
KEYS, PARTY = "keys", "party"
"""The names of the statement's parameters: a list of keys, and whose rows are looked for."""
_KEYS_AT_ONCE = 128
# While so many reads of a statement run, look-ups wait for one to end, but no longer than this: if a
# connection hangs, the next reads use others.
_READS_AT_ONCE = 2
_LONGEST_WAIT = 0.02


@dataclass(frozen=True, eq=False)
class LookUp(Generic[T]):
    """A statement that finds a relying party's values by their keys, at most one for each key.

    name: of the read. key: returns a value's key.
    """

    name: str
    statement: Statement[T]
    key: Callable[[T], str]


Read = Callable[[LookUp[Any], str, Sequence[str]], Awaitable[Sequence[Any]]]
_Wanted = tuple[LookUp[Any], str]
"""A look-up and the relying party that asks: what shares a read."""


class LookUps:
    """Joins look-ups on one database. read: runs one of them for a relying party and some keys."""

    def __init__(self, *, read: Read) -> None:
        """Start without look-ups."""
        self._read = read
        self._next: dict[_Wanted, _LookUpBatch] = {}
        self._begun: Counter[_Wanted] = Counter()
        self._running: set[asyncio.Task[None]] = set()

    async def get(self, look_up: LookUp[T], party: str, key: str) -> T | None:
        """Return a relying party's value with this key, or None; raises what the read raises."""
        wanted = (look_up, party)
        batch = self._next.get(wanted)
        loop = asyncio.get_running_loop()
        if batch is None:
            batch = self._next[wanted] = _LookUpBatch()
            loop.call_soon(self._offer, wanted, batch)
        mine: asyncio.Future[T | None] = loop.create_future()
        batch.waiting.append((key, mine))
        if len(batch.waiting) >= _KEYS_AT_ONCE:
            self._start(wanted, batch)
        try:
            return await mine
        except asyncio.CancelledError:
            batch.leave()
            raise

    async def close(self) -> None:
        """Wait until the reads have ended."""
        if self._running:
            await asyncio.wait(self._running)

    def _offer(self, wanted: _Wanted, batch: "_LookUpBatch") -> None:
        """Start a read at the end of its turn, or when one of those that run has ended."""
        if self._begun[wanted] < _READS_AT_ONCE:
            self._start(wanted, batch)
        else:
            asyncio.get_running_loop().call_later(_LONGEST_WAIT, self._start, wanted, batch)

    def _start(self, wanted: _Wanted, batch: "_LookUpBatch") -> None:
        if batch.begun:
            return
        batch.begun = True
        if self._next.get(wanted) is batch:
            del self._next[wanted]
        waiting = [(key, future) for key, future in batch.waiting if not future.done()]
        if waiting:
            batch.waiting = waiting
            batch.task = task = asyncio.create_task(self._run(wanted, waiting))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, wanted: _Wanted, waiting: "_Waiting") -> None:
        # Not for whoever asked first: then the others would wait for that caller's turn.
        caller.serve(caller.NOBODY)
        self._begun[wanted] += 1
        try:
            await self._answer(wanted, waiting)
        finally:
            self._begun[wanted] -= 1
            if wanted in self._next:
                self._start(wanted, self._next[wanted])

    async def _answer(self, wanted: _Wanted, waiting: "_Waiting") -> None:
        look_up, party = wanted
        try:
            values = await self._read(look_up, party, [key for key, _ in waiting])
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await self._fail(wanted, waiting, error)
            return
        found = {look_up.key(value): value for value in values}
        for key, future in waiting:
            if not future.done():
                future.set_result(found.get(key))

    async def _fail(self, wanted: _Wanted, waiting: "_Waiting", error: Exception) -> None:
        if len(waiting) > 1 and _may_be_of_one(error):
            middle = len(waiting) // 2
            await self._answer(wanted, waiting[:middle])
            await self._answer(wanted, waiting[middle:])
            return
        for _, future in waiting:
            if not future.done():
                future.set_exception(_copy(error))
                future.exception()  # marks it as seen: its caller may be cancelled in the same turn


_Waiting = list[tuple[str, "asyncio.Future[Any]"]]


class _LookUpBatch:
    """The look-ups of one turn, and the task that reads for them."""

    def __init__(self) -> None:
        self.begun = False
        self.waiting: _Waiting = []
        self.task: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """Cancel the read if nobody waits for it any more."""
        if self.task is not None and all(future.done() for _, future in self.waiting):
            self.task.cancel()


def _may_be_of_one(error: Exception) -> bool:
    """Tell whether a read may have failed because of one of its keys or rows, and not of the database."""
    if not isinstance(error, UnavailableError):
        return True
    cause = error.__cause__
    return isinstance(cause, DriverError) and not (cause.lost or cause.conflict or cause.late)


def _copy(error: Exception) -> Exception:
    """Return an error that only one caller raises: each adds its own traceback."""
    if not isinstance(error, UnavailableError):
        return error
    copy = UnavailableError(error.reason)
    copy.__cause__ = error.__cause__
    return copy
