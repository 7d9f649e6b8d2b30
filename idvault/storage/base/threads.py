"""Threads that each own a connection and run queued work for an event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from idvault.storage.base.failure import FOREIGN, describe
from idvault.storage.base.sqlite_connection import SqliteConnection

T = TypeVar("T")


@dataclass(slots=True)
class _QueuedWork:
    """Work for a thread, and the future for its result. begun: held once it cannot be withdrawn."""

    work: Callable[[SqliteConnection], Any]
    loop: asyncio.AbstractEventLoop
    ended: "asyncio.Future[Any]"
    begun: Lock = field(default_factory=Lock)

    def begin(self) -> bool:
        """Return True to the first that asks: the thread that runs the work, or the cancelled caller."""
        return self.begun.acquire(blocking=False)

    def tell(self, result: Any, error: BaseException | None) -> None:
        if not self.ended.cancelled():
            if error is None:
                self.ended.set_result(result)
            else:
                self.ended.set_exception(error)


class Threads:
    """One or more threads with a queue of work; each connects when its first work arrives.

    A connection is replaced after a driver error, unless that error was a conflict.
    """

    def __init__(self, *, count: int, connect: Callable[[], SqliteConnection]) -> None:
        """Set up without starting a thread."""
        self._count = count
        self._connect = connect
        self._queue: SimpleQueue[_QueuedWork | None] = SimpleQueue()
        self._threads: list[Thread] = []

    async def run(self, work: Callable[[SqliteConnection], T]) -> T:
        """Run work on a thread and return its result; a cancelled caller waits for work that has begun."""
        if not self._threads:
            self._start()
        loop = asyncio.get_running_loop()
        queued = _QueuedWork(work, loop, loop.create_future())
        self._queue.put(queued)
        try:
            result: T = await asyncio.shield(queued.ended)
        except asyncio.CancelledError:
            if not queued.begin():
                await _ended(queued.ended)
            raise
        return result

    async def close(self) -> None:
        """Finish the queued work and close the connections."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads = []

    def _start(self) -> None:
        self._threads = [Thread(target=self._run, name="sqlite", daemon=True) for _ in range(self._count)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        connection: SqliteConnection | None = None
        while (queued := self._queue.get()) is not None:
            if queued.begin():
                connection = self._do(queued, connection)
        if connection is not None:
            connection.driver.close()

    def _do(self, queued: _QueuedWork, connection: SqliteConnection | None) -> SqliteConnection | None:
        result, error = None, None
        try:
            connection = connection or self._connect()
            result = queued.work(connection)
        except FOREIGN as failure:
            error = failure
            if connection is not None and not describe(failure).conflict:
                connection.driver.close()
                connection = None
        except BaseException as failure:
            error = failure
        queued.loop.call_soon_threadsafe(queued.tell, result, error)
        return connection


async def _ended(future: "asyncio.Future[Any]") -> None:
    """Wait until a future is done, however often the waiting itself is cancelled."""
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            continue
    future.exception()
