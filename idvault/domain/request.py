"""Request ids: what makes a mutation idempotent.

- An id is a lower-case UUID, and required on every mutation.
- The same id with the same method and body is the same request; anything else is REQUEST_ID_REUSED.
"""

import re
from dataclasses import dataclass
from hmac import compare_digest

from idvault.domain.error import AlreadyExistsError, FieldCode, InvalidError, Reason, Violation

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Request:
    """A mutation as it was asked; fingerprint is a keyed hash of method and body, 32 bytes.

    caller: the relying party or the actor id that the client's certificate names.
    """

    caller: str
    request_id: str
    fingerprint: bytes


def check_id(request_id: str) -> str:
    """Return the id as it is, or raise InvalidError (INVALID_REQUEST_ID)."""
    if not request_id:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.REQUIRED))
    if len(request_id) != _UUID_LENGTH:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.LENGTH))
    if not _UUID.fullmatch(request_id):
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.CHARACTER))
    return request_id


def check_same(*, stored: bytes, asked: bytes) -> None:
    """Raise AlreadyExistsError (REQUEST_ID_REUSED) unless both fingerprints are of one request."""
    if not compare_digest(stored, asked):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
