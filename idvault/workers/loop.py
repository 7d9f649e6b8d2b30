"""Runs periodic tasks until told to stop: one failure delays its own task and nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from idvault.domain.clock import ClockReading

_LONGEST_BACK_OFF = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """Something to run every period seconds of real time, from the start on.

    longest: how many seconds a task that fails waits at the most, if that is more than its period.
    """

    name: str
    period: float
    run: Callable[[ClockReading], Awaitable[object]]
    longest: float = _LONGEST_BACK_OFF


@dataclass(kw_only=True, eq=False, repr=False)
class Loop:
    """Runs each task by itself; a task that raises waits twice as long each time, up to its longest."""

    tasks: Sequence[Task]
    clock: Callable[[], ClockReading]
    report: Callable[[str, Exception], None]

    async def run(self, *, stop: asyncio.Event) -> None:
        """Run until stop is set, then return once every run that has begun is over."""
        async with asyncio.TaskGroup() as group:
            for task in self.tasks:
                group.create_task(self._repeat(task, stop))

    async def _repeat(self, task: Task, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            failures = 0 if await self._once(task) else failures + 1
            await pause(stop, min(task.period * 2**failures, max(task.period, task.longest)))

    async def _once(self, task: Task) -> bool:
        try:
            await task.run(self.clock())
        except Exception as error:  # whatever it is, the other duties of the worker go on
            self.report(task.name, error)
            return False
        return True


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so many seconds, or until stop is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
