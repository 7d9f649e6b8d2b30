"""The stages of a call that need no rule of its method: count, trace, await the message, delay refusals.

`core.edge.server` puts them around each method, beside access (core.edge.access) and limits
(core.edge.limits).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from idvault.core.edge import errors
from idvault.core.edge.call import Call, Stage
from idvault.core.edge.message_room import MessagePlace, MessageRoom
from idvault.core.edge.timer import Timer
from idvault.core.fair_queue import FairQueue
from idvault.core.telemetry.logs import AccessLog, cause
from idvault.core.telemetry.metrics import Metrics
from idvault.core.telemetry.traces import SpanNote, Traces
from idvault.core.usage import CALLS, UsageCounts
from idvault_verify.error import BeyondShareError, DeniedError, InvalidError, Reason, UnavailableError

_OF_A_PLATFORM = ("platform", "moderator")


def observe(
    inner: Stage, *, metrics: Metrics, access_log: AccessLog, usage: UsageCounts | None = None
) -> Stage:
    """Return a stage that observes another stage without changing its result.

    The line of a call that failed has the id that its caller was told, too. usage: counts the answered calls
    of platforms and their desks; None counts none.
    """

    async def observed(call: Call) -> bytes:
        start = time.perf_counter()
        code = "OK"
        try:
            return await inner(call)
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except Exception as error:
            code = errors.refusal(error, request=call.name_error()).code.name
            if isinstance(error, DeniedError):
                call.why = error.why
            elif isinstance(error, UnavailableError):
                call.why = call.why or cause(error)
            raise
        finally:
            _note(call, code, time.perf_counter() - start)

    def _note(call: Call, code: str, seconds: float) -> None:
        metrics.rpcs.add(call.method.path, code)
        metrics.rpc_seconds.observe(seconds, call.method.path)
        if usage is not None and code == "OK" and call.caller and call.caller.role in _OF_A_PLATFORM:
            usage.add(call.caller.name, CALLS + call.method.path.rpartition("idvault.v1.")[2])
        access_log.add(
            time=time.time(),
            method=call.method.path,
            code=code,
            caller=call.caller.name if call.caller else "",
            why=call.why,
            request=call.error_id,
            seconds=seconds,
        )

    return observed


# The service's own faults; refusals are answers.
_FAULTS = frozenset({"UNAVAILABLE", "INTERNAL", "DATA_LOSS"})


def trace(inner: Stage, *, traces: Traces) -> Stage:
    """Return a stage that records another stage without changing its result."""

    async def traced(call: Call) -> bytes:
        service, _, method = call.method.path.removeprefix("/").partition("/")
        with traces.span(f"{service}/{method}", service=service, method=method) as note:
            try:
                answer = await inner(call)
            except asyncio.CancelledError:
                note(code="CANCELLED")
                raise
            except Exception as error:
                _failed(call, error, note)
                raise
            note(code="OK", role=call.caller.role if call.caller else "none")
            return answer

    return traced


def _failed(call: Call, error: Exception, note: SpanNote) -> None:
    code = errors.refusal(error, request=call.name_error()).code.name
    role = call.caller.role if call.caller else "none"
    note(code=code, role=role, error_id=call.name_error(), failed=code in _FAULTS)


READ_TIME = 5.0
"""How many seconds a call may wait for room, and then its caller may take to send the message."""


def receive(inner: Stage, *, timer: Timer, room: MessageRoom, read_time: float = READ_TIME) -> Stage:
    """Return a stage that receives the message into call.body, and holds its room until the call has ended.

    timer, room: shared by all methods of a server. Raises InvalidError (INVALID_MESSAGE) if no message
    arrives in time or it is too large, BeyondShareError if there was no room in time or newer calls took the
    caller's places, UnavailableError if the message made way for those.

    - gRPC starts a call with its headers. A client that sends no message after them holds a place at no cost.
      Therefore a call waits only after the access check, and only for a short time: for room, then for the
      message.
    - A waiting call does not count as a running call.
    - A message is asked for only when there is room for it (message_room), and dropped if it is too large for
      its method.
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


BETWEEN = 0.008
"""Seconds between two refusals: the loop has the rest of the time for other calls."""


class RefusalLine:
    """The refused calls of a server that have not been told.

    - A client in a closed loop replaces a refused call at once. Refused at once, its calls would come as fast
      as the process can refuse them, and everybody else's would stand behind them.
    - So a refusal beyond a share is told at a bounded rate, to the callers in turn. Until then its call holds
      no place, no room and no message.
    - Only so many wait to be told; further ones are told at once.
    """

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


def tell_in_turn(inner: Stage, *, refusals: RefusalLine) -> Stage:
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
