"""M-of-N secret sharing: Shamir's scheme over GF(2^8) mod 0x11B, byte by byte, with the secret at x = 0.

- A share is its x (1 byte, 1 to N), then one byte for each byte of the secret.
- The caller passes the coefficients, because this module draws no randomness. Use each for one secret only.
- M shares give the secret (idvault_people.opens.combining); fewer reveal nothing about it.
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


def _evaluate(terms: Sequence[bytes], x: int) -> bytes:
    value = terms[-1]
    for term in reversed(terms[:-1]):
        value = add(scale(value, x), term)
    return value


def add(left: bytes, right: bytes) -> bytes:
    """Return the sum of two texts of one length in the field, byte by byte."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def scale(data: bytes, factor: int) -> bytes:
    """Return each byte times a public factor, 0 to 255."""
    return data.translate(_table(factor))


@cache
def _table(factor: int) -> bytes:
    return bytes(multiply(factor, value) for value in range(256))


def multiply(left: int, right: int) -> int:
    """Return the product of two bytes."""
    product = 0
    for _ in range(8):
        product ^= left * (right & 1)
        left = left << 1 ^ _MODULUS * (left >> 7)
        right >>= 1
    return product
