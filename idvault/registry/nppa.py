"""Client of the NPPA real-name interface V1.9 over HTTP; the enterprise interface shares its exchange.

- Only a complete answer with HTTP status 200 decides anything. A query asks for the outcome of a check.
- A failure before the request's first byte is sent is NOT_SENT; any later failure is UNKNOWN.
- Redirects are not followed, proxies from the environment are not used, cookies are not kept.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Final

import aiohttp

from idvault.registry import nppa_wire
from idvault.registry.nppa_wire import Credentials, NppaCode, NppaRequest, NppaStatus, NppaWireError, Question
from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
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


def meaning(http_status: int, code: int, told: RegistryAnswer | None) -> RegistryAnswer:
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


_BY_STATUS: Mapping[NppaStatus, RegistryAnswer] = {
    NppaStatus.VERIFIED: RegistryAnswer.MATCH,
    NppaStatus.IN_PROGRESS: RegistryAnswer.IN_PROGRESS,
    NppaStatus.FAILED: RegistryAnswer.MISMATCH,
}
# A query carries neither name nor number, so these answers do not describe the check.
_NOT_OF_A_QUERY = frozenset({RegistryAnswer.INVALID_INPUT, RegistryAnswer.DAILY_LIMIT, RegistryAnswer.IN_USE})


class NppaRegistry:
    """A client of one NPPA endpoint (registry.ports.Registry)."""

    def __init__(
        self,
        *,
        check_base: str,
        query_base: str,
        credentials: Credentials,
        clock: Callable[[], datetime],
        document_types: frozenset[DocumentType] = frozenset({DocumentType.RESIDENT_ID}),
        development: bool = False,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Set the endpoint and the credentials; raises InsecureUrlError for http outside development.

        clock: real time, which must be within 5 s of the registry's. random: makes the nonces.
        """
        self._check_base = base_url(check_base, development=development)
        self._query_base = base_url(query_base, development=development)
        self._credentials = credentials
        self._clock = clock
        self._document_types = document_types
        self._random = random
        self._exchange = Exchange()

    @property
    def name_limit(self) -> int:
        """Return 32, the interface's limit in code points."""
        return nppa_wire.NAME_LIMIT

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the document types that this deployment may check here."""
        return self._document_types

    @property
    def can_query(self) -> bool:
        """Return True: a check can be queried for 48 h."""
        return True

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        """Ask whether name and number belong together."""
        request = nppa_wire.build_check(
            credentials=self._credentials,
            question=Question(ai, identity.name, identity.document.number),
            now=self._clock(),
            nonce=self._random(nppa_wire.NONCE_SIZE),
        )
        return await self._ask(self._check_base, request, patience, in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Ask for the outcome of a check."""
        request = nppa_wire.build_query(credentials=self._credentials, ai=ai, now=self._clock())
        answer = await self._ask(self._query_base, request, patience, in_turn)
        return RegistryAnswer.UNKNOWN if answer in _NOT_OF_A_QUERY else answer

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Query an id of no check, and see whether the address of checks answers if it is another one."""
        begun = self._clock()
        answer = await self.query(ai=ai, patience=patience, in_turn=in_turn)
        if answer is not RegistryAnswer.NOT_FOUND or self._check_base == self._query_base:
            return answer
        left = patience - (self._clock() - begun).total_seconds()
        reached = await self._exchange.reach(self._check_base, patience=left)
        return answer if reached else RegistryAnswer.NOT_SENT

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()

    async def _ask(self, base: str, request: NppaRequest, patience: float, in_turn: InTurn) -> RegistryAnswer:
        return await self._exchange.ask(base, request, patience=patience, read=_read, in_turn=in_turn)


def _read(http_status: int, body: bytes) -> RegistryAnswer:
    reply = nppa_wire.parse_answer(body)
    return meaning(http_status, reply.code, None if reply.status is None else _BY_STATUS[reply.status])
