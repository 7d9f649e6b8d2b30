"""Shamir's scheme over GF(2^8) with tables of logarithms (formats.md, section 3)."""

from collections.abc import Sequence
from hashlib import sha256

from tools.support.reference.encoding import check

_EXPONENTS = [1]
for _ in range(254):
    _last = _EXPONENTS[-1]
    _next = _last << 1 ^ _last  # times 3, which generates the field
    _EXPONENTS.append(_next ^ 0x11B if _next & 0x100 else _next)
_LOGARITHMS = {value: place for place, value in enumerate(_EXPONENTS)}


def multiply(left: int, right: int) -> int:
    if not left or not right:
        return 0
    return _EXPONENTS[(_LOGARITHMS[left] + _LOGARITHMS[right]) % 255]


def divide(left: int, right: int) -> int:
    return 0 if not left else _EXPONENTS[(_LOGARITHMS[left] - _LOGARITHMS[right]) % 255]


def split(secret: bytes, coefficients: bytes, threshold: int, count: int) -> list[bytes]:
    """Return the shares; coefficients: those of x, then those of x^2 and so on, one for each byte."""
    size = len(secret)
    check(len(coefficients) == size * (threshold - 1), "a wrong number of coefficients")
    shares = []
    for x in range(1, count + 1):
        share = bytearray(secret)
        power = 1
        for term in range(threshold - 1):
            power = multiply(power, x)
            for at in range(size):
                share[at] ^= multiply(coefficients[term * size + at], power)
        shares.append(bytes([x]) + bytes(share))
    return shares


def combine(shares: Sequence[bytes]) -> bytes:
    """Return the secret: Lagrange interpolation at x = 0."""
    places = [share[0] for share in shares]
    check(len(set(places)) == len(places) and 0 not in places, "the places must differ")
    secret = bytearray(len(shares[0]) - 1)
    for share in shares:
        weight = 1
        for other in places:
            if other != share[0]:
                weight = multiply(weight, divide(other, other ^ share[0]))
        for at, value in enumerate(share[1:]):
            secret[at] ^= multiply(value, weight)
    return bytes(secret)


def share_hash(share: bytes) -> bytes:
    return sha256(share).digest()
