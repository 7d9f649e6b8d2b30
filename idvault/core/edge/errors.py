"""Converts exceptions to the error that a caller receives, in fixed words only (google.rpc.Status).

- A refusal with a published reason becomes its status code and ErrorInfo, with field violations or RetryInfo.
- RequestInfo has the id under which the call is in the log: its request id, or a new one if it has none.
- The ErrorInfo of an illegal transition names both states in its metadata; that of a refused code says to its
  owner why, how many tries are left and until when the second factor is locked.
- Any other exception becomes UNAVAILABLE (STORE_UNAVAILABLE), and one line with its type names is logged.
- A cancelled call is not converted: the caller has gone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]
    BadRequest,
    ErrorInfo,
    RequestInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from idvault.core.edge.call import Call, EdgeMethod, Stage
from idvault.core.second_factor import SecondFactorError
from idvault.core.telemetry.logs import describe, log
from idvault_verify import error as kinds
from idvault_verify.clock import ClockReading
from idvault_verify.error import ExhaustedError, IdvaultError, Reason, Violation

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Callable[[object, Context], Awaitable[bytes]]
StreamHandler = Callable[[object, Context], Awaitable[None]]

DOMAIN = "idvault"
SEND_TIME = 5.0
"""How many seconds a caller may take to receive a message of a stream."""
DETAILS_KEY = "grpc-status-details-bin"
# The size of trailers is limited: a thousand violations would not reach the caller.
_VIOLATION_LIMIT = 20

_CODES: Mapping[type[IdvaultError], grpc.StatusCode] = {
    kinds.InvalidError: grpc.StatusCode.INVALID_ARGUMENT,
    kinds.NotFoundError: grpc.StatusCode.NOT_FOUND,
    kinds.AlreadyExistsError: grpc.StatusCode.ALREADY_EXISTS,
    kinds.ExhaustedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    kinds.DeniedError: grpc.StatusCode.PERMISSION_DENIED,
    kinds.PreconditionError: grpc.StatusCode.FAILED_PRECONDITION,
    kinds.UnavailableError: grpc.StatusCode.UNAVAILABLE,
    kinds.DamagedError: grpc.StatusCode.DATA_LOSS,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error that is sent instead of an answer; foreseen: False for a fault of the service."""

    code: grpc.StatusCode
    reason: Reason
    details: bytes
    foreseen: bool = True

    @property
    def trailers(self) -> tuple[tuple[str, bytes], ...]:
        """The trailing metadata."""
        return ((DETAILS_KEY, self.details),)


def guard(inner: Stage, *, method: EdgeMethod, clock: Callable[[], ClockReading]) -> Handler:
    """Return the outermost stage, which converts every exception to a refusal.

    It starts with a call's headers; an inner stage receives the message.
    """

    async def guarded(_messages: object, context: Context) -> bytes:
        call = begin(method, context, clock())
        try:
            return await inner(call)
        except Exception as error:
            await refuse(context, error, path=method.path, request=call.name_error())
        return b""

    return guarded


def guard_stream(inner: Stage, *, method: EdgeMethod, clock: Callable[[], ClockReading]) -> StreamHandler:
    """Return the outermost stage of a streamed answer; it ends with a status as any call does."""

    async def guarded(_messages: object, context: Context) -> None:
        call = begin(method, context, clock())
        call.send = lambda message: _send(context, message)
        try:
            await inner(call)
        except Exception as error:
            await refuse(context, error, path=method.path, request=call.name_error())

    return guarded


async def _send(context: Context, message: bytes) -> None:
    """Send one message; raise ExhaustedError (SLOW_CONSUMER) if the caller is too slow to receive it."""
    try:
        async with asyncio.timeout(SEND_TIME):
            await context.write(message)
    except TimeoutError:
        raise ExhaustedError(Reason.SLOW_CONSUMER, retry_after=timedelta(seconds=1)) from None


async def refuse(context: Context, error: Exception, *, path: str, request: str) -> None:
    """End a call with the refusal for an exception, and log an unforeseen one. request: the error's id."""
    told = refusal(error, request=request)
    if not told.foreseen:
        log().error("rpc_unforeseen", method=path, request=request, **describe(error))
    await abort(context, told.code, told.reason.value, told.trailers)


async def abort(
    context: Context, code: grpc.StatusCode, details: str = "", trailers: tuple[tuple[str, bytes], ...] = ()
) -> None:
    """End a call with a status; its handler must return at once.

    gRPC keeps in the call what it raises here, and raises it again after the handler. With its traceback it
    would hold the call until a full garbage collection, which would stop the loop until thousands are gone.
    """
    try:
        await context.abort(code, details, trailers)
    except grpc.aio.AbortError as aborted:
        aborted.__traceback__ = aborted.__context__ = None


def begin(method: EdgeMethod, context: Context, now: ClockReading) -> Call:
    """Return the call that has begun with its headers."""
    certificate, *_ = context.auth_context().get("x509_pem_cert") or (None,)
    return Call(
        method, b"", certificate, context.time_remaining(), now, receive=context.read, connection=context.peer
    )


def refusal(error: Exception, *, request: str) -> Refusal:
    """Return the refusal for an exception; it contains nothing of the exception's text."""
    code = _code(error)
    extra: list[Message] = [RequestInfo(request_id=request)]
    if code is None or not isinstance(error, IdvaultError):
        return _unforeseen(*extra)
    if isinstance(error, kinds.InvalidError) and error.violations:
        extra.append(_bad_request(error.violations))
    if isinstance(error, kinds.ExhaustedError):
        extra.append(RetryInfo(retry_delay=_duration(error.retry_after)))
    metadata = {}
    if isinstance(error, kinds.TransitionError):
        metadata = {"state": error.state, "wanted_state": error.wanted}
    if isinstance(error, SecondFactorError):
        metadata = dict(error.details)
    return Refusal(code, error.reason, _status(code, error.reason, *extra, metadata=metadata))


def _code(error: Exception) -> grpc.StatusCode | None:
    """Return the status code of an error's kind, found along its class hierarchy."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)


def _unforeseen(*extra: Message) -> Refusal:
    code, reason = grpc.StatusCode.UNAVAILABLE, Reason.STORE_UNAVAILABLE
    return Refusal(code, reason, _status(code, reason, *extra), foreseen=False)


def _status(
    code: grpc.StatusCode, reason: Reason, *extra: Message, metadata: Mapping[str, str] | None = None
) -> bytes:
    status = Status(code=code.value[0], message=reason.value)
    for message in (ErrorInfo(reason=reason.value, domain=DOMAIN, metadata=metadata), *extra):
        packed = AnyMessage()
        packed.Pack(message)
        status.details.append(packed)
    return bytes(status.SerializeToString())


def _bad_request(violations: tuple[Violation, ...]) -> BadRequest:
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(
                field=violation.field, description=violation.code.value, reason=violation.code.value
            )
            for violation in violations[:_VIOLATION_LIMIT]
        ]
    )


def _duration(delay: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(max(delay, timedelta(seconds=1)))
    return duration
