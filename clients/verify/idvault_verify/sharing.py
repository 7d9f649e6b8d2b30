"""M-of-N secret sharing: Shamir's scheme over GF(2^8) mod 0x11B, byte by byte, with the secret at x = 0.

- A share is its x (1 byte, 1 to N), then one byte for each byte of the secret.
- The caller passes the coefficients, because this module draws no randomness. Use each for one secret only.
- M shares give the secret; fewer reveal nothing about it. Wrong shares give a wrong secret and no error.
- Secret bytes are multiplied only by public values (the places x), with one lookup table for each value.
"""

from collections.abc import Sequence
from functools import cache

MOST_SHARES = 255
_MODULUS = 0x11B


class SharingError(ValueError):
    """The numbers or sizes do not allow a split or a combination."""


def split(*, secret: bytes, threshold: int, count: int, coefficients: bytes) -> tuple[bytes, ...]:
    """Return `count` shares, any `threshold` of which give the secret.

    coefficients: threshold - 1 random bytes for each byte of the secret. Raises SharingError unless
    1 <= threshold <= count <= 255 and the sizes match.
    """
    if not 1 <= threshold <= count <= MOST_SHARES:
        raise SharingError("the threshold must be from 1 to the number of shares, which is at most 255")
    size = len(secret)
    if len(coefficients) != size * (threshold - 1):
        raise SharingError("there must be threshold - 1 coefficients for each byte of the secret")
    terms = (secret, *(coefficients[start : start + size] for start in range(0, len(coefficients), size)))
    return tuple(bytes([x]) + _evaluate(terms, x) for x in range(1, count + 1))


def combine(*, shares: Sequence[bytes]) -> bytes:
    """Return the secret from `threshold` or more shares; raises SharingError if the shares do not match."""
    places = [share[0] for share in shares if share]
    if not places or len(places) != len(shares) or 0 in places or len(set(places)) != len(places):
        raise SharingError("shares must have different places from 1 to 255")
    if len({len(share) for share in shares}) != 1:
        raise SharingError("shares must have the same size")
    secret = bytes(len(shares[0]) - 1)
    for share in shares:
        secret = _add(secret, _scale(share[1:], _weight(share[0], places)))
    return secret


def _evaluate(terms: Sequence[bytes], x: int) -> bytes:
    value = terms[-1]
    for term in reversed(terms[:-1]):
        value = _add(_scale(value, x), term)
    return value


def _weight(place: int, places: Sequence[int]) -> int:
    """Return the Lagrange weight of a place at x = 0: the product of other / (other - place)."""
    weight = 1
    for other in places:
        if other != place:
            weight = _multiply(_multiply(weight, other), _inverse(other ^ place))
    return weight


def _add(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _scale(data: bytes, factor: int) -> bytes:
    return data.translate(_table(factor))


@cache
def _table(factor: int) -> bytes:
    return bytes(_multiply(factor, value) for value in range(256))


def _multiply(left: int, right: int) -> int:
    product = 0
    for _ in range(8):
        product ^= left * (right & 1)
        left = left << 1 ^ _MODULUS * (left >> 7)
        right >>= 1
    return product


@cache
def _inverse(value: int) -> int:
    """Return value ** 254, which is its inverse by Fermat's little theorem in this field."""
    result = 1
    for _ in range(254):
        result = _multiply(result, value)
    return result
