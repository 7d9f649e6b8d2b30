"""Runs periodic tasks until stopped; a failure delays only the task that failed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from idvault.domain.clock import ClockReading

_LONGEST_BACK_OFF = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """A function to run every `period` seconds of real time, beginning at the start.

    longest: the maximum wait in seconds after failures, if it is more than the period.
    """

    name: str
    period: float
    run: Callable[[ClockReading], Awaitable[object]]
    longest: float = _LONGEST_BACK_OFF


@dataclass(kw_only=True, eq=False, repr=False)
class Loop:
    """Runs each task independently; a task that fails again waits twice as long, up to its longest."""

    tasks: Sequence[Task]
    clock: Callable[[], ClockReading]
    report: Callable[[str, Exception], None]

    async def run(self, *, stop: asyncio.Event) -> None:
        """Run until stop is set; return once all runs in progress have ended."""
        async with asyncio.TaskGroup() as group:
            for task in self.tasks:
                group.create_task(self._repeat(task, stop))

    async def once(self, name: str) -> None:
        """Run the task of this name now, before all of them begin; a failure is reported."""
        (task,) = [each for each in self.tasks if each.name == name]
        await self._once(task)

    async def _repeat(self, task: Task, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            failures = 0 if await self._once(task) else failures + 1
            await pause(stop, min(task.period * 2**failures, max(task.period, task.longest)))

    async def _once(self, task: Task) -> bool:
        try:
            await task.run(self.clock())
        except Exception as error:  # whatever failed, the worker's other tasks continue
            self.report(task.name, error)
            return False
        return True


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait for some seconds or until stop is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
