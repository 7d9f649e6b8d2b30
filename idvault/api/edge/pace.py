"""Starts calls in groups while many are running, which saves switches between the threads of gRPC.

- Calls of one group run one after another, share a read of the database and send their answers together.
- A group starts at most every few milliseconds. A call never waits longer for its group than that.
- With few calls running each starts at once: it would wait for nobody.
"""

import asyncio


class Pace:
    """The groups of one server."""

    def __init__(self, *, seconds: float, calls: int) -> None:
        """Initialise. seconds: between two groups, 0 for no groups. calls: from how many on calls wait."""
        self._seconds = seconds
        self._calls = calls if seconds > 0 else None
        self._waiting: list[asyncio.Future[None]] = []

    def applies(self, running: int) -> bool:
        """Tell whether a call waits for a group while this many calls are running."""
        return self._calls is not None and running >= self._calls

    async def turn(self) -> None:
        """Wait for the next group."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(self._seconds, self._start)
        mine = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _start(self) -> None:
        group, self._waiting = self._waiting, []
        for one in group:
            if not one.done():
                one.set_result(None)
