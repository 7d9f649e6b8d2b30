"""SQLite: a destroyed shred key leaves no copy, also not one that another key's deletion once made."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

from idvault.core.db.database import Database
from idvault.key.acts.version import ShredKeys
from tools.support.databases import Databases
from tools.support.remnant_search import MarkedKeys

# In this order deletions of rows leave copies of other keys: in 13 of 30 drawn orders they did.
_SEED, _MANY = 22, 600


def walk(keys: MarkedKeys, left: list[str]) -> Iterator[tuple[str, bytes | None]]:
    """Give keys to add, and tokens alone to destroy, in a drawn order; `left` has who is left."""
    drawn = random.Random(_SEED)  # noqa: S311 - only the order
    for number in range(_MANY):
        token = f"acct_{drawn.randrange(10**26):026}"
        keys.add(token, keys.make())
        left.append(token)
        yield token, keys.by_name[token]
        for share in (0.45, 0.225):
            if number > 50 and drawn.random() < share:
                yield left.pop(drawn.randrange(len(left))), None


async def test_no_copy_is_left(sqlite_databases: Databases, tmp_path: Path) -> None:
    """Keys come and go; afterwards the files have those that are left, and no other one."""
    keys, left = MarkedKeys(), list[str]()
    shred = Database(url=await asyncio.to_thread(lambda: sqlite_databases.shred_url))
    store = ShredKeys(shred)
    for token, key in walk(keys, left):
        if key is None:
            await store.destroy(account_token=token)
        else:
            await store.obtain(account_token=token, record_id="d" * 32, candidate=key)
    assert await shred.empty_log()
    assert keys.found([tmp_path]).keys() == set(left)
    found = {token for token in keys.by_name if await store.find(account_token=token, record_id="d" * 32)}
    await shred.close()
    assert found == set(left)
