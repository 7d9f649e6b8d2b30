"""Starts calls in groups while many are in flight, which saves switches between the threads of gRPC.

- Calls of one group run one after another, share a read of the database and send their answers together.
- A group starts at most every few milliseconds. A call never waits longer for its group than that, unless
  more calls wait than a group takes: then it takes those of all callers in turn, so that a crowd of one
  caller delays nobody else.
- Calls that gRPC has not handed over yet cannot be counted: a busy server sees few calls running, however
  many wait. So when a few run, or many have come, groups are tried; they go on while enough calls gather.
- While callers share the server and a group kept the loop busy, the next one waits as long as that took, and
  is half as large; then groups grow again. Meanwhile gRPC hands over what has come: calls of others stand
  behind the crowd's until then, unseen.
- Otherwise a call starts at once: it would wait for nobody.
"""

import asyncio
from time import monotonic

from idvault.core import caller
from idvault.core.fair_queue import FairQueue

_SECONDS = 0.002
_CALLS = 6
_FEW = 3
_MANY = 64
"""How many calls since the last trial are a reason for the next: a call that never waits is seen alone."""
_GROUP, _SHARED_GROUP = 32, 8
"""The most calls of a group, of a caller alone, and at first beside others; these groups grow and shrink."""
_MISSES = 3
"""After how many groups in a row with too few calls the groups end."""
_BETWEEN_TRIALS = 0.2
"""Seconds between two trials: if they fail, a caller loses about a thirtieth of its time by them."""
_LONGEST_REST = 0.05
"""Seconds: at most between a group that kept the loop busy and the next."""
_SHARES = 1.0
"""For how many seconds after its call a caller counts as there."""


class Pace:
    """The groups of one server."""

    def __init__(self, *, seconds: float = _SECONDS, calls: int = _CALLS) -> None:
        """Initialise. seconds: between two groups, 0 for no groups. calls: how many calls keep the groups."""
        self._seconds = seconds
        self._calls = calls if seconds > 0 else None
        self._few = min(_FEW, calls)
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()
        self._misses = _MISSES
        self._next_trial = 0.0
        self._most = 0
        self._shared_until = 0.0
        self._due = 0.0
        self._rested, self._size = False, _SHARED_GROUP
        self._came = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def applies(self, running: int) -> bool:
        """Tell whether a call waits for a group while this many calls are running."""
        if self._calls is None:
            return False
        if self._waiting or self._misses < _MISSES:
            return True
        self._came += 1
        if (running < self._few and self._came < _MANY) or monotonic() < self._next_trial:
            return False
        self._misses = 0
        return True

    async def turn(self, running: int, *, shared: bool = False) -> None:
        """Wait for the next group. shared: whether calls of several callers are running."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        if not self._waiting:
            self._most = 0
            self._later(loop, self._seconds)
        self._most = max(self._most, running)
        if shared:
            self._shared_until = loop.time() + _SHARES
        mine, who = loop.create_future(), caller.current()
        self._waiting.put(who, mine)
        await mine

    def _later(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._due = loop.time() + seconds
        loop.call_at(self._due, self._start, loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        shared, late = now < self._shared_until, now - self._due
        if shared and late > self._seconds and not self._rested:
            self._rested = True
            self._size = max(1, self._size // 2)
            self._later(loop, min(late, _LONGEST_REST))
            return
        self._misses = 0 if self._calls is not None and self._most >= self._calls else self._misses + 1
        if self._misses >= _MISSES:
            self._next_trial, self._came = monotonic() + _BETWEEN_TRIALS, 0
        started, most = 0, self._size if shared else _GROUP
        while started < most and (taken := self._waiting.take()) is not None:
            who, one = taken
            if not one.done():
                one.set_result(None)
                self._waiting.charge(who, cost=1)
                started += 1
        self._size = min(_GROUP, self._size + (not self._rested))
        self._rested = False
        if self._waiting:
            self._later(loop, self._seconds)
