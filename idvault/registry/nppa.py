"""Asks the NPPA real-name interface V1.9 over HTTP, and says in the vault's words what it answered.

- Whatever fails before the request's first byte is on its way is NOT_SENT; whatever fails later is UNKNOWN.
- Only a whole answer with HTTP status 200 decides anything.
- Redirects are not followed, proxies of the environment are not used, cookies are not kept.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Final

import aiohttp

from idvault.domain.document import DocumentType
from idvault.domain.registry import Answer
from idvault.domain.verification import Identity
from idvault.registry import nppa_wire
from idvault.registry.nppa_wire import Code, Credentials, Question, Reply, Request, Status

_ANSWER_LIMIT: Final = 65_536
_OK: Final = 200
_SERVER_ERROR: Final = 500

_BY_STATUS: Mapping[Status, Answer] = {
    Status.VERIFIED: Answer.MATCH,
    Status.IN_PROGRESS: Answer.IN_PROGRESS,
    Status.FAILED: Answer.MISMATCH,
}
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
# A query carries neither name nor number, so these say nothing about the check that it asks for.
_NOT_OF_A_QUERY = frozenset({Answer.INVALID_INPUT, Answer.DAILY_LIMIT})


class InsecureUrlError(ValueError):
    """A base URL is not https: an answer that nobody vouches for must never verify anybody."""


@dataclass(slots=True)
class _Flight:
    """Whether a request has begun to leave."""

    departed: bool = False


class NppaRegistry:
    """A client of one NPPA endpoint (ports.registry.Registry)."""

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
        """Keep where and as whom to ask; raises InsecureUrlError for http outside development.

        clock: real time, which must be within 5 s of the registry's. random: makes the nonces.
        """
        for base in (check_base, query_base):
            if not base.startswith("https://") and not (development and base.startswith("http://")):
                raise InsecureUrlError("a registry's base URL must be https")
        self._check_base = check_base.rstrip("/")
        self._query_base = query_base.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._document_types = document_types
        self._random = random
        self._session: aiohttp.ClientSession | None = None

    @property
    def name_limit(self) -> int:
        """Return 32, the interface's limit in code points."""
        return nppa_wire.NAME_LIMIT

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the documents that this deployment was allowed to check here."""
        return self._document_types

    async def check(self, *, ai: str, identity: Identity, patience: float) -> Answer:
        """Ask whether name and number belong together."""
        request = nppa_wire.build_check(
            credentials=self._credentials,
            question=Question(ai, identity.name, identity.document.number),
            now=self._clock(),
            nonce=self._random(nppa_wire.NONCE_SIZE),
        )
        return await self._ask(self._check_base, request, patience)

    async def query(self, *, ai: str, patience: float) -> Answer:
        """Ask what became of a check."""
        request = nppa_wire.build_query(credentials=self._credentials, ai=ai, now=self._clock())
        answer = await self._ask(self._query_base, request, patience)
        return Answer.UNKNOWN if answer in _NOT_OF_A_QUERY else answer

    async def close(self) -> None:
        """Give the connections up."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, base: str, request: Request, patience: float) -> Answer:
        if patience <= 0:
            return Answer.NOT_SENT
        flight = _Flight()
        try:
            status, body = await self._exchange(base, request, patience, flight)
            return _read(status, nppa_wire.parse_answer(body))
        except (aiohttp.ClientError, TimeoutError, OSError, nppa_wire.WireError):
            return Answer.UNKNOWN if flight.departed else Answer.NOT_SENT

    async def _exchange(
        self, base: str, request: Request, patience: float, flight: _Flight
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
                    raise nppa_wire.WireError("an answer is too long")
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


def _read(http_status: int, reply: Reply) -> Answer:
    if http_status >= _SERVER_ERROR:
        return Answer.UNKNOWN
    if reply.status is not None:
        return _BY_STATUS[reply.status] if http_status == _OK else Answer.UNKNOWN
    return _BY_CODE.get(reply.code, Answer.UNKNOWN)
