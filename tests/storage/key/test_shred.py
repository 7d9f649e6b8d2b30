"""Shred keys, against both databases."""

import asyncio

import pytest

from idvault.core.db.database import Database
from idvault.key.acts.version import ShredKeys


async def test_key_is_never_overwritten(shred_database: Database) -> None:
    """The first candidate of a version stays its key; each version of each account has its own."""
    store, first, second = ShredKeys(shred_database), "1" * 32, "2" * 32
    for token, record_id, candidate, kept in (
        ("acct_1", first, b"1" * 32, b"1" * 32),
        ("acct_1", first, b"2" * 32, b"1" * 32),
        ("acct_1", second, b"3" * 32, b"3" * 32),
        ("acct_2", first, b"4" * 32, b"4" * 32),
    ):
        assert await store.obtain(account_token=token, record_id=record_id, candidate=candidate) == kept


async def test_sealers_at_once_agree(shred_database: Database) -> None:
    """Concurrent candidates of one version all get the same key."""
    store = ShredKeys(shred_database)
    kept = await asyncio.gather(
        *(
            store.obtain(account_token="acct_1", record_id="1" * 32, candidate=bytes([turn]) * 32)
            for turn in range(1, 17)
        )
    )
    assert len(set(kept)) == 1


async def test_key_has_32_bytes(shred_database: Database) -> None:
    """A key of another size is a programming error."""
    with pytest.raises(ValueError, match="32"):
        await ShredKeys(shred_database).obtain(
            account_token="acct_1", record_id="1" * 32, candidate=b"1" * 31
        )
