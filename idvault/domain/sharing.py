"""Splits a secret M-of-N: Shamir's scheme over GF(2^8) mod 0x11B, byte by byte, the secret at x = 0.

- A share is its x (1 byte, 1 ... N) and one byte for each byte of the secret.
- Coefficients are given, so that nothing here draws randomness; each must be used for one secret only.
- M shares give the secret; fewer say nothing of it; wrong ones give a wrong secret and no error.
- Secret bytes are only ever multiplied by values that everybody knows (the places x), by one table each.
"""

from collections.abc import Sequence
from functools import cache

MOST_SHARES = 255
_MODULUS = 0x11B


class SharingError(ValueError):
    """Numbers or sizes with which no secret can be split or combined."""


def split(*, secret: bytes, threshold: int, count: int, coefficients: bytes) -> tuple[bytes, ...]:
    """Return count shares of which any threshold give the secret.

    coefficients: threshold - 1 times as many random bytes as the secret has. Raises SharingError unless
    1 <= threshold <= count <= 255 and the sizes fit.
    """
    if not 1 <= threshold <= count <= MOST_SHARES:
        raise SharingError("a threshold must be from 1 to the number of shares, which is 255 at most")
    size = len(secret)
    if len(coefficients) != size * (threshold - 1):
        raise SharingError("there must be threshold - 1 coefficients for each byte of the secret")
    terms = (secret, *(coefficients[start : start + size] for start in range(0, len(coefficients), size)))
    return tuple(bytes([x]) + _evaluate(terms, x) for x in range(1, count + 1))


def combine(*, shares: Sequence[bytes]) -> bytes:
    """Return the secret of threshold or more shares; raises SharingError if they cannot belong together."""
    places = [share[0] for share in shares if share]
    if not places or len(places) != len(shares) or 0 in places or len(set(places)) != len(places):
        raise SharingError("shares must be of different places from 1 to 255")
    if len({len(share) for share in shares}) != 1:
        raise SharingError("shares must be of one size")
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
