"""What both wires share: how one request travels over HTTP, and what an errcode means in the vault's words.

- Whatever fails before the request's first byte is on its way is NOT_SENT; whatever fails later is UNKNOWN.
- Redirects are not followed, proxies of the environment are not used, cookies are not kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

import aiohttp

from idvault.domain.registry import Answer
from idvault.registry.nppa_wire import Code, Request, WireError

_OK: Final = 200
_SERVER_ERROR: Final = 500
_ANSWER_LIMIT: Final = 65_536

_BY_CODE: Mapping[int, Answer] = {
    Code.HEADER_MISSING: Answer.NOT_SENT,
    Code.BUSY: Answer.RATE_LIMITED,
    Code.NUMBER_ILLEGAL: Answer.INVALID_INPUT,
    Code.NAME_ILLEGAL: Answer.INVALID_INPUT,
    Code.RESOURCE_LIMIT: Answer.DAILY_LIMIT,
    Code.NO_SUCH_CHECK: Answer.NOT_FOUND,
    **dict.fromkeys(
        (
            Code.NO_RESOURCE,
            Code.METHOD_ERROR,
            Code.ADDRESS_REFUSED,
            Code.EXPIRED,
            Code.PARTNER_ERROR,
            Code.PARTNER_DISABLED,
            Code.AUTH_ERROR,
            Code.SIGN_ERROR,
            Code.BODY_ERROR,
            Code.TEST_SYSTEM_ERROR,
            Code.TEST_TASK_MISSING,
            Code.TEST_CODE_ERROR,
        ),
        Answer.REJECTED_CALLER,
    ),
}


class InsecureUrlError(ValueError):
    """A base URL is not https: an answer that nobody vouches for must never verify anybody."""


@dataclass(slots=True)
class _Flight:
    """Whether a request has begun to leave."""

    departed: bool = False


class Exchange:
    """The connections to one registry."""

    def __init__(self) -> None:
        """Connect with the first request."""
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, base: str, request: Request, *, patience: float, read: Callable[[int, bytes], Answer]
    ) -> Answer:
        """Send a request; read is given the HTTP status and the whole body, and may raise WireError."""
        if patience <= 0:
            return Answer.NOT_SENT
        flight = _Flight()
        try:
            return read(*await self._send(base, request, patience, flight))
        except (aiohttp.ClientError, TimeoutError, OSError, WireError):
            return Answer.UNKNOWN if flight.departed else Answer.NOT_SENT

    async def close(self) -> None:
        """Give the connections up."""
        if self._session is not None:
            await self._session.close()

    async def _send(self, base: str, request: Request, patience: float, flight: _Flight) -> tuple[int, bytes]:
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
                    raise WireError("an answer is too long")
            return response.status, body

    def _client(self) -> aiohttp.ClientSession:
        # Made with the first call, because a session belongs to the loop that is running then.
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
    """Note that a request leaves; called just before its first byte is written."""
    context.trace_request_ctx.departed = True


def decide(http_status: int, code: int, told: Answer | None) -> Answer:
    """Return what a whole answer says: what its status told, if it has one, else what its errcode means."""
    if http_status >= _SERVER_ERROR:
        return Answer.UNKNOWN
    if told is not None:
        return told if http_status == _OK else Answer.UNKNOWN
    return _BY_CODE.get(code, Answer.UNKNOWN)


def base_url(text: str, *, development: bool) -> str:
    """Return a base URL without its last slash; raises InsecureUrlError for http outside development."""
    if not text.startswith("https://") and not (development and text.startswith("http://")):
        raise InsecureUrlError("a registry's base URL must be https")
    return text.rstrip("/")
