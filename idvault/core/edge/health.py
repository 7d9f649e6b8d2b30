"""grpc.health.v1 for every registered caller: SERVING while the process is ready and does not drain.

- A load balancer would move every connection at each change, and a database that is slow once concerns all
  edges alike. So three looks in a row must fail before NOT_SERVING, and two must pass before SERVING again.
- It begins with SERVING: a start has checked all that a look checks.
- Its calls have shares of their own: a caller who has used up its calls is still told, and watches are few.
- It is in neither the metrics nor the log of calls: load balancers ask every second.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable

import grpc
from grpc_health.v1 import health, health_pb2

from idvault.core.edge import errors
from idvault.core.edge.call import Caller, EdgeMethod, Stage
from idvault.core.edge.errors import Context, Handler
from idvault.core.telemetry.logs import log
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import options_pb2

SERVICE = health.SERVICE_NAME
_LEAVES_AFTER, _RETURNS_AFTER = 3, 2
_REQUEST_BYTES = 1024
_STATES = health_pb2.HealthCheckResponse


class UnknownServiceError(Exception):
    """Somebody asked about a service that is not served here."""


class Health:
    """The health of this server and of each of its services."""

    def __init__(self, *, services: Iterable[str]) -> None:
        """Report every service as SERVING. services: their full names."""
        self._states: dict[str, int] = dict.fromkeys(("", *services), _STATES.SERVING)
        self._changed = asyncio.Event()
        self._drains = self._closed = False
        self._serves, self._against = True, 0

    def follow(self, *, ready: bool) -> None:
        """Report what several equal looks in a row say; nothing changes once the server drains.

        ready: the result of this look.
        """
        self._against = 0 if ready is self._serves else self._against + 1
        if self._against < (_RETURNS_AFTER if ready else _LEAVES_AFTER):
            return
        self._serves, self._against = ready, 0
        status = _STATES.SERVING if ready else _STATES.NOT_SERVING
        log().warning("health_changed", outcome=_STATES.ServingStatus.Name(status))
        if not self._drains:
            self._set(status)

    def drain(self) -> None:
        """Report NOT_SERVING from now on, to watchers too."""
        self._drains = True
        self._set(_STATES.NOT_SERVING)

    def close(self) -> None:
        """End the streams of watchers, so that they do not delay a stop."""
        self._closed = True
        self._tell()

    async def check(
        self, request: health_pb2.HealthCheckRequest, *, caller: Caller, now: ClockReading, remaining: float
    ) -> health_pb2.HealthCheckResponse:
        """Return the status of a service; raises UnknownServiceError."""
        status = self._states.get(request.service)
        if status is None:
            raise UnknownServiceError
        return _STATES(status=status)

    async def watch(
        self, request: health_pb2.HealthCheckRequest, *, caller: Caller, now: ClockReading, remaining: float
    ) -> AsyncGenerator[health_pb2.HealthCheckResponse, None]:
        """Yield the status of a service, and again whenever it has changed."""
        told = None
        while not self._closed:
            changed = self._changed
            status = self._states.get(request.service, _STATES.SERVICE_UNKNOWN)
            if status != told:
                told = status
                yield _STATES(status=status)
            else:
                await changed.wait()

    def _set(self, status: int) -> None:
        self._states = dict.fromkeys(self._states, status)
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def methods() -> tuple[EdgeMethod, EdgeMethod]:
    """Return Check and Watch: every role may call them."""
    roles = options_pb2.Role.DESCRIPTOR.values
    names = frozenset(role.name.removeprefix("ROLE_").lower() for role in roles if role.number)
    check, watch = (
        EdgeMethod(f"/{SERVICE}/{name}", names, health_pb2.HealthCheckRequest, _REQUEST_BYTES)
        for name in ("Check", "Watch")
    )
    return check, watch


def guard(inner: Stage, *, method: EdgeMethod, clock: Callable[[], ClockReading]) -> Handler:
    """Return the outermost stage of Check: an unknown service is NOT_FOUND, as its protocol says."""

    async def guarded(_messages: object, context: Context) -> bytes:
        call = errors.begin(method, context, clock())
        try:
            return await inner(call)
        except UnknownServiceError:
            await errors.abort(context, grpc.StatusCode.NOT_FOUND)
        except Exception as error:
            await errors.refuse(context, error, path=method.path, request=call.name_error())
        return b""

    return guarded
