"""The registry's half of the two wires: reads requests and builds answers. Does not read a clock.

`idvault.registry.nppa` and `idvault.registry.enterprise` describe the formats and have the client's half.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idvault.registry.enterprise import EnterpriseQuestion, EnterpriseStatus
from idvault.registry.nppa import NONCE_SIZE, Credentials, NppaCode, NppaStatus, NppaWireError, Question, sign

AI_LIMIT = 32
CLOCK_TOLERANCE = timedelta(seconds=5)
_SYSTEM_HEADERS = ("appId", "bizId", "timestamps")
_ELEMENTS = ("name", "creditCode", "representativeName", "representativeNumber")

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


class RefusedError(Exception):
    """The registry refuses a call with a code."""

    def __init__(self, code: NppaCode) -> None:
        """Keep the code."""
        super().__init__(code.name)
        self.code = code


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


def read_check(*, credentials: Credentials, body: bytes) -> Question:
    """Return the content of an authenticated check; raises RefusedError (BODY_ERROR)."""
    return Question(*_read(credentials, body, "ai", "name", "idNum"))


def read_enterprise_check(*, credentials: Credentials, body: bytes) -> EnterpriseQuestion:
    """Return the content of an authenticated check of an organisation; raises RefusedError (BODY_ERROR)."""
    return EnterpriseQuestion(*_read(credentials, body, "ai", *_ELEMENTS))


def _read(credentials: Credentials, body: bytes, *keys: str) -> list[str]:
    """Return texts of an authenticated check, first its id; raises RefusedError (BODY_ERROR)."""
    try:
        content = open_body(secret_key=credentials.secret_key, body=body)
    except NppaWireError:
        raise RefusedError(NppaCode.BODY_ERROR) from None
    found = [content.get(key) for key in keys]
    texts = [each for each in found if isinstance(each, str)]
    if len(texts) != len(found):
        raise RefusedError(NppaCode.BODY_ERROR)
    _check_ai(texts[0])
    return texts


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


def build_enterprise_answer(status: EnterpriseStatus) -> bytes:
    """Return the body of an answer about an organisation; for refusals use build_answer."""
    answer = {
        "errcode": int(NppaCode.OK),
        "errmsg": MESSAGES[NppaCode.OK],
        "data": {"result": {"status": int(status)}},
    }
    return json.dumps(answer, separators=(",", ":")).encode()
