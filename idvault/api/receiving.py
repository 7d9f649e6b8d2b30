"""Waits for a call's message, once its caller is let in: not for ever, and not for too many of one caller.

- gRPC begins a call with its headers. Who sends no message after them holds a place, and costs nothing to
  do so; therefore nobody waits before access has looked at the certificate, and nobody waits for long.
- What waits is no running call: others are answered meanwhile.
"""

import asyncio
from collections import Counter

from idvault.api.call import Call, Stage
from idvault.domain.error import InvalidError, Reason, UnavailableError

READ_TIME = 5.0
"""How many seconds a caller may take to send a message."""
OF_ONE_CALLER = 4_000
"""How many calls of one caller may wait for their messages."""


def wrap(
    inner: Stage,
    *,
    waiting: Counter[str],
    read_time: float = READ_TIME,
    of_one_caller: int = OF_ONE_CALLER,
) -> Stage:
    """Return a stage that has the message in call.body.

    waiting: how many calls of each caller wait now, shared by all methods of a server. Raises InvalidError
    (INVALID_MESSAGE) where no message comes in time, UnavailableError beyond the caller's share.
    """

    async def received(call: Call) -> bytes:
        if call.receive is not None:
            call.body = await _received(call, waiting, read_time, of_one_caller)
        return await inner(call)

    return received


async def _received(call: Call, waiting: Counter[str], read_time: float, of_one_caller: int) -> bytes:
    key = call.caller.spki if call.caller else ""
    if call.receive is None or waiting[key] >= of_one_caller:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)
    waiting[key] += 1
    try:
        async with asyncio.timeout(read_time):
            body = await call.receive()
    except TimeoutError:
        raise InvalidError(Reason.INVALID_MESSAGE) from None
    finally:
        waiting[key] -= 1
        if not waiting[key]:
            del waiting[key]
    if body is None:
        raise InvalidError(Reason.INVALID_MESSAGE)
    return body
