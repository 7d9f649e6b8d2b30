"""Sealed records as rows: packed parts are restored, damage is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.account.store.rows import pack, unpack_parts
from tools.support.storage_world import World


@given(st.lists(st.binary(max_size=100)))
def test_packed_parts_come_back(parts: list[bytes]) -> None:
    """Any parts, including empty ones, survive packing."""
    assert unpack_parts(pack(tuple(parts))) == tuple(parts)


@given(st.lists(st.binary(max_size=20), min_size=1).filter(lambda parts: parts[-1] != b""))
def test_cut_parts_are_noticed(parts: list[bytes]) -> None:
    """A column without its last byte does not unpack."""
    with pytest.raises(ValueError, match="cut off"):
        unpack_parts(pack(tuple(parts))[:-1])


async def test_account_without_record(world: World) -> None:
    """An account that was never verified has no record."""
    assert await world.stored_record((await world.job()).account_token) is None
