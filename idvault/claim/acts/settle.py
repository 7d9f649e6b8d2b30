"""Settles the backlog: leases only as many waiting claims as it can start at once.

A wrong clock would let claims wait until its time, so nothing is leased under one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext

from idvault.claim.acts.settlement import BacklogFlow
from idvault.claim.ports import Job
from idvault.core.loop import pause
from idvault.verify.clock import ClockReading

_NAME = "settle"
_IDLE = 0.2
_BROKEN = 1.0


async def _is_never_wrong(_now: ClockReading) -> bool:
    """Trust the clock."""
    return False


class Settler:
    """A pool of settlements. A job is leased only when it can start, so no lease expires unused."""

    def __init__(
        self,
        *,
        backlog: BacklogFlow,
        clock: Callable[[], ClockReading],
        report: Callable[[str, Exception], None],
        width: int = 32,
        span: Callable[[str], AbstractContextManager[object]] = nullcontext,
        is_wrong: Callable[[ClockReading], Awaitable[bool]] = _is_never_wrong,
    ) -> None:
        """Initialise. report: receives failures; width: how many settlements run at once.

        span: surrounds each settlement, and each lease of a batch of them. is_wrong: returns whether somebody
        contradicts a reading of the clock.
        """
        self._backlog = backlog
        self._clock = clock
        self._report = report
        self._width = width
        self._span = span
        self._is_wrong = is_wrong
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, *, stop: asyncio.Event) -> None:
        """Settle until stop is set, then finish the settlements in progress."""
        while not stop.is_set():
            await self._fill(stop)
        if self._running:
            await asyncio.wait(self._running)

    async def _fill(self, stop: asyncio.Event) -> None:
        free = self._width - len(self._running)
        jobs = await self._lease(free, stop) if free else []
        for job in jobs:
            task = asyncio.create_task(self._settle(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if not free:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        elif not jobs:
            await pause(stop, _IDLE)

    async def _lease(self, free: int, stop: asyncio.Event) -> list[Job]:
        now = self._clock()
        try:
            if await self._is_wrong(now):
                return []
            with self._span("lease"):
                return await self._backlog.lease(now=now, limit=free)
        except Exception as error:  # the store may be unreachable for a while; the worker waits for it
            self._report(_NAME, error)
            await pause(stop, _BROKEN)
            return []

    async def _settle(self, job: Job) -> None:
        try:
            with self._span(_NAME):
                await self._backlog.settle(job, now=self._clock())
        except Exception as error:
            # The lease ends, and the process that leases the job next asks for the result of the check first.
            self._report(_NAME, error)
