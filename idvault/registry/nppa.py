"""Client of the NPPA real-name interface V1.9: its wire format, and the exchange over HTTP.

The format (idvault_dev.mock_registry.nppa has the registry's half):

- A body is {"data": base64(nonce12 ‖ ciphertext ‖ tag16)}, AES-128-GCM under the secret key.
- A signature is the hex SHA-256 of secret key, system headers and URL parameters by key, and raw body.
- Answers are plain JSON. The player id `pi` identifies a person across companies and reveals the birth
  date: it is used only to check that an answer is complete, and then dropped.

The exchange, which the enterprise interface shares:

- Only a complete answer with HTTP status 200 decides anything. A query asks for the outcome of a check.
- A failure before the request's first byte is sent is NOT_SENT; any later failure is UNKNOWN.
- Redirects are not followed, proxies from the environment are not used, cookies are not kept.
"""

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from types import SimpleNamespace
from typing import Final

import aiohttp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer

CHECK_PATH = "/idcard/authentication/check"
QUERY_PATH = "/idcard/authentication/query"
CONTENT_TYPE = "application/json;charset=utf-8"
NONCE_SIZE = 12
NAME_LIMIT = 32
_SECRET_KEY = re.compile(r"[0-9a-fA-F]{32}")
_PI = re.compile(r"[0-9a-z]{38}")
OK: Final = 200
_SERVER_ERROR: Final = 500
_ANSWER_LIMIT: Final = 65_536


class NppaCode(IntEnum):
    """The errcodes of the specification."""

    OK = 0
    SYSTEM_ERROR = 1001
    NO_RESOURCE = 1002
    METHOD_ERROR = 1003
    HEADER_MISSING = 1004
    ADDRESS_REFUSED = 1005
    BUSY = 1006
    EXPIRED = 1007
    PARTNER_ERROR = 1008
    PARTNER_DISABLED = 1009
    AUTH_ERROR = 1010
    SIGN_ERROR = 1011
    BODY_ERROR = 1012
    NUMBER_ILLEGAL = 2001
    RESOURCE_LIMIT = 2002
    NO_SUCH_CHECK = 2003
    AI_IN_USE = 2004
    NAME_ILLEGAL = 2005
    PLAYER_ERROR = 2006
    TEST_SYSTEM_ERROR = 4001
    TEST_TASK_MISSING = 4002
    TEST_CODE_ERROR = 4003


class NppaStatus(IntEnum):
    """The status of a check."""

    VERIFIED = 0
    IN_PROGRESS = 1
    FAILED = 2


class NppaWireError(ValueError):
    """The bytes do not follow the specification; the text never repeats them."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The caller's credentials: appId, bizId, and the secret key as 32 hex digits, which repr never shows."""

    app_id: str
    biz_id: str
    secret_key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raise NppaWireError unless the secret key is 16 bytes in hex."""
        if not _SECRET_KEY.fullmatch(self.secret_key):
            raise NppaWireError("a secret key must be 32 hex digits")


@dataclass(frozen=True, slots=True)
class Question:
    """The content of a check: an id, a name and a number."""

    ai: str
    name: str = field(repr=False)
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NppaRequest:
    """One HTTP request of the client."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NppaReply:
    """An answer: its errcode, which may be unknown, and the status if the code is OK."""

    code: int
    status: NppaStatus | None = None


def sign(*, secret_key: str, fields: Mapping[str, str], body: bytes) -> str:
    """Return the signature over system headers and URL parameters (fields) and the raw body."""
    text = secret_key + "".join(f"{key}{fields[key]}" for key in sorted(fields))
    return sha256(text.encode() + body).hexdigest()


def seal_body(*, secret_key: str, content: Mapping[str, str], nonce: bytes) -> bytes:
    """Return the enveloped body; nonce: 12 bytes never used before with this key."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = nonce + AESGCM(bytes.fromhex(secret_key)).encrypt(nonce, plain, None)
    return json.dumps({"data": b64encode(sealed).decode()}, separators=(",", ":")).encode()


def build_check(*, credentials: Credentials, question: Question, now: datetime, nonce: bytes) -> NppaRequest:
    """Return the request for a check."""
    content = {"ai": question.ai, "name": question.name, "idNum": question.number}
    return build_post(CHECK_PATH, credentials=credentials, content=content, now=now, nonce=nonce)


def build_query(*, credentials: Credentials, ai: str, now: datetime) -> NppaRequest:
    """Return the request for the outcome of a check."""
    return _request("GET", QUERY_PATH, credentials, params={"ai": ai}, body=b"", now=now)


def build_get(
    path: str, *, credentials: Credentials, params: Mapping[str, str], now: datetime
) -> NppaRequest:
    """Return a signed request without a body."""
    return _request("GET", path, credentials, params=params, body=b"", now=now)


def build_post(
    path: str, *, credentials: Credentials, content: Mapping[str, str], now: datetime, nonce: bytes
) -> NppaRequest:
    """Return a signed request with an enveloped body."""
    body = seal_body(secret_key=credentials.secret_key, content=content, nonce=nonce)
    return _request("POST", path, credentials, params={}, body=body, now=now)


def _request(
    method: str,
    path: str,
    credentials: Credentials,
    *,
    params: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> NppaRequest:
    system = {
        "appId": credentials.app_id,
        "bizId": credentials.biz_id,
        "timestamps": str(int(now.timestamp() * 1000)),
    }
    signature = sign(secret_key=credentials.secret_key, fields={**system, **params}, body=body)
    return NppaRequest(
        method, path, params, {**system, "sign": signature, "Content-Type": CONTENT_TYPE}, body
    )


def parse_answer(body: bytes) -> NppaReply:
    """Parse an answer; raises NppaWireError unless it is complete."""
    code, answer = parse_code(body)
    return NppaReply(code, _status(answer) if code == NppaCode.OK else None)


def parse_code(body: bytes) -> tuple[int, Mapping[str, object]]:
    """Return an answer's errcode and the answer; raises NppaWireError."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise NppaWireError("an answer is not JSON") from None
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if type(code) is not int:
        raise NppaWireError("an answer has no errcode")
    return code, answer


def result_of(answer: Mapping[str, object]) -> Mapping[str, object]:
    """Return the result of an answer; raises NppaWireError if it has none."""
    data = answer.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    if not isinstance(result, dict):
        raise NppaWireError("an answer has no result")
    return result


def _status(answer: Mapping[str, object]) -> NppaStatus:
    result = result_of(answer)
    number = result.get("status")
    if type(number) is not int or number not in tuple(NppaStatus):
        raise NppaWireError("an answer has no status")
    pi = result.get("pi")
    if number == NppaStatus.VERIFIED and not (isinstance(pi, str) and _PI.fullmatch(pi)):
        raise NppaWireError("a positive answer has no player id")
    return NppaStatus(number)


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
        return told if http_status == OK else RegistryAnswer.UNKNOWN
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

    def use(self, credentials: Credentials) -> None:
        """Sign with these credentials from the next request on."""
        self._credentials = credentials

    @property
    def name_limit(self) -> int:
        """Return 32, the interface's limit in code points."""
        return NAME_LIMIT

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
        request = build_check(
            credentials=self._credentials,
            question=Question(ai, identity.name, identity.document.number),
            now=self._clock(),
            nonce=self._random(NONCE_SIZE),
        )
        return await self._ask(self._check_base, request, patience, in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Ask for the outcome of a check."""
        request = build_query(credentials=self._credentials, ai=ai, now=self._clock())
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
    reply = parse_answer(body)
    return meaning(http_status, reply.code, None if reply.status is None else _BY_STATUS[reply.status])
