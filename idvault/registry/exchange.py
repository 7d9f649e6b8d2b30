"""Sends one request over HTTP and maps errcodes to registry answers, for both wire formats.

- A failure before the request's first byte is sent is NOT_SENT; any later failure is UNKNOWN.
- Redirects are not followed, proxies from the environment are not used, cookies are not kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

import aiohttp

from idvault.registry.nppa_wire import NppaCode, NppaRequest, NppaWireError
from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.registry import RegistryAnswer

_OK: Final = 200
_SERVER_ERROR: Final = 500
_ANSWER_LIMIT: Final = 65_536

_BY_CODE: Mapping[int, RegistryAnswer] = {
    NppaCode.HEADER_MISSING: RegistryAnswer.NOT_SENT,
    NppaCode.BUSY: RegistryAnswer.RATE_LIMITED,
    NppaCode.NUMBER_ILLEGAL: RegistryAnswer.INVALID_INPUT,
    NppaCode.NAME_ILLEGAL: RegistryAnswer.INVALID_INPUT,
    NppaCode.RESOURCE_LIMIT: RegistryAnswer.DAILY_LIMIT,
    NppaCode.NO_SUCH_CHECK: RegistryAnswer.NOT_FOUND,
    NppaCode.AI_IN_USE: RegistryAnswer.IN_USE,
    **dict.fromkeys(
        (
            NppaCode.NO_RESOURCE,
            NppaCode.METHOD_ERROR,
            NppaCode.ADDRESS_REFUSED,
            NppaCode.EXPIRED,
            NppaCode.PARTNER_ERROR,
            NppaCode.PARTNER_DISABLED,
            NppaCode.AUTH_ERROR,
            NppaCode.SIGN_ERROR,
            NppaCode.BODY_ERROR,
            NppaCode.TEST_SYSTEM_ERROR,
            NppaCode.TEST_TASK_MISSING,
            NppaCode.TEST_CODE_ERROR,
        ),
        RegistryAnswer.REJECTED_CALLER,
    ),
}


class InsecureUrlError(ValueError):
    """A base URL is not https; an unauthenticated answer must never verify anybody."""


class _MissedTurnError(Exception):
    """The connection was there too late for the turn of this call."""


@dataclass(slots=True)
class _Flight:
    """Whether the sending of a request has started, and may start."""

    in_turn: InTurn
    departed: bool = False


class Exchange:
    """The connections to one registry."""

    def __init__(self) -> None:
        """Set up without connecting."""
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        base: str,
        request: NppaRequest,
        *,
        patience: float,
        read: Callable[[int, bytes], RegistryAnswer],
        in_turn: InTurn = at_any_time,
    ) -> RegistryAnswer:
        """Send a request; read: parses the HTTP status and the whole body, and may raise NppaWireError.

        in_turn: awaited once the connection is there; what would leave too late is not sent.
        """
        if patience <= 0:
            return RegistryAnswer.NOT_SENT
        flight = _Flight(in_turn)
        try:
            return read(*await self._send(base, request, patience, flight))
        except _MissedTurnError:
            return RegistryAnswer.NO_TURN
        except (aiohttp.ClientError, TimeoutError, OSError, NppaWireError):
            return RegistryAnswer.UNKNOWN if flight.departed else RegistryAnswer.NOT_SENT

    async def reach(self, base: str, *, patience: float) -> bool:
        """Tell whether an address answers a request that asks for nothing; its answer's status is no matter.

        An error of the server (5xx) is no answer.
        """
        timeout = aiohttp.ClientTimeout(total=max(0.001, patience))
        try:
            async with self._client().head(base, allow_redirects=False, timeout=timeout) as response:
                return response.status < _SERVER_ERROR
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _send(
        self, base: str, request: NppaRequest, patience: float, flight: _Flight
    ) -> tuple[int, bytes]:
        async with self._client().request(
            request.method,
            base + request.path,
            params=request.params,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=patience),
            trace_request_ctx=flight,
        ) as response:
            body = b""
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > _ANSWER_LIMIT:
                    raise NppaWireError("an answer is too long")
            return response.status, body

    def _client(self) -> aiohttp.ClientSession:
        # Created by the first call, because a session belongs to the event loop running then.
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_departure)
            self._session = aiohttp.ClientSession(
                trace_configs=[trace],
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0),
            )
        return self._session


async def _note_departure(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    """Note that a request is being sent; called just before its first byte is written."""
    flight = context.trace_request_ctx
    if flight is None:
        return
    if not await flight.in_turn():
        raise _MissedTurnError
    flight.departed = True


def decide(http_status: int, code: int, told: RegistryAnswer | None) -> RegistryAnswer:
    """Return the meaning of a complete answer. told: the meaning of its status, None if it has no status."""
    if http_status >= _SERVER_ERROR:
        return RegistryAnswer.UNKNOWN
    if told is not None:
        return told if http_status == _OK else RegistryAnswer.UNKNOWN
    return _BY_CODE.get(code, RegistryAnswer.UNKNOWN)


def base_url(text: str, *, development: bool) -> str:
    """Return a base URL without a trailing slash; raises InsecureUrlError for http outside development."""
    if not text.startswith("https://") and not (development and text.startswith("http://")):
        raise InsecureUrlError("a registry's base URL must be https")
    return text.rstrip("/")
