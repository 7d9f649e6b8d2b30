"""Limits of a call: the sizes of requests, time, and each caller's share of the concurrent calls."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from idvault.core import share
from idvault.core.edge.call import Call, Stage
from idvault.core.edge.timer import Timer
from idvault_verify.error import Reason, UnavailableError

REQUEST_BYTES = 64 * 1024
# Methods with larger requests: a roster has a post-quantum key for every member, an import has up to 2,000
# rows, a batch of a hand-over has up to 200 shares, a report has a copy of up to 64 KiB beside its texts.
LARGER_REQUEST_BYTES = {
    "/idvault.v1.RosterService/ProposeRoster": 256 * 1024,
    "/idvault.v1.CustodianService/HandOverShares": 512 * 1024,
    "/idvault.v1.TipOffService/FileTipOff": 128 * 1024,
    "/idvault.v1.TipOffFormService/FileTipOffForm": 128 * 1024,
    "/idvault.v1.CampaignService/ImportLegacyAccounts": 1024 * 1024,
}
LARGEST_REQUEST_BYTES = max(LARGER_REQUEST_BYTES.values())
"""Of any method: gRPC has one limit for all of them."""
DEADLINE = 10.0


def request_limit(path: str) -> int:
    """Return the most bytes that a method receives."""
    return LARGER_REQUEST_BYTES.get(path, REQUEST_BYTES)


class Running:
    """How many calls of each caller are running on a server, over all methods."""

    def __init__(self, *, at_once: int) -> None:
        """Start without calls."""
        self._at_once = at_once
        self.held: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def place(self, call: Call) -> Iterator[None]:
        """Count a call as running for the duration of the block; raises as `enter` does."""
        caller = call.holder
        self.enter(caller)
        try:
            yield
        finally:
            self.leave(caller)

    def enter(self, caller: str) -> None:
        """Count a call as running until `leave`; raises BeyondShareError beyond its caller's share."""
        held = self.held.get(caller, 0)
        share.check(held=held, total=self.total, limit=self._at_once)
        self.held[caller] = held + 1
        self.total += 1

    def leave(self, caller: str) -> None:
        """Count a call of a caller as ended."""
        self.total -= 1
        held = self.held[caller] - 1
        if held:
            self.held[caller] = held
        else:
            del self.held[caller]


def wrap_stream(inner: Stage, *, running: Running) -> Stage:
    """Return a stage that refuses a stream beyond a share; no time limit.

    running: shared by all streams of a server, separate from its other calls.
    """

    async def limited(call: Call) -> bytes:
        with running.place(call):
            return await inner(call)

    return limited


def wrap(inner: Stage, *, running: Running, timer: Timer, deadline: float) -> Stage:
    """Return a stage that refuses a call beyond a share, and ends a slow one.

    running, timer: shared by all methods of a server. deadline: the most seconds a call may take, even
    if the caller set a later deadline or none.
    """

    async def limited(call: Call) -> bytes:
        caller = call.holder
        running.enter(caller)
        try:
            return await _in_time(call)
        finally:
            running.leave(caller)

    async def _in_time(call: Call) -> bytes:
        remaining = call.remaining
        call.remaining = remaining = deadline if remaining is None else min(remaining, deadline)
        limit = timer.within(remaining)
        try:
            with limit:
                return await inner(call)
        except TimeoutError:
            if not limit.expired():
                raise
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from None

    return limited
