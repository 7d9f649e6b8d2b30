"""Page tokens: where a list goes on, as an opaque text that only this service makes (AIP-158).

- A token belongs to one list; that of another is refused.
- It has one spelling and a check of its own, so that a mistyped or home-made one is refused, not followed.
- It holds a place and nothing secret, therefore no key is needed.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from idvault.domain import seal
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

FIELD = "page_token"

_PURPOSE = "idvault/page-token/v1"
_PLACE_BYTES = 8
_CHECK_BYTES = 7  # 15 bytes together are 20 characters without padding
_HIGHEST = 2**63 - 1  # what a database can compare with


def encode(place: int | None, *, of: str) -> str:
    """Return the token of a place (0 to 2^63 - 1) in the list that `of` names; empty for None, the end."""
    if place is None:
        return ""
    raw = place.to_bytes(_PLACE_BYTES, "big")
    return urlsafe_b64encode(raw + _check(raw, of)).decode()


def decode(token: str, *, of: str) -> int:
    """Return the place that a token names; raises InvalidError (INVALID_MESSAGE, page_token)."""
    try:
        data = urlsafe_b64decode(token)
    except (binascii.Error, ValueError):
        data = b""
    place = int.from_bytes(data[:_PLACE_BYTES], "big")
    if len(data) != _PLACE_BYTES + _CHECK_BYTES or place > _HIGHEST or encode(place, of=of) != token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(FIELD, FieldCode.CHARACTER))
    return place


def _check(raw: bytes, of: str) -> bytes:
    return sha256(seal.encode(_PURPOSE, of, raw)).digest()[:_CHECK_BYTES]
