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


@dataclass(slots=True)
class _End:
    """The last that a thread takes from the queue, and the future for when its connection is closed."""

    loop: asyncio.AbstractEventLoop
    ended: "asyncio.Future[None]"

    def tell(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class Threads:
    """Threads with a queue of work: at most `count`, another one whenever all are busy.

    A thread connects when its first work arrives. A connection is replaced after a driver error, unless that
    error was a conflict.
    """

    def __init__(self, *, count: int, connect: Callable[[], SqliteConnection]) -> None:
        """Set up without starting a thread."""
        self._count = count
        self._connect = connect
        self._queue: SimpleQueue[_QueuedWork | _End] = SimpleQueue()
        self._threads: list[Thread] = []
        self._open = 0

    async def run(self, work: Callable[[SqliteConnection], T]) -> T:
        """Run work on a thread and return its result; a cancelled caller waits for work that has begun."""
        if self._open >= len(self._threads) < self._count:
            self._start()
        loop = asyncio.get_running_loop()
        queued = _QueuedWork(work, loop, loop.create_future())
        self._open += 1
        self._queue.put(queued)
        try:
            result: T = await asyncio.shield(queued.ended)
        except asyncio.CancelledError:
            if not queued.begin():
                await _ended(queued.ended)
            raise
        finally:
            self._open -= 1
        return result

    async def close(self) -> None:
        """Finish the queued work and close the connections."""
        threads, self._threads = self._threads, []
        loop = asyncio.get_running_loop()
        ends = [_End(loop, loop.create_future()) for _ in threads]
        for end in ends:
            self._queue.put(end)
        await asyncio.gather(*(end.ended for end in ends))
        for thread in threads:
            thread.join()

    def _start(self) -> None:
        thread = Thread(target=self._run, name="sqlite", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        connection: SqliteConnection | None = None
        while not isinstance(queued := self._queue.get(), _End):
            if queued.begin():
                connection = self._do(queued, connection)
        try:
            if connection is not None:
                connection.driver.close()
        finally:
            # Whoever closes must not wait for ever for a connection that cannot be closed.
            queued.loop.call_soon_threadsafe(queued.tell)

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
