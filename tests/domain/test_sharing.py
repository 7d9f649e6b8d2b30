"""Secret sharing, compared with a slow reference implementation and with another library."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshamir import combine as foreign_combine  # type: ignore[import-untyped]
from pyshamir import split as foreign_split

from idvault_people.opens import combining
from idvault_verify import sharing
from idvault_verify.sharing import SharingError

SECRETS = st.binary(min_size=1, max_size=40)


def _times(left: int, right: int) -> int:
    """Multiply two polynomials over GF(2), then take the remainder of x^8 + x^4 + x^3 + x + 1."""
    product = 0
    for shift in range(8):
        if right >> shift & 1:
            product ^= left << shift
    for shift in range(14, 7, -1):
        if product >> shift & 1:
            product ^= 0x11B << (shift - 8)
    return product


def _inverse(value: int) -> int:
    return next(other for other in range(1, 256) if _times(value, other) == 1)


def _reference_split(secret: bytes, threshold: int, count: int, coefficients: bytes) -> tuple[bytes, ...]:
    size, shares = len(secret), []
    for x in range(1, count + 1):
        share = bytearray([x])
        for place in range(size):
            value, power = secret[place], 1
            for degree in range(threshold - 1):
                power = _times(power, x)
                value ^= _times(coefficients[degree * size + place], power)
            share.append(value)
        shares.append(bytes(share))
    return tuple(shares)


def _reference_combine(shares: Sequence[bytes]) -> bytes:
    secret = bytearray(len(shares[0]) - 1)
    for share in shares:
        weight = 1
        for other in shares:
            if other[0] != share[0]:
                weight = _times(weight, _times(other[0], _inverse(other[0] ^ share[0])))
        for place, value in enumerate(share[1:]):
            secret[place] ^= _times(weight, value)
    return bytes(secret)


@st.composite
def _splits(draw: st.DrawFn) -> tuple[bytes, int, int, bytes]:
    secret = draw(SECRETS)
    count = draw(st.integers(1, 12))
    threshold = draw(st.integers(1, count))
    size = len(secret) * (threshold - 1)
    return secret, threshold, count, draw(st.binary(min_size=size, max_size=size))


def test_a_known_split() -> None:
    """Done by hand: secret 0x42, coefficient 0x80: 0x42 + 0x80 = 0xC2; 2 * 0x80 = 0x1B; 3 * 0x80 = 0x9B."""
    shares = sharing.split(secret=b"\x42", threshold=2, count=3, coefficients=b"\x80")
    assert shares == (b"\x01\xc2", b"\x02\x59", b"\x03\xd9")
    assert combining.combine(shares=shares[1:]) == b"\x42"


@given(case=_splits(), data=st.data())
def test_any_threshold_of_shares_give_the_secret(
    case: tuple[bytes, int, int, bytes], data: st.DataObject
) -> None:
    """Split and combine agree with the reference for any shares in any order."""
    secret, threshold, count, coefficients = case
    shares = sharing.split(secret=secret, threshold=threshold, count=count, coefficients=coefficients)
    assert shares == _reference_split(secret, threshold, count, coefficients)
    chosen = data.draw(st.permutations(shares))[: data.draw(st.integers(threshold, count))]
    assert combining.combine(shares=chosen) == secret == _reference_combine(chosen)


@given(case=_splits())
def test_too_few_shares_give_what_the_reference_gives(case: tuple[bytes, int, int, bytes]) -> None:
    """With one share too few, the result is another polynomial's value, without an error."""
    secret, threshold, count, coefficients = case
    shares = sharing.split(secret=secret, threshold=threshold, count=count, coefficients=coefficients)
    if threshold > 1:
        few = shares[: threshold - 1]
        assert combining.combine(shares=few) == _reference_combine(few)


def test_fewer_shares_fit_every_secret() -> None:
    """Over all coefficients, one share of two takes every value once, so it reveals nothing."""
    for secret in (b"\x00", b"\x42", b"\xff"):
        seen = {
            sharing.split(secret=secret, threshold=2, count=2, coefficients=bytes([value]))[0]
            for value in range(256)
        }
        assert len(seen) == 256


@settings(max_examples=25)
@given(secret=st.binary(min_size=1, max_size=32), threshold=st.integers(2, 4))
def test_a_foreign_library_combines_our_shares_and_we_combine_its(secret: bytes, threshold: int) -> None:
    """pyshamir stores x at the end of a share; otherwise the scheme is the same."""
    coefficients = bytes(range(1, 1 + len(secret))) * (threshold - 1)
    ours = sharing.split(secret=secret, threshold=threshold, count=5, coefficients=coefficients)
    for chosen in combinations(ours, threshold):
        assert bytes(foreign_combine([bytearray(share[1:] + share[:1]) for share in chosen])) == secret
    theirs = [bytes(share) for share in foreign_split(secret, 5, threshold)]
    assert combining.combine(shares=[share[-1:] + share[:-1] for share in theirs[:threshold]]) == secret


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (-1, 3), (2, 1), (1, 256), (0, 0)])
def test_impossible_thresholds_are_refused(threshold: int, count: int) -> None:
    """The threshold is from 1 to the number of shares, which is at most 255."""
    with pytest.raises(SharingError, match="threshold must be from 1"):
        sharing.split(secret=b"secret", threshold=threshold, count=count, coefficients=b"")


@pytest.mark.parametrize("size", [0, 5, 7, 12])
def test_coefficients_must_fit(size: int) -> None:
    """With one byte too few, a byte of the secret would be less protected than the others."""
    with pytest.raises(SharingError, match="coefficients"):
        sharing.split(secret=b"secret", threshold=2, count=3, coefficients=bytes(size))


def test_255_shares_are_the_most() -> None:
    """Every place except 0 can be used."""
    shares = sharing.split(secret=b"s", threshold=1, count=255, coefficients=b"")
    assert [share[0] for share in shares] == list(range(1, 256))
    assert combining.combine(shares=shares) == b"s"


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ([], "different places"),
        ([b""], "different places"),
        ([b"\x01a", b""], "different places"),
        ([b"\x00a"], "different places"),
        ([b"\x01a", b"\x01b"], "different places"),
        ([b"\x01a", b"\x02ab"], "the same size"),
    ],
)
def test_shares_that_cannot_belong_together_are_refused(shares: list[bytes], why: str) -> None:
    """A repeated place, place 0 and different sizes are detected."""
    with pytest.raises(SharingError, match=why):
        combining.combine(shares=shares)
