"""Ed25519 public keys: refuses points of small order, under which one signature fits many texts (RFC 8032).

With such a key as A, S = 0 and R = -h A solve S B = R + h A for one in every eight texts at least, and for
every text if A is the identity. The library does not refuse these keys.
"""

SIZE = 32
_P = 2**255 - 19
_SIGN = 2**255
_EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
# The y coordinates of the eight points whose order divides 8; a point and its negative share one.
SMALL_ORDER = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})


class WeakKeyError(ValueError):
    """The bytes are not an Ed25519 public key, or are one of small order."""


def check(public_key: bytes) -> bytes:
    """Return a public key unchanged; raises WeakKeyError. An encoding that is not canonical counts too."""
    if len(public_key) != SIZE:
        raise WeakKeyError(f"an Ed25519 public key must have {SIZE} bytes")
    if int.from_bytes(public_key, "little") % _SIGN % _P in SMALL_ORDER:
        raise WeakKeyError("the Ed25519 public key has small order")
    return public_key
