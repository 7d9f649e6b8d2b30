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

from idvault.core import capacity
from idvault.core.capacity import LOOKAHEAD, EdgeCapacity
from idvault.core.edge import errors, limits, stages
from idvault.core.edge import health as health_protocol
from idvault.core.edge.access import Access, Directory, roles_of
from idvault.core.edge.call import Call, EdgeMethod, Stage
from idvault.core.edge.certificates import Certificates, Tls
from idvault.core.edge.health import SERVICE as HEALTH_SERVICE
from idvault.core.edge.health import Health
from idvault.core.edge.message_room import MessageRoom
from idvault.core.edge.stream import while_admitted
from idvault.core.edge.timer import Timer
from idvault.core.process import PortBusyError
from idvault.core.request import RepeatedRequests
from idvault.core.telemetry.logs import AccessLog
from idvault.core.telemetry.metrics import Metrics
from idvault.core.telemetry.traces import Traces
from idvault.core.usage import UsageCounts
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, InvalidError, Reason

_Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"
_MINUTE = 60_000
# How many calls a connection may have at once. gRPC counts calls that have ended until their objects are
# gone: otherwise a client that takes its calls back at once would fill an acceptor. So clients keep below
# that number (idvault_client.transport.AT_ONCE). A call refused all the same was never looked at: gRPC sends
# it again by itself.
_STREAMS_OF_CONNECTION = 100
OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.so_reuseport", 1),
    ("grpc.max_receive_message_length", limits.LARGEST_REQUEST_BYTES),
    ("grpc.max_send_message_length", 4 * 1024 * 1024),
    ("grpc.max_concurrent_streams", _STREAMS_OF_CONNECTION),
    # gRPC would measure the network and let each call send megabytes before anybody asked for its message.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", LOOKAHEAD),
    # Until a client has acknowledged that, it may send 64 KiB of each call.
    ("grpc.http2.settings_timeout", 5_000),
    ("grpc.max_metadata_size", 8 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.keepalive_time_ms", _MINUTE),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.max_connection_idle_ms", 10 * _MINUTE),
    ("grpc.max_connection_age_ms", 30 * _MINUTE),
    ("grpc.max_connection_age_grace_ms", _MINUTE),
)
ACCEPTORS = 48
"""gRPC hands calls to the loop one at a time: with several servers at the port, a turn takes several."""


class ListenError(PortBusyError):
    """The address cannot be bound, as when somebody took it meanwhile, or the key pair cannot be used."""


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
        takes: EdgeCapacity,
        deadline: float,
        read_time: float,
        repeats: RepeatedRequests | None,
        traces: Traces | None,
        usage: UsageCounts | None,
    ) -> None:
        self._access = access
        self._usage = usage
        self._repeats = repeats
        self._metrics = metrics
        self._access_log = access_log
        self._clock = clock
        self._deadline = deadline
        self._read_time = read_time
        self._traces = traces
        self._timer = Timer()
        self._takes = takes
        self._room = MessageRoom(
            limit=takes.message_bytes, largest=limits.LARGEST_REQUEST_BYTES, at_once=takes.waiting
        )
        self._running = limits.Running(at_once=takes.calls)
        self._streams = limits.Running(at_once=takes.streams)
        self.refusals = stages.RefusalLine(at_once=takes.refused)

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

    def health(self, health: Health) -> grpc.GenericRpcHandler:
        """Return the handler of grpc.health.v1: for registered callers, with shares of its own."""
        check, watch = health_protocol.methods()
        at_once = self._takes.health_streams
        checked = limits.wrap(
            dispatch(check, health.check),
            running=limits.Running(at_once=at_once),
            timer=self._timer,
            deadline=self._deadline,
        )
        watched = limits.wrap_stream(
            dispatch_stream(watch, health.watch, self._access.revocations),
            running=limits.Running(at_once=at_once),
        )
        guarded = health_protocol.guard(self._admitted(checked), method=check, clock=self._clock)
        streamed = errors.guard_stream(self._admitted(watched), method=watch, clock=self._clock)
        return grpc.method_handlers_generic_handler(
            HEALTH_SERVICE,
            {
                "Check": grpc.stream_unary_rpc_method_handler(guarded),
                "Watch": grpc.stream_stream_rpc_method_handler(streamed),
            },
        )

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
            deadline=self._deadline,
        )

    def _observed(self, inner: Any) -> Any:
        admitted = self._admitted(inner)
        observed = stages.observe(
            admitted, metrics=self._metrics, access_log=self._access_log, usage=self._usage
        )
        return observed if self._traces is None else stages.trace(observed, traces=self._traces)

    def _admitted(self, inner: Any) -> Any:
        received = stages.receive(inner, timer=self._timer, room=self._room, read_time=self._read_time)
        return self._access.wrap(stages.tell_in_turn(received, refusals=self.refusals))


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
        takes: EdgeCapacity | None = None,
        deadline: float = limits.DEADLINE,
        read_time: float = stages.READ_TIME,
        acceptors: int = 1,
        reflection: bool = False,
        drains: Sequence[Callable[[], None]] = (),
        repeats: RepeatedRequests | None = None,
        traces: Traces | None = None,
        usage: UsageCounts | None = None,
    ) -> None:
        """Initialise. listen: "host:port", port 0 for any.

        takes: how much at once, None for the default memory. deadline: the most seconds one call may take;
        read_time: the most seconds to send its message. acceptors: how many servers of gRPC listen at the
        port at most. drains: called when the server begins to stop, so that streams end. repeats: finds the
        key of a repeat. traces, usage: None for no spans, no counts. Raises AccessOptionError if a method has
        no valid access option, and AttributeError if a servicer lacks a method.
        """
        self._listen = listen
        self._certificates = Certificates(tls)
        self._takes, self._drains = takes or capacity.edge(), drains
        self._acceptors, self._reflection = _with_room(acceptors, self._takes), reflection
        handle = _Pipeline(
            access=access,
            metrics=metrics,
            access_log=access_log,
            clock=clock,
            takes=self._takes,
            deadline=deadline,
            read_time=read_time,
            repeats=repeats,
            traces=traces,
            usage=usage,
        )
        self._refusals = handle.refusals
        self._names = [service.descriptor.full_name for service in services]
        self._health = Health(services=self._names)
        self._handlers = [*(_handler(service, handle) for service in services), handle.health(self._health)]
        self.port = 0

    async def start(self) -> None:
        """Bind, report SERVING and serve; raises ListenError."""
        self._has_stopped = False
        # A grpc.aio server takes one call at a time from gRPC, by way of the polling thread. The kernel
        # spreads connections over the servers at one port, so a turn of the loop takes several calls.
        self._servers = [self._listening() for _ in range(self._acceptors)]
        for server in self._servers:
            await server.start()

    async def follow(self, *, ready: bool) -> None:
        """Let the health that callers see follow the process's readiness."""
        self._health.follow(ready=ready)

    def replace_certificate(self, tls: Tls) -> None:
        """Show another certificate to new connections; open ones go on."""
        self._certificates.replace(tls)

    def _listening(self) -> grpc.aio.Server:
        """Return a server bound to the port; if it is 0, the first server gets a free one for all."""
        takes = self._takes
        most = takes.waiting + takes.calls + takes.streams + 2 * takes.health_streams + takes.refused
        server = grpc.aio.server(options=self._options(), maximum_concurrent_rpcs=most)
        server.add_generic_rpc_handlers(self._handlers)
        if self._reflection:
            names = (*self._names, HEALTH_SERVICE, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, server)
        listen = f"{self._listen.rpartition(':')[0]}:{self.port}" if self.port else self._listen
        try:
            self.port = server.add_secure_port(listen, self._certificates.credentials())
        except RuntimeError as error:
            raise ListenError(f"cannot listen on {self._listen}") from error
        return server

    def _options(self) -> list[tuple[str, int]]:
        """Return the options of each server of gRPC."""
        # Beyond `pending`, gRPC rejects calls at random, whoever sent them. Our limits per caller apply
        # earlier.
        pending, connections = (
            max(1, number // self._acceptors) for number in (self._takes.pending, self._takes.connections)
        )
        return [
            *OPTIONS,
            ("grpc.server.max_pending_requests", pending),
            ("grpc.server.max_pending_requests_hard_limit", pending),
            ("grpc.max_allowed_incoming_connections", connections),
        ]

    async def stop(self, *, grace: float, linger: float = 0.5) -> None:
        """Report NOT_SERVING for `linger` seconds, then accept no more calls and end within `grace` seconds.

        linger: time for load balancers to stop sending calls. Calls that still run after `grace` are
        cancelled. Does nothing once the server has stopped.
        """
        if self._has_stopped:
            return
        self._health.drain()
        for drain in self._drains:
            drain()
        await asyncio.sleep(linger)
        self._health.close()
        self._refusals.hurry()
        await asyncio.gather(*(server.stop(grace) for server in self._servers))
        self._has_stopped = True

    async def wait(self) -> None:
        """Wait until the server has stopped."""
        for server in self._servers:
            await server.wait_for_termination()


def _with_room(acceptors: int, takes: EdgeCapacity) -> int:
    """Return how many servers may listen: as many as have room for the calls of three connections each.

    The kernel may give one of them three busy connections, and gRPC would reject their calls at random.
    """
    return max(1, min(acceptors, takes.pending // (3 * _STREAMS_OF_CONNECTION)))


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
        request_limit=limits.request_limit(path),
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
