"""Page tokens: opaque texts that say where a list continues (AIP-158).

- A token belongs to one list and is refused for any other.
- It has one spelling and a checksum, so that a mistyped or invented token is refused.
- It contains a place and nothing secret, so it needs no key.
"""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from idvault_verify import seal
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

FIELD = "page_token"

_PURPOSE = "idvault/page-token/v1"
_PLACE_BYTES = 8
_CHECK_BYTES = 7  # 15 bytes together are 20 characters without padding
_HIGHEST = 2**63 - 1  # the largest integer of the databases


def encode(place: int | None, *, of: str) -> str:
    """Return the token of a place (0 to 2^63 - 1) in the list `of`; empty for None, the end."""
    if place is None:
        return ""
    raw = place.to_bytes(_PLACE_BYTES, "big")
    return urlsafe_b64encode(raw + _check(raw, of)).decode()


def decode(token: str, *, of: str) -> int:
    """Return the place of a token; raises InvalidError (INVALID_MESSAGE, page_token)."""
    try:
        data = urlsafe_b64decode(token)
    except (binascii.Error, ValueError):
        data = b""
    place = int.from_bytes(data[:_PLACE_BYTES], "big")
    if len(data) != _PLACE_BYTES + _CHECK_BYTES or place > _HIGHEST or encode(place, of=of) != token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(FIELD, FieldCode.CHARACTER))
    return place


def _check(raw: bytes, of: str) -> bytes:
    return hashlib.sha256(seal.encode(_PURPOSE, of, raw)).digest()[:_CHECK_BYTES]
