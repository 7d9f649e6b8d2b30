"""Request ids, which make mutations idempotent.

- An id is a lower-case UUID. Every mutation requires one.
- The same id with the same method and body is the same request; with anything else it is REQUEST_ID_REUSED.
  A claim's consent.agree_time does not count: a repetition may have a new time, and the first is kept.
"""

import re
from dataclasses import dataclass
from hmac import compare_digest

from idvault.domain.error import AlreadyExistsError, FieldCode, InvalidError, Reason, Violation

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Request:
    """The identity of a mutation. fingerprint: keyed hash of method and body, 32 bytes.

    caller: the relying party or the actor id of the client's certificate. signer: the moderator whom the act
    must find unrevoked; empty if the act checks it by itself, or no moderator decides.
    """

    caller: str
    request_id: str
    fingerprint: bytes
    signer: str = ""


def check_id(request_id: str) -> str:
    """Return the id unchanged, or raise InvalidError (INVALID_REQUEST_ID)."""
    if not request_id:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.REQUIRED))
    if len(request_id) != _UUID_LENGTH:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.LENGTH))
    if not _UUID.fullmatch(request_id):
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.CHARACTER))
    return request_id


def check_same(*, stored: bytes, asked: bytes) -> None:
    """Raise AlreadyExistsError (REQUEST_ID_REUSED) unless both fingerprints are equal."""
    if not compare_digest(stored, asked):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
