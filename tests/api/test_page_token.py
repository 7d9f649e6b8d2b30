"""Page tokens: what is made is read back, and nothing else is followed."""

import pytest

from idvault.api import page_token
from idvault.domain.error import InvalidError


@pytest.mark.parametrize("place", [0, 1, 2**32, 2**63 - 1])
def test_a_place_comes_back(place: int) -> None:
    """The token of a place names that place, in its own list only."""
    token = page_token.encode(place, of="ListSomething")
    assert page_token.decode(token, of="ListSomething") == place
    with pytest.raises(InvalidError):
        page_token.decode(token, of="ListOther")


@pytest.mark.parametrize("place", [2**63, 2**64 - 1])
def test_a_place_beyond_every_database_is_refused(place: int) -> None:
    """A home-made token whose check is right names no place that a database could compare with."""
    token = page_token.encode(place, of="ListSomething")
    with pytest.raises(InvalidError):
        page_token.decode(token, of="ListSomething")


@pytest.mark.parametrize("token", ["", "A", "=" * 20, "A" * 20, "\u00e9" * 20, "A" * 70_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Other lengths, other characters, and a check that is not the place's."""
    with pytest.raises(InvalidError):
        page_token.decode(token, of="ListSomething")


def test_the_check_covers_the_place() -> None:
    """The check of another place does not do."""
    made = page_token.encode(7, of="ListSomething")
    other = page_token.encode(8, of="ListSomething")
    with pytest.raises(InvalidError):
        page_token.decode(made[:12] + other[12:], of="ListSomething")
