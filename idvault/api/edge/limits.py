"""Limits of a call: request size, time, and the number of concurrent calls."""

import asyncio

from idvault.api.edge.call import Call, Stage
from idvault.domain.error import InvalidError, Reason, UnavailableError

REQUEST_BYTES = 64 * 1024
# Methods with larger requests: a roster has a post-quantum key for every member, an import has up to 2,000
# rows, a batch of a hand-over has up to 200 shares.
LARGER_REQUEST_BYTES = {
    "/idvault.v1.RosterService/ProposeRoster": 256 * 1024,
    "/idvault.v1.CustodianService/HandOverShares": 512 * 1024,
    "/idvault.v1.CampaignService/ImportLegacyAccounts": 1024 * 1024,
}
CALLS_AT_ONCE = 2_000
STREAMS_AT_ONCE = 2_000
DEADLINE = 10.0


class Running:
    """How many calls of a server are running, over all methods."""

    def __init__(self) -> None:
        """Start at zero."""
        self.count = 0


def wrap_stream(inner: Stage, *, running: Running, streams_at_once: int) -> Stage:
    """Return a stage that refuses a stream with too large a request or beyond the limit; no time limit.

    running: shared by all streams of a server, separate from its other calls.
    """

    async def limited(call: Call) -> bytes:
        if len(call.body) > call.method.request_limit:
            raise InvalidError(Reason.INVALID_MESSAGE)
        if running.count >= streams_at_once:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        running.count += 1
        try:
            return await inner(call)
        finally:
            running.count -= 1

    return limited


def wrap(inner: Stage, *, running: Running, calls_at_once: int, deadline: float) -> Stage:
    """Return a stage that refuses a call with too large a request or beyond the limit, and ends a slow one.

    running: shared by all methods of a server. deadline: the most seconds a call may take, even if the caller
    set a later deadline or none.
    """

    async def limited(call: Call) -> bytes:
        if len(call.body) > call.method.request_limit:
            raise InvalidError(Reason.INVALID_MESSAGE)
        if running.count >= calls_at_once:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        running.count += 1
        try:
            return await _in_time(call)
        finally:
            running.count -= 1

    async def _in_time(call: Call) -> bytes:
        call.remaining = deadline if call.remaining is None else min(call.remaining, deadline)
        try:
            async with asyncio.timeout(call.remaining) as limit:
                return await inner(call)
        except TimeoutError:
            if not limit.expired():
                raise
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from None

    return limited
