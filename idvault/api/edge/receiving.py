"""Waits for a call's message, once its caller is let in: not for ever, and not for too many of one caller.

- gRPC begins a call with its headers. Who sends no message after them holds a place, and costs nothing to
  do so; therefore nobody waits before access has looked at the certificate, and nobody waits for long.
- Where one caller has too many that wait, the one that has waited longest makes room: whoever sends its
  message at once is served, whatever else comes under the same certificate.
- What waits is no running call: others are answered meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable

from idvault.api.edge.call import Call, Stage
from idvault.domain.error import InvalidError, Reason, UnavailableError

READ_TIME = 5.0
"""How many seconds a caller may take to send a message."""
OF_ONE_CALLER = 4_000
"""How many calls of one caller may wait for their messages."""


class WaitingCalls:
    """The calls of each caller that wait now, by the limit of their time, the oldest first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._limits: dict[str, dict[asyncio.Timeout, None]] = {}

    def __len__(self) -> int:
        """Return how many wait, whoever sent them."""
        return sum(map(len, self._limits.values()))

    def enter(self, caller: str, limit: asyncio.Timeout, *, most: int) -> None:
        """Let a call wait; beyond the caller's share, the time of the oldest is over."""
        mine = self._limits.setdefault(caller, {})
        if len(mine) >= most:
            oldest = next(iter(mine))
            del mine[oldest]
            # One whose time is over by itself ends anyway, and takes no other limit.
            if not oldest.expired():
                oldest.reschedule(0.0)
        mine[limit] = None

    def leave(self, caller: str, limit: asyncio.Timeout) -> bool:
        """Let a call go; return False where it had to make room before."""
        mine = self._limits.get(caller, {})
        if limit not in mine:
            return False
        del mine[limit]
        if not mine:
            del self._limits[caller]
        return True


def wrap(
    inner: Stage, *, waiting: WaitingCalls, read_time: float = READ_TIME, of_one_caller: int = OF_ONE_CALLER
) -> Stage:
    """Return a stage that has the message in call.body.

    waiting: shared by all methods of a server. Raises InvalidError (INVALID_MESSAGE) where no message comes
    in time, UnavailableError where a call had to make room for a newer one of its caller.
    """

    async def received(call: Call) -> bytes:
        if call.receive is not None:
            call.body = await _received(call, call.receive, waiting, read_time, of_one_caller)
        return await inner(call)

    return received


async def _received(
    call: Call,
    receive: Callable[[], Awaitable[bytes | None]],
    waiting: WaitingCalls,
    read_time: float,
    of_one_caller: int,
) -> bytes:
    caller, body, stayed = call.caller.spki if call.caller else "", None, True
    try:
        async with asyncio.timeout(read_time) as limit:
            waiting.enter(caller, limit, most=of_one_caller)
            try:
                body = await receive()
            finally:
                stayed = waiting.leave(caller, limit)
    except TimeoutError:
        if not stayed:
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from None
    if body is None:
        raise InvalidError(Reason.INVALID_MESSAGE)
    return body
