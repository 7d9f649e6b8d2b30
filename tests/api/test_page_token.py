"""Page tokens: generated tokens are decoded, all others are refused."""

import pytest

from idvault.core.edge import convert
from idvault_verify.error import InvalidError


@pytest.mark.parametrize("place", [0, 1, 2**32, 2**63 - 1])
def test_a_place_comes_back(place: int) -> None:
    """A token decodes to its place, and only for its list."""
    token = convert.page_token(place, of="ListSomething")
    assert convert.read_page_token(token, of="ListSomething") == place
    with pytest.raises(InvalidError):
        convert.read_page_token(token, of="ListOther")


@pytest.mark.parametrize("place", [2**63, 2**64 - 1])
def test_a_place_beyond_every_database_is_refused(place: int) -> None:
    """An invented token with a valid checksum but too large a place is refused."""
    token = convert.page_token(place, of="ListSomething")
    with pytest.raises(InvalidError):
        convert.read_page_token(token, of="ListSomething")


@pytest.mark.parametrize("token", ["", "A", "=" * 20, "A" * 20, "\u00e9" * 20, "A" * 70_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Wrong lengths, wrong characters and wrong checksums are refused."""
    with pytest.raises(InvalidError):
        convert.read_page_token(token, of="ListSomething")


def test_the_check_covers_the_place() -> None:
    """The checksum of another place is refused."""
    made = convert.page_token(7, of="ListSomething")
    other = convert.page_token(8, of="ListSomething")
    with pytest.raises(InvalidError):
        convert.read_page_token(made[:12] + other[12:], of="ListSomething")
