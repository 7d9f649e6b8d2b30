"""Shred keys, against both databases."""

import asyncio

import pytest

from idvault.core.db.database import Database
from idvault.key.acts.version import ShredKeys


async def test_key_is_never_overwritten(shred_database: Database) -> None:
    """The first candidate of an account stays its key forever."""
    store = ShredKeys(shred_database)
    assert await store.obtain(account_token="acct_1", candidate=b"1" * 32) == b"1" * 32
    assert await store.obtain(account_token="acct_1", candidate=b"2" * 32) == b"1" * 32
    assert await store.obtain(account_token="acct_2", candidate=b"2" * 32) == b"2" * 32


async def test_sealers_at_once_agree(shred_database: Database) -> None:
    """Concurrent candidates of one account all get the same key."""
    store = ShredKeys(shred_database)
    kept = await asyncio.gather(
        *(store.obtain(account_token="acct_1", candidate=bytes([turn]) * 32) for turn in range(1, 17))
    )
    assert len(set(kept)) == 1


async def test_key_has_32_bytes(shred_database: Database) -> None:
    """A key of another size is a programming error."""
    with pytest.raises(ValueError, match="32"):
        await ShredKeys(shred_database).obtain(account_token="acct_1", candidate=b"1" * 31)
