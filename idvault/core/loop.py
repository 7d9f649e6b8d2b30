"""Runs periodic tasks until stopped; a failure delays only the task that failed.

In a development vault tasks also run soon after a change: whoever tries something out need not wait until
each task's period is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from idvault_verify.clock import ClockReading

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


class Changes:
    """Shortens the waits of tasks after a change, to a fraction of what they would be."""

    def __init__(self, *, speed: float) -> None:
        """Initialise. speed: how many times as often tasks run while there are changes; 1: no difference."""
        self.speed = speed
        self.count = 0
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Let every task run soon: something has changed."""
        self.count += 1
        told, self._told = self._told, asyncio.Event()
        told.set()

    async def pause(self, stop: asyncio.Event, seconds: float, *, since: int) -> None:
        """Wait for some seconds, until stop is set, or less after a change. since: a former count."""
        least = seconds / self.speed
        await pause(stop, least)
        if self.speed > 1 and self.count == since and not stop.is_set():
            await pause(self._told, seconds - least)


@dataclass(kw_only=True, eq=False, repr=False)
class Loop:
    """Runs each task independently; a task that fails again waits twice as long, up to its longest."""

    tasks: Sequence[Task]
    clock: Callable[[], ClockReading]
    report: Callable[[str, Exception], None]
    changes: Changes = field(default_factory=lambda: Changes(speed=1))

    async def run(self, *, stop: asyncio.Event) -> None:
        """Run until stop is set; return once all runs in progress have ended."""
        async with asyncio.TaskGroup() as group:
            for task in self.tasks:
                group.create_task(self._repeat(task, stop))
            await stop.wait()
            self.changes.tell()

    async def once(self, name: str) -> None:
        """Run the task of this name now, before all of them begin; a failure is reported."""
        (task,) = [each for each in self.tasks if each.name == name]
        await self._once(task)

    async def _repeat(self, task: Task, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            since = self.changes.count
            failures = 0 if await self._once(task) else failures + 1
            seconds = min(task.period * 2**failures, max(task.period, task.longest))
            await self.changes.pause(stop, seconds, since=since)

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
