"""grpc.health.v1 for every valid certificate: SERVING while the process is ready and does not drain.

- A load balancer would move every connection at each change, and a database that is slow once concerns all
  edges alike. So three looks in a row must fail before NOT_SERVING, and two must pass before SERVING again.
- It begins with SERVING: a start has checked all that a look checks.
"""

import asyncio
from collections.abc import Iterable
from uuid import uuid4

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2

from idvault.api.edge import errors
from idvault.api.edge.errors import Context
from idvault.domain.error import InvalidError, Reason
from idvault.telemetry.logs import log

SERVICE = health.SERVICE_NAME
_LEAVES_AFTER, _RETURNS_AFTER = 3, 2


class Steadiness:
    """Whether to serve, which follows several equal looks in a row."""

    def __init__(self) -> None:
        """Begin with serving."""
        self.serves = True
        self._against = 0

    def look(self, *, ready: bool) -> bool:
        """Return whether the result of this look changes the answer."""
        self._against = 0 if ready is self.serves else self._against + 1
        if self._against < (_RETURNS_AFTER if ready else _LEAVES_AFTER):
            return False
        self.serves, self._against = ready, 0
        return True


class Health:
    """The health of this server and of each of its services."""

    def __init__(self, *, services: Iterable[str]) -> None:
        """Initialise with the services' full names."""
        self._servicer = health.aio.HealthServicer()
        self._services = tuple(services)
        self._drained = asyncio.Event()
        self._steadiness = Steadiness()

    async def serve(self) -> None:
        """Report every service as SERVING."""
        for service in self._services:
            await self._servicer.set(service, health_pb2.HealthCheckResponse.SERVING)

    async def follow(self, *, ready: bool) -> None:
        """Report what the looks of the process's readiness say; nothing changes once the server drains."""
        if not self._steadiness.look(ready=ready):
            return
        states = health_pb2.HealthCheckResponse
        status = states.SERVING if ready else states.NOT_SERVING
        log().warning("health_changed", outcome=states.ServingStatus.Name(status))
        for service in ("", *self._services):
            await self._servicer.set(service, status)

    async def drain(self) -> None:
        """Report NOT_SERVING from now on, to watchers too."""
        await self._servicer.enter_graceful_shutdown()

    def close(self) -> None:
        """End the streams of watchers, so that they do not delay a stop."""
        self._drained.set()

    def handler(self) -> grpc.GenericRpcHandler:
        """Return the handler for the server."""
        answer = health_pb2.HealthCheckResponse.SerializeToString
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Check": grpc.unary_unary_rpc_method_handler(self._check, response_serializer=answer),
                "Watch": grpc.unary_stream_rpc_method_handler(self._watch, response_serializer=answer),
            },
        )

    async def _check(self, body: bytes, context: Context) -> health_pb2.HealthCheckResponse:
        return await self._servicer.Check(await _decoded(body, context), context)

    async def _watch(self, body: bytes, context: Context) -> None:
        request = await _decoded(body, context)
        tasks = [
            asyncio.ensure_future(self._servicer.Watch(request, context)),
            asyncio.ensure_future(self._drained.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _decoded(body: bytes, context: Context) -> health_pb2.HealthCheckRequest:
    try:
        return health_pb2.HealthCheckRequest.FromString(body)
    except DecodeError:
        error = InvalidError(Reason.INVALID_MESSAGE)
        await errors.refuse(context, error, path=SERVICE, request=str(uuid4()))
