"""The wire format of the NPPA real-name interface V1.9, for client and server: builds and parses messages.

- A body is {"data": base64(nonce12 ‖ ciphertext ‖ tag16)}, AES-128-GCM under the secret key.
- A signature is the hex SHA-256 of secret key, system headers and URL parameters by key, and raw body.
- Answers are plain JSON. The player id `pi` identifies a person across companies and reveals the birth
  date: it is used only to check that an answer is complete, and then dropped.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import sha256
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHECK_PATH = "/idcard/authentication/check"
QUERY_PATH = "/idcard/authentication/query"
CONTENT_TYPE = "application/json;charset=utf-8"
NONCE_SIZE = 12
NAME_LIMIT = 32
AI_LIMIT = 32
CLOCK_TOLERANCE = timedelta(seconds=5)
_SYSTEM_HEADERS = ("appId", "bizId", "timestamps")
_SECRET_KEY = re.compile(r"[0-9a-fA-F]{32}")
_NUMBER = "idNum"
_PI = re.compile(r"[0-9a-z]{38}")


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


MESSAGES: Mapping[NppaCode, str] = {
    NppaCode.OK: "OK",
    NppaCode.SYSTEM_ERROR: "SYS ERROR",
    NppaCode.NO_RESOURCE: "SYS REQ RESOURCE NOT EXIST",
    NppaCode.METHOD_ERROR: "SYS REQ METHOD ERROR",
    NppaCode.HEADER_MISSING: "SYS REQ HEADER MISS ERROR",
    NppaCode.ADDRESS_REFUSED: "SYS REQ IP ERROR",
    NppaCode.BUSY: "SYS REQ BUSY ERROR",
    NppaCode.EXPIRED: "SYS REQ EXPIRE ERROR",
    NppaCode.PARTNER_ERROR: "SYS REQ PARTNER ERROR",
    NppaCode.PARTNER_DISABLED: "SYS REQ PARTNER AUTH DISABLE",
    NppaCode.AUTH_ERROR: "SYS REQ AUTH ERROR",
    NppaCode.SIGN_ERROR: "SYS REQ PARTNER AUTH ERROR",
    NppaCode.BODY_ERROR: "SYS REQ PARAM CHECK ERROR",
    NppaCode.NUMBER_ILLEGAL: "BUS AUTH IDNUM ILLEGAL",
    NppaCode.RESOURCE_LIMIT: "BUS AUTH RESOURCE LIMIT",
    NppaCode.NO_SUCH_CHECK: "BUS AUTH CODE NO AUTH RECODE",
    NppaCode.AI_IN_USE: "BUS AUTH CODE ALREADY IN USE",
    NppaCode.NAME_ILLEGAL: "BUS AUTH NAME ILLEGAL",
    NppaCode.PLAYER_ERROR: "BUS AUTH PLAYER ID ERROR",
    NppaCode.TEST_SYSTEM_ERROR: "TEST SYS ERROR",
    NppaCode.TEST_TASK_MISSING: "TEST TASK NOT EXIST",
    NppaCode.TEST_CODE_ERROR: "TEST SCENE CODE ERROR",
}


class NppaStatus(IntEnum):
    """The status of a check."""

    VERIFIED = 0
    IN_PROGRESS = 1
    FAILED = 2


class NppaWireError(ValueError):
    """The bytes do not follow the specification; the text never repeats them."""


class RefusedError(Exception):
    """The server side refuses a call with a code."""

    def __init__(self, code: NppaCode) -> None:
        """Keep the code."""
        super().__init__(code.name)
        self.code = code


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


def open_body(*, secret_key: str, body: bytes) -> dict[str, object]:
    """Return the content of an enveloped body; raises NppaWireError."""
    try:
        sealed = b64decode(json.loads(body)["data"], validate=True)
        plain = AESGCM(bytes.fromhex(secret_key)).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], None)
        content = json.loads(plain)
    except (ValueError, TypeError, KeyError, RecursionError, InvalidTag):
        raise NppaWireError("not an enveloped body") from None
    if not isinstance(content, dict):
        raise NppaWireError("not an enveloped object")
    return content


def build_check(*, credentials: Credentials, question: Question, now: datetime, nonce: bytes) -> NppaRequest:
    """Return the request for a check."""
    content = {"ai": question.ai, "name": question.name, _NUMBER: question.number}
    return build_post(CHECK_PATH, credentials=credentials, content=content, now=now, nonce=nonce)


def build_query(*, credentials: Credentials, ai: str, now: datetime) -> NppaRequest:
    """Return the request for the outcome of a check."""
    return _request("GET", QUERY_PATH, credentials, params={"ai": ai}, body=b"", now=now)


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


def authenticate(
    *,
    accepted: tuple[Credentials, ...],
    headers: Mapping[str, str],
    params: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> Credentials:
    """Return the credentials that signed a request; raises RefusedError.

    accepted: several while an old and a new secret key are both valid.
    """
    system = {key: headers.get(key, "") for key in _SYSTEM_HEADERS}
    signature = headers.get("sign", "")
    if not signature or not all(system.values()):
        raise RefusedError(NppaCode.HEADER_MISSING)
    partners = [each for each in accepted if (each.app_id, each.biz_id) == (system["appId"], system["bizId"])]
    if not partners:
        raise RefusedError(NppaCode.PARTNER_ERROR)
    _check_time(system["timestamps"], now)
    for each in partners:
        expected = sign(secret_key=each.secret_key, fields={**system, **params}, body=body)
        if compare_digest(expected.encode(), signature.encode(errors="replace")):
            return each
    raise RefusedError(NppaCode.SIGN_ERROR)


def _check_time(timestamps: str, now: datetime) -> None:
    try:
        difference = abs(int(timestamps) - now.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise RefusedError(NppaCode.EXPIRED) from None
    if difference > CLOCK_TOLERANCE.total_seconds() * 1000:
        raise RefusedError(NppaCode.EXPIRED)


def read_check(*, credentials: Credentials, body: bytes, number_key: str = _NUMBER) -> Question:
    """Return the content of an authenticated check; raises RefusedError (BODY_ERROR).

    number_key: the name of the number's field.
    """
    try:
        content = open_body(secret_key=credentials.secret_key, body=body)
    except NppaWireError:
        raise RefusedError(NppaCode.BODY_ERROR) from None
    ai, name, number = (content.get(key) for key in ("ai", "name", number_key))
    if not (isinstance(ai, str) and isinstance(name, str) and isinstance(number, str)):
        raise RefusedError(NppaCode.BODY_ERROR)
    _check_ai(ai)
    return Question(ai, name, number)


def read_query(*, params: Mapping[str, str]) -> str:
    """Return the ai of an authenticated query; raises RefusedError (BODY_ERROR)."""
    ai = params.get("ai", "")
    _check_ai(ai)
    return ai


def _check_ai(ai: str) -> None:
    if not 1 <= len(ai) <= AI_LIMIT:
        raise RefusedError(NppaCode.BODY_ERROR)


def build_answer(*, code: NppaCode, status: NppaStatus | None = None, pi: str | None = None) -> bytes:
    """Return an answer's body; pi: only with VERIFIED."""
    answer: dict[str, object] = {"errcode": int(code), "errmsg": MESSAGES[code]}
    if status is not None:
        answer["data"] = {"result": {"status": int(status), "pi": pi}}
    return json.dumps(answer, separators=(",", ":")).encode()


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
