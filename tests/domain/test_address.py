"""The address of a server."""

import pytest

from idvault_verify.address import split_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1:7443", ("127.0.0.1", 7443)), ("[::1]:1", ("::1", 1)), ("localhost:0", ("localhost", 0))],
)
def test_addresses_are_split(address: str, expected: tuple[str, int]) -> None:
    """Host and port are separated, for IPv6 too."""
    assert split_address(address) == expected
