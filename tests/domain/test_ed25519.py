"""Ed25519 public keys of small order: one signature verifies for almost any text, so none is accepted."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idvault_verify import ed25519
from idvault_verify.ed25519 import WeakKeyError

_P = 2**255 - 19
# The identity as key and as R, with S = 0: R = S B - h A holds for every h.
_IDENTITY = (1).to_bytes(32, "little")
_FORGED = _IDENTITY + bytes(32)


def _double(point: tuple[int, int]) -> tuple[int, int]:
    """Return twice an affine point of edwards25519; an independent formula, RFC 8032 5.1."""
    d = -121665 * pow(121666, -1, _P) % _P
    x, y = point
    k = d * x * x * y * y % _P
    return 2 * x * y * pow(1 + k, -1, _P) % _P, (y * y + x * x) * pow(1 - k, -1, _P) % _P


def _point(y: int) -> tuple[int, int] | None:
    """Return a point with this y, or None if the curve has none."""
    d = -121665 * pow(121666, -1, _P) % _P
    square = (y * y - 1) * pow(d * y * y + 1, -1, _P) % _P
    root = pow(square, (_P + 3) // 8, _P)
    for x in (root, root * pow(2, (_P - 1) // 4, _P) % _P):
        if x * x % _P == square:
            return x, y
    return None


def _encodings() -> list[bytes]:
    """Return every encoding of a y of small order: canonical or not, with either sign."""
    values = list(ed25519.SMALL_ORDER)
    values += [y + _P for y in values if y + _P < 2**255]
    return [(y | sign << 255).to_bytes(32, "little") for y in values for sign in (0, 1)]


def test_the_attack_works_on_the_library_alone() -> None:
    """The library verifies the one forged signature under the identity as a key, for any text."""
    for text in (b"pay", b"do not pay"):
        Ed25519PublicKey.from_public_bytes(_IDENTITY).verify(_FORGED, text)


def test_each_listed_y_has_small_order() -> None:
    """Eight times each listed point is the identity."""
    for y in ed25519.SMALL_ORDER:
        point = _point(y)
        assert point is not None
        assert _double(_double(_double(point))) == (0, 1)


@pytest.mark.parametrize("key", _encodings(), ids=lambda key: key.hex()[:8])
def test_no_encoding_of_a_small_order_point_is_accepted(key: bytes) -> None:
    """Non-canonical encodings and both signs are refused too."""
    with pytest.raises(WeakKeyError):
        ed25519.check(key)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_must_have_32_bytes(key: bytes) -> None:
    """A key of another length is refused."""
    with pytest.raises(WeakKeyError):
        ed25519.check(key)


def test_an_ordinary_key_is_accepted() -> None:
    """A generated key is returned unchanged."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32).public_key().public_bytes_raw()
    assert ed25519.check(key) == key
