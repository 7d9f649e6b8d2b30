"""Threads that each own a connection and run queued jobs for an event loop."""

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
class _Job:
    """Work for a thread, and the future for its result. begun: held once the job cannot be withdrawn."""

    work: Callable[[SqliteConnection], Any]
    loop: asyncio.AbstractEventLoop
    ended: "asyncio.Future[Any]"
    begun: Lock = field(default_factory=Lock)

    def begin(self) -> bool:
        """Return True to the first that asks: the thread that runs the job, or the cancelled caller."""
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
    """Threads with a queue of jobs: at most `count`, another one whenever all are busy.

    A thread connects when its first job arrives. A connection is replaced after a driver error, unless that
    error was a conflict.
    """

    def __init__(self, *, count: int, connect: Callable[[], SqliteConnection]) -> None:
        """Set up without starting a thread."""
        self._count = count
        self._connect = connect
        self._jobs: SimpleQueue[_Job | _End] = SimpleQueue()
        self._threads: list[Thread] = []
        self._open = 0

    async def run(self, work: Callable[[SqliteConnection], T]) -> T:
        """Run work on a thread and return its result; a cancelled caller waits for work that has begun."""
        if self._open >= len(self._threads) < self._count:
            self._start()
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        self._open += 1
        self._jobs.put(job)
        try:
            result: T = await asyncio.shield(job.ended)
        except asyncio.CancelledError:
            if not job.begin():
                await _ended(job.ended)
            raise
        finally:
            self._open -= 1
        return result

    async def close(self) -> None:
        """Finish the queued jobs and close the connections."""
        threads, self._threads = self._threads, []
        loop = asyncio.get_running_loop()
        ends = [_End(loop, loop.create_future()) for _ in threads]
        for end in ends:
            self._jobs.put(end)
        await asyncio.gather(*(end.ended for end in ends))
        for thread in threads:
            thread.join()

    def _start(self) -> None:
        thread = Thread(target=self._run, name="sqlite", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        connection: SqliteConnection | None = None
        while not isinstance(job := self._jobs.get(), _End):
            if job.begin():
                connection = self._do(job, connection)
        if connection is not None:
            connection.driver.close()
        job.loop.call_soon_threadsafe(job.tell)

    def _do(self, job: _Job, connection: SqliteConnection | None) -> SqliteConnection | None:
        result, error = None, None
        try:
            connection = connection or self._connect()
            result = job.work(connection)
        except FOREIGN as failure:
            error = failure
            if connection is not None and not describe(failure).conflict:
                connection.driver.close()
                connection = None
        except BaseException as failure:
            error = failure
        job.loop.call_soon_threadsafe(job.tell, result, error)
        return connection


async def _ended(future: "asyncio.Future[Any]") -> None:
    """Wait until a future is done, however often the waiting itself is cancelled."""
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            continue
    future.exception()
