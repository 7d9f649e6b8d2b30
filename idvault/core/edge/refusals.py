"""Tells those who are beyond their share one after another, so that a crowd's refusals take nobody's time.

- A client in a closed loop replaces a refused call at once. Refused at once, its calls would come as fast as
  the process can refuse them, and everybody else's would stand behind them.
- So a refusal beyond a share is told at a bounded rate, to the callers in turn. Until then its call holds no
  place, no room and no message.
- Only so many wait to be told; further ones are told at once.
"""

import asyncio

from idvault.core.edge.call import Call, Stage
from idvault.core.fair_queue import FairQueue
from idvault_verify.error import BeyondShareError

BETWEEN = 0.008
"""Seconds between two refusals: the loop has the rest of the time for other calls."""


class RefusalLine:
    """The refused calls of a server that have not been told."""

    def __init__(self, *, at_once: int, between: float = BETWEEN) -> None:
        """Start without any. at_once: how many may wait. between: seconds from one to the next."""
        self._at_once = at_once
        self._between = between
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()
        self._next = 0.0

    async def turn(self, caller: str) -> None:
        """Wait until a caller may be told; return at once if too many wait."""
        if len(self._waiting) >= self._at_once:
            return
        loop = asyncio.get_running_loop()
        mine = loop.create_future()
        if not self._waiting:
            loop.call_at(max(loop.time(), self._next), self._tell, loop)
        self._waiting.put(caller, mine)
        await mine

    def hurry(self) -> None:
        """Tell all from now on without a pause: a stop does not wait for them."""
        self._between = 0.0

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        while (taken := self._waiting.take()) is not None:
            caller, one = taken
            if not one.done():  # otherwise its client has gone
                one.set_result(None)
                self._waiting.charge(caller, cost=1)
                break
        self._next = loop.time() + self._between
        if self._waiting:
            loop.call_at(self._next, self._tell, loop)


def wrap(inner: Stage, *, refusals: RefusalLine) -> Stage:
    """Return a stage that tells a refusal beyond a share in turn. refusals: shared by all of a server."""

    async def told(call: Call) -> bytes:
        try:
            return await inner(call)
        except BeyondShareError:
            call.name_error()
            call.why = "beyond_share"  # in the log also if the client goes away before it is told
            call.body = b""  # it may wait for long
            await refusals.turn(call.holder)
            raise

    return told
