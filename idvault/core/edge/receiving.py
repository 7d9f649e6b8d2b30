"""Waits for the message of an admitted call, with limits on the time and on each caller's waiting calls.

- gRPC starts a call with its headers. A client that sends no message after them holds a place at no cost.
  Therefore a call waits only after the access check, and only for a short time: for room, then for the
  message.
- A waiting call does not count as a running call.
- A message is asked for only when there is room for it (message_room), and dropped if it is too large for its
  method.
"""

from collections.abc import Awaitable, Callable

from idvault.core.edge.call import Call, Stage
from idvault.core.edge.message_room import MessagePlace, MessageRoom
from idvault.core.edge.timer import Timer
from idvault_verify.error import BeyondShareError, InvalidError, Reason, UnavailableError

READ_TIME = 5.0
"""How many seconds a call may wait for room, and then its caller may take to send the message."""


def wrap(inner: Stage, *, timer: Timer, room: MessageRoom, read_time: float = READ_TIME) -> Stage:
    """Return a stage that receives the message into call.body, and holds its room until the call has ended.

    timer, room: shared by all methods of a server. Raises InvalidError (INVALID_MESSAGE) if no message
    arrives in time or it is too large, BeyondShareError if there was no room in time or newer calls took the
    caller's places, UnavailableError if the message made way for those.
    """

    async def received(call: Call) -> bytes:
        if call.receive is None:
            return await inner(call)
        place = room.place(call.holder)
        try:
            call.body = await _received(call, call.receive, timer, place, read_time)
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
    timer: Timer,
    place: MessagePlace,
    read_time: float,
) -> bytes:
    body: object = None
    if not place.take():
        try:
            with timer.within(read_time):
                await place.wait(call.connection())
        except TimeoutError:
            raise BeyondShareError from None
    # A message is late by when it was asked for, however long there was no room.
    limit = timer.within(read_time)
    try:
        with limit:
            place.end = limit.end
            try:
                body = await receive()
            finally:
                place.end = None
    except TimeoutError:
        # gRPC assembles what still comes of the message until the call has ended: it is told so at once.
        if place.hurried:
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from None
    # gRPC returns a mark of its own if the caller ended the call without a message.
    if not isinstance(body, bytes):
        raise InvalidError(Reason.INVALID_MESSAGE)
    return body
