"""Time limits for many calls with one timer of the event loop.

`asyncio.timeout` arms and cancels a timer for every block, which costs more than all other checks of a call.
Here a limit is an entry in the set of those that end in the same tick. A limit ends up to one tick late, or
some more if many end at once: their calls are answered bit by bit, and others are answered in between.
"""

import asyncio
from math import ceil
from types import TracebackType

_AT_ONCE = 16
TICK = 0.02
"""Seconds between two looks at the limits that have ended, while there are any."""


class Timer:
    """The limits of one event loop; it is armed only while there are some."""

    def __init__(self) -> None:
        """Start without limits."""
        self._ticks: dict[int, set[TimeLimit]] = {}
        self._armed: tuple[int, asyncio.TimerHandle] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the first limit; asking for the running one costs a system call each time."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def within(self, seconds: float) -> "TimeLimit":
        """Return a context that raises TimeoutError in its task after some seconds, as asyncio.timeout."""
        return TimeLimit(self, seconds)

    def add(self, limit: "TimeLimit", seconds: float) -> int:
        """Add a limit; return the tick in which it ends."""
        loop = self.loop
        tick = ceil((loop.time() + seconds) / TICK)
        limits = self._ticks.get(tick)
        if limits is None:
            limits = self._ticks[tick] = set()
            if self._armed is None or tick < self._armed[0]:
                self._arm(loop, tick)
        limits.add(limit)
        return tick

    def remove(self, limit: "TimeLimit", tick: int) -> None:
        """Remove a limit, unless it has ended."""
        limits = self._ticks.get(tick)
        if limits is not None:
            limits.discard(limit)

    def _arm(self, loop: asyncio.AbstractEventLoop, tick: int) -> None:
        if self._armed is not None:
            self._armed[1].cancel()
        self._armed = tick, loop.call_at(tick * TICK, self._end, loop)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        self._armed = None
        # A loop's timer may fire a little early.
        now = int(loop.time() / TICK + 0.1)
        ending = [limit for tick in sorted(self._ticks) if tick <= now for limit in self._ticks[tick]]
        for limit in ending[:_AT_ONCE]:
            limit.end()
        # Ticks whose calls have all ended need no look.
        self._ticks = {tick: limits for tick, limits in self._ticks.items() if limits}
        if self._ticks:
            self._arm(loop, max(min(self._ticks), now + 1))


class TimeLimit:
    """A limit on a block of the current task; used once."""

    __slots__ = ("_before", "_expired", "_seconds", "_task", "_tick", "_timer")

    def __init__(self, timer: Timer, seconds: float) -> None:
        """Initialise without starting; made by Timer.within."""
        self._timer = timer
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> "TimeLimit":
        """Start to count."""
        task = asyncio.current_task(self._timer.loop)
        if task is None:
            raise RuntimeError("a time limit needs a task")
        self._task, self._before = task, task.cancelling()
        self._tick = self._timer.add(self, self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise TimeoutError if the limit ended the block; somebody else's cancellation passes."""
        if not self._expired:
            self._timer.remove(self, self._tick)
        elif self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expired(self) -> bool:
        """Whether the limit has ended its block."""
        return self._expired

    def end(self) -> None:
        """End the block now."""
        self._timer.remove(self, self._tick)
        if not self._expired:
            self._expired = True
            self._task.cancel()
