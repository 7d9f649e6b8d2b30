"""Gives back what was split (idvault_verify.sharing): Lagrange interpolation at x = 0.

- M shares give the secret; fewer reveal nothing about it. Wrong shares give a wrong secret and no error.
- Secret bytes are multiplied only by public values (the places x), with one lookup table for each value.
"""

from collections.abc import Sequence
from functools import cache

from idvault_verify.sharing import SharingError, add, multiply, scale


def combine(*, shares: Sequence[bytes]) -> bytes:
    """Return the secret from `threshold` or more shares; raises SharingError if the shares do not match."""
    places = [share[0] for share in shares if share]
    if not places or len(places) != len(shares) or 0 in places or len(set(places)) != len(places):
        raise SharingError("shares must have different places from 1 to 255")
    if len({len(share) for share in shares}) != 1:
        raise SharingError("shares must have the same size")
    secret = bytes(len(shares[0]) - 1)
    for share in shares:
        secret = add(secret, scale(share[1:], _weight(share[0], places)))
    return secret


def _weight(place: int, places: Sequence[int]) -> int:
    """Return the Lagrange weight of a place at x = 0: the product of other / (other - place)."""
    weight = 1
    for other in places:
        if other != place:
            weight = multiply(multiply(weight, other), _inverse(other ^ place))
    return weight


@cache
def _inverse(value: int) -> int:
    """Return value ** 254, which is its inverse by Fermat's little theorem in this field."""
    result = 1
    for _ in range(254):
        result = multiply(result, value)
    return result
