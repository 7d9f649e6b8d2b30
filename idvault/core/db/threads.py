"""Threads that each own a connection and run queued work for an event loop, of all callers in turn."""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import perf_counter
from typing import Any, TypeVar

from idvault.core import caller
from idvault.core.db.connection import FOREIGN, describe_failure
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.fair_queue import FairQueue

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _QueuedWork:
    """Work for a thread, and the future for its result. It runs in the context of the call that it is for."""

    work: Callable[[SqliteConnection], Any]
    loop: asyncio.AbstractEventLoop
    ended: "asyncio.Future[Any]"
    context: Context = field(default_factory=copy_context)

    def tell(self, result: Any, error: BaseException | None) -> None:
        if not self.ended.cancelled():
            if error is None:
                self.ended.set_result(result)
            else:
                self.ended.set_exception(error)


class Threads:
    """Threads with a queue of work: at most `count`, another one whenever all are busy.

    A thread connects when its first work arrives. A connection is replaced after a driver error, unless that
    error was a conflict.
    """

    def __init__(self, *, count: int, connect: Callable[[], SqliteConnection]) -> None:
        """Set up without starting a thread."""
        self._count = count
        self._connect = connect
        self._queue: FairQueue[_QueuedWork] = FairQueue()
        self._change = Condition()
        self._ends: list[asyncio.Future[None]] = []
        self._threads: list[Thread] = []
        self._open = 0

    async def run(self, work: Callable[[SqliteConnection], T]) -> T:
        """Run work on a thread and return its result; a cancelled caller waits for work that has begun."""
        if self._open >= len(self._threads) < self._count:
            self._start()
        loop = asyncio.get_running_loop()
        queued, who = _QueuedWork(work, loop, loop.create_future()), caller.current()
        self._open += 1
        with self._change:
            self._queue.put(who, queued)
            self._change.notify()
        try:
            result: T = await asyncio.shield(queued.ended)
        except asyncio.CancelledError:
            with self._change:
                withdrawn = self._queue.drop(who, queued)
            if not withdrawn:
                await _ended(queued.ended)
            raise
        finally:
            self._open -= 1
        return result

    async def close(self) -> None:
        """Finish the queued work and close the connections."""
        threads, self._threads = self._threads, []
        loop = asyncio.get_running_loop()
        ends = [loop.create_future() for _ in threads]
        with self._change:
            self._ends += ends
            self._change.notify_all()
        await asyncio.gather(*ends)
        for thread in threads:
            thread.join()

    def _start(self) -> None:
        thread = Thread(target=self._run, name="sqlite", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        connection: SqliteConnection | None = None
        while not isinstance(taken := self._next(), asyncio.Future):
            who, queued = taken
            begun = perf_counter()
            connection = self._do(queued, connection)
            with self._change:
                self._queue.charge(who, cost=perf_counter() - begun)
        try:
            if connection is not None:
                connection.driver.close()
        finally:
            # Whoever closes must not wait for ever for a connection that cannot be closed.
            taken.get_loop().call_soon_threadsafe(_tell_end, taken)

    def _next(self) -> "tuple[str, _QueuedWork] | asyncio.Future[None]":
        """Wait for work; once none is left, return the future for when this thread has ended."""
        with self._change:
            while (taken := self._queue.take()) is None:
                if self._ends:
                    return self._ends.pop()
                self._change.wait()
            return taken

    def _do(self, queued: _QueuedWork, connection: SqliteConnection | None) -> SqliteConnection | None:
        result, error = None, None
        try:
            connection = connection or self._connect()
            result = queued.context.run(queued.work, connection)
        except FOREIGN as failure:
            error = failure
            if connection is not None and not describe_failure(failure).conflict:
                connection.driver.close()
                connection = None
        except BaseException as failure:
            error = failure
        queued.loop.call_soon_threadsafe(queued.tell, result, error)
        return connection


def _tell_end(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def _ended(future: "asyncio.Future[Any]") -> None:
    """Wait until a future is done, however often the waiting itself is cancelled."""
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            continue
    future.exception()
