"""The gRPC server of one process: methods from the descriptors, mutual TLS, graceful stop.

- A method is served only under its exact path. A method without an access option stops the start.
- Messages are received as bytes and decoded inside the pipeline, so that an invalid one is answered like any
  error.
- A stop first reports NOT_SERVING, then accepts no new calls, then waits for the running ones.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from grpc_reflection.v1alpha import reflection

from idvault.api.edge import errors, limits, observe, receiving, trace
from idvault.api.edge.access import Access, roles_of
from idvault.api.edge.call import Call, EdgeMethod, Stage
from idvault.api.edge.certificates import Certificates, Tls
from idvault.api.edge.directory import Directory
from idvault.api.edge.health import SERVICE as HEALTH_SERVICE
from idvault.api.edge.health import Health
from idvault.api.edge.pace import Pace
from idvault.api.edge.stream import while_admitted
from idvault.api.edge.timer import Timer
from idvault.domain.clock import ClockReading
from idvault.domain.error import DeniedError, InvalidError, Reason
from idvault.ports.key import RepeatedRequests
from idvault.telemetry.logs import AccessLog
from idvault.telemetry.metrics import Metrics
from idvault.telemetry.traces import Traces

_Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
_MINUTE = 60_000
# Includes calls that wait for their message. Within each of these limits every caller has a share.
_RPCS_AT_ONCE = limits.CALLS_AT_ONCE + limits.STREAMS_AT_ONCE + receiving.AT_ONCE
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.so_reuseport", 1),
    ("grpc.max_receive_message_length", 1024 * 1024),
    ("grpc.max_send_message_length", 4 * 1024 * 1024),
    ("grpc.max_concurrent_streams", 1_000),
    # Beyond these limits gRPC rejects calls at random, whoever sent them. Our limits per caller apply
    # earlier.
    ("grpc.server.max_pending_requests", 16_000),
    ("grpc.server.max_pending_requests_hard_limit", 32_000),
    ("grpc.max_metadata_size", 8 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.keepalive_time_ms", _MINUTE),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.max_connection_idle_ms", 10 * _MINUTE),
    ("grpc.max_connection_age_ms", 30 * _MINUTE),
    ("grpc.max_connection_age_grace_ms", _MINUTE),
)


class ListenError(Exception):
    """The address cannot be bound, or the certificate and key cannot be used."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of idvault.v1 and the object whose methods implement it."""

    descriptor: ServiceDescriptor
    servicer: object


class _Pipeline:
    """Makes the handler of each method; the limits on concurrent calls are shared by all methods."""

    def __init__(
        self,
        *,
        access: Access,
        metrics: Metrics,
        access_log: AccessLog,
        clock: Callable[[], ClockReading],
        calls_at_once: int,
        deadline: float,
        streams_at_once: int,
        read_time: float,
        pace: Pace,
        repeats: RepeatedRequests | None,
        traces: Traces | None,
    ) -> None:
        self._access = access
        self._repeats = repeats
        self._metrics = metrics
        self._access_log = access_log
        self._clock = clock
        self._deadline = deadline
        self._read_time = read_time
        self._pace = pace
        self._traces = traces
        self._timer = Timer()
        self._waiting = receiving.WaitingCalls(at_once=receiving.AT_ONCE)
        self._running = limits.Running(at_once=calls_at_once)
        self._streams = limits.Running(at_once=streams_at_once)

    def __call__(self, method: MethodDescriptor, servicer: object) -> "_Handler":
        described, answer = describe(method), getattr(servicer, method.name)
        # Without (de)serialisers gRPC passes bytes. On our side every request is a stream of one message: for
        # a unary request, gRPC itself would wait for the message without limit, before any of our code runs.
        if method.server_streaming:
            stage = self._observed(self._streaming(described, answer))
            return grpc.stream_stream_rpc_method_handler(
                errors.guard_stream(stage, method=described, clock=self._clock)
            )
        stage = self._observed(self._answering(described, answer))
        return grpc.stream_unary_rpc_method_handler(errors.guard(stage, method=described, clock=self._clock))

    def _streaming(self, method: EdgeMethod, answer: Callable[..., Any]) -> Any:
        return limits.wrap_stream(
            dispatch_stream(method, answer, self._access.revocations),
            running=self._streams,
        )

    def _answering(self, method: EdgeMethod, answer: Callable[..., Any]) -> Any:
        return limits.wrap(
            dispatch(method, answer, self._repeats),
            running=self._running,
            timer=self._timer,
            pace=self._pace,
            deadline=self._deadline,
        )

    def _observed(self, inner: Any) -> Any:
        received = receiving.wrap(inner, waiting=self._waiting, timer=self._timer, read_time=self._read_time)
        admitted = self._access.wrap(received)
        observed = observe.wrap(admitted, metrics=self._metrics, access_log=self._access_log)
        return observed if self._traces is None else trace.wrap(observed, traces=self._traces)


class GrpcServer:
    """One listening server; it can be started once."""

    def __init__(
        self,
        *,
        listen: str,
        tls: Tls,
        services: Sequence[Service],
        access: Access,
        metrics: Metrics,
        access_log: AccessLog,
        clock: Callable[[], ClockReading],
        calls_at_once: int = limits.CALLS_AT_ONCE,
        deadline: float = limits.DEADLINE,
        streams_at_once: int = limits.STREAMS_AT_ONCE,
        read_time: float = receiving.READ_TIME,
        pace: Pace | None = None,
        acceptors: int = 1,
        reflection: bool = False,
        drains: Sequence[Callable[[], None]] = (),
        repeats: RepeatedRequests | None = None,
        traces: Traces | None = None,
    ) -> None:
        """Initialise. listen: "host:port", port 0 for any.

        deadline: the most seconds one call may take; read_time: the most seconds to send its message. pace:
        None to start every call at once. acceptors: how many servers of gRPC listen at the port. drains:
        called when the server begins to stop, so that streams end. repeats: finds the key of a repeat.
        traces: None for no spans. Raises AccessOptionError if a method has no valid access option, and
        AttributeError if a servicer lacks a method.
        """
        self._listen = listen
        self._certificates = Certificates(tls)
        self._services = services
        self._acceptors, self._reflection = acceptors, reflection
        self._drains = drains
        handle = _Pipeline(
            access=access,
            metrics=metrics,
            access_log=access_log,
            clock=clock,
            calls_at_once=calls_at_once,
            deadline=deadline,
            streams_at_once=streams_at_once,
            read_time=read_time,
            pace=pace or Pace(seconds=0, calls=0),
            repeats=repeats,
            traces=traces,
        )
        self._handlers = [_handler(service, handle) for service in services]
        self._names = [service.descriptor.full_name for service in services]
        self.port = 0

    async def start(self) -> None:
        """Bind, report SERVING and serve; raises ListenError."""
        self._health, self._has_stopped = Health(services=self._names), False
        # A grpc.aio server takes one call at a time from gRPC, by way of the polling thread. The kernel
        # spreads connections over the servers at one port, so a turn of the loop takes several calls.
        self._servers = [self._listening() for _ in range(self._acceptors)]
        await self._health.serve()
        for server in self._servers:
            await server.start()

    async def follow(self, *, ready: bool) -> None:
        """Let the health that callers see follow the process's readiness."""
        await self._health.follow(ready=ready)

    def replace_certificate(self, tls: Tls) -> None:
        """Show another certificate to new connections; open ones go on."""
        self._certificates.replace(tls)

    def _listening(self) -> grpc.aio.Server:
        """Return a server bound to the port; if it is 0, the first server gets a free one for all."""
        server = grpc.aio.server(options=OPTIONS, maximum_concurrent_rpcs=_RPCS_AT_ONCE)
        server.add_generic_rpc_handlers((*self._handlers, self._health.handler()))
        if self._reflection:
            names = (*self._names, HEALTH_SERVICE, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server)
        listen = f"{self._listen.rpartition(':')[0]}:{self.port}" if self.port else self._listen
        try:
            self.port = server.add_secure_port(listen, self._certificates.credentials())
        except RuntimeError as error:
            raise ListenError(f"cannot listen on {self._listen}") from error
        return server

    async def stop(self, *, grace: float, linger: float = 0.5) -> None:
        """Report NOT_SERVING for `linger` seconds, then accept no more calls and end within `grace` seconds.

        linger: time for load balancers to stop sending calls. Calls that still run after `grace` are
        cancelled. Does nothing once the server has stopped.
        """
        if self._has_stopped:
            return
        await self._health.drain()
        for drain in self._drains:
            drain()
        await asyncio.sleep(linger)
        self._health.close()
        await asyncio.gather(*(server.stop(grace) for server in self._servers))
        self._has_stopped = True

    async def wait(self) -> None:
        """Wait until the server has stopped."""
        for server in self._servers:
            await server.wait_for_termination()


def _handler(
    service: Service, handle: Callable[[MethodDescriptor, object], _Handler]
) -> grpc.GenericRpcHandler:
    handlers = {method.name: handle(method, service.servicer) for method in service.descriptor.methods}
    return grpc.method_handlers_generic_handler(service.descriptor.full_name, handlers)


def describe(descriptor: MethodDescriptor) -> EdgeMethod:
    """Return the EdgeMethod of a descriptor; raises AccessOptionError."""
    path = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
    return EdgeMethod(
        path=path,
        roles=roles_of(descriptor),
        request_type=message_factory.GetMessageClass(descriptor.input_type),
        request_limit=limits.LARGER_REQUEST_BYTES.get(path, limits.REQUEST_BYTES),
    )


def dispatch(
    method: EdgeMethod,
    answer: Callable[..., Awaitable[Message]],
    repeats: RepeatedRequests | None = None,
) -> Stage:
    """Return the innermost stage: decode, answer, encode. It refuses a call without a caller."""
    is_repeatable = "request_id" in method.request_type.DESCRIPTOR.fields_by_name

    async def dispatched(call: Call) -> bytes:
        if call.caller is None:
            raise DeniedError(Reason.ACCESS_DENIED)
        request, caller = _decoded(method.request_type, call.body), call.caller

        async def work() -> Message:
            return await answer(request, caller=caller, now=call.now, remaining=call.remaining)

        if repeats is None or not is_repeatable:
            return (await work()).SerializeToString()
        request_id = getattr(request, "request_id")  # noqa: B009 - of many types of messages
        return (await repeats.answer(work, caller=caller.name, request_id=request_id)).SerializeToString()

    return dispatched


def dispatch_stream(
    method: EdgeMethod, answer: Callable[..., AsyncGenerator[Message, None]], revocations: Directory
) -> Stage:
    """Return the innermost stage of a streamed answer; it ends when the caller's key is revoked."""

    async def dispatched(call: Call) -> bytes:
        if call.caller is None or call.send is None:
            raise DeniedError(Reason.ACCESS_DENIED)
        request = _decoded(method.request_type, call.body)
        messages = answer(request, caller=call.caller, now=call.now, remaining=call.remaining)
        admitted = while_admitted(messages, caller=call.caller, revocations=revocations)
        async with aclosing(messages), aclosing(admitted):
            async for message in admitted:
                await call.send(message.SerializeToString())
                del message  # otherwise it is held until the next one
        return b""

    return dispatched


def _decoded(kind: type[Message], body: bytes) -> Message:
    try:
        return kind.FromString(body)
    except DecodeError:
        raise InvalidError(Reason.INVALID_MESSAGE) from None
