"""Waits for the message of an admitted call, with limits on the time and on each caller's waiting calls.

- gRPC starts a call with its headers. A client that sends no message after them holds a place at no cost.
  Therefore a call waits only after the access check, and only for a short time.
- If a caller's share of the waiting calls is used up (domain.share), its oldest one is ended. So a client
  that sends its message at once is served, whatever other clients of the same caller do.
- A waiting call does not count as a running call.
- A message is asked for only when there is room for it (message_room), and dropped if it is too large for its
  method.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from idvault.api.edge.call import Call, Stage
from idvault.api.edge.message_room import MessagePlace, MessageRoom
from idvault.api.edge.timer import TimeLimit, Timer
from idvault.domain import share
from idvault.domain.error import InvalidError, Reason, UnavailableError

READ_TIME = 5.0
"""How many seconds a caller may take to send a message."""


class WaitingCalls:
    """The time limits of each caller's waiting calls, oldest first."""

    def __init__(self, *, at_once: int) -> None:
        """Start without waiting calls."""
        self._at_once = at_once
        self._limits: dict[str, dict[TimeLimit, None]] = {}
        self._total = 0

    def __len__(self) -> int:
        """Return the number of waiting calls of all callers."""
        return self._total

    def enter(self, caller: str, limit: TimeLimit) -> None:
        """Add a waiting call; if the caller's share is used up, end its oldest one.

        Raises UnavailableError if there is no share left for a caller without waiting calls.
        """
        mine = self._limits.get(caller)
        if mine is None:
            mine = {}
        try:
            share.check(held=len(mine), total=self._total, limit=self._at_once)
        except UnavailableError:
            if not mine:
                raise
            oldest = next(iter(mine))
            del mine[oldest]
            self._total -= 1
            oldest.end()
        mine[limit] = None
        self._total += 1
        self._limits[caller] = mine

    def end(self, caller: str, limit: TimeLimit) -> None:
        """End a waiting call to make room."""
        if self.leave(caller, limit):
            limit.end()

    def leave(self, caller: str, limit: TimeLimit) -> bool:
        """Remove a call; return False if it was ended to make room."""
        mine = self._limits.get(caller)
        if mine is None or limit not in mine:
            return False
        del mine[limit]
        self._total -= 1
        if not mine:
            del self._limits[caller]
        return True


def wrap(
    inner: Stage, *, waiting: WaitingCalls, timer: Timer, room: MessageRoom, read_time: float = READ_TIME
) -> Stage:
    """Return a stage that receives the message into call.body, and holds its room until the call has ended.

    waiting, timer, room: shared by all methods of a server. Raises InvalidError (INVALID_MESSAGE) if no
    message arrives in time or it is too large, UnavailableError if the call was ended to make room for a
    newer one of its caller, or there was no room in time.
    """

    async def received(call: Call) -> bytes:
        if call.receive is None:
            return await inner(call)
        place = room.place(call.holder)
        try:
            call.body = await _received(call, call.receive, waiting, timer.within(read_time), place)
            place.keep(len(call.body))
            if len(call.body) > call.method.request_limit:
                call.body = b""  # nobody else may hold or decode it
                raise InvalidError(Reason.INVALID_MESSAGE)
            return await inner(call)
        finally:
            place.leave()

    return received


async def _received(
    call: Call,
    receive: Callable[[], Awaitable[object]],
    waiting: WaitingCalls,
    limit: TimeLimit,
    place: MessagePlace,
) -> bytes:
    caller, stayed, asked = call.holder, True, False
    body: object = None
    try:
        with limit:
            waiting.enter(caller, limit)
            try:
                place.end = partial(waiting.end, caller, limit)
                await place.enter()
                asked = True
                body = await receive()
            finally:
                place.end = None
                stayed = waiting.leave(caller, limit)
    except TimeoutError:
        if not (stayed and asked):
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from None
    # gRPC returns a mark of its own if the caller ended the call without a message.
    if not isinstance(body, bytes):
        raise InvalidError(Reason.INVALID_MESSAGE)
    return body
