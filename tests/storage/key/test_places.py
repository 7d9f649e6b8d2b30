"""SQLite: a destroyed shred key leaves no copy, also not one that another key's deletion once made."""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from alembic import command

from idvault.core.db.database import Database
from idvault.key.store.version import SqlShredStore
from idvault.processes import migrations
from idvault.processes.migrations import SHRED
from tests.support.databases import Databases
from tests.support.remnant_search import MarkedKeys

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
    store = SqlShredStore(database=shred)
    for token, key in walk(keys, left):
        if key is None:
            await store.destroy(account_token=token)
        else:
            await store.obtain(account_token=token, candidate=key)
    assert await shred.empty_log()
    assert keys.found([tmp_path]).keys() == set(left)
    found = {token for token in keys.by_name if await store.find(account_token=token)}
    await shred.close()
    assert found == set(left)


async def test_former_copies_go(tmp_path: Path) -> None:
    """A program of the former version deleted rows: the migration leaves no copy of any key but the rows'."""
    urls = [f"sqlite:///{tmp_path / name}.sqlite3" for name in ("main", "shred")]
    await migrations.change(urls[1], lambda connection: command.upgrade(SHRED.config(connection), "0004"))
    keys, left = MarkedKeys(), list[str]()
    await asyncio.to_thread(_fill, tmp_path / "shred.sqlite3", keys, left)
    assert keys.found([tmp_path]).keys() > set(left)
    await migrations.upgrade_both(*urls)
    shred = Database(url=urls[1])
    assert await shred.empty_log()
    assert keys.found([tmp_path]).keys() == set(left)
    for token in left:
        assert await SqlShredStore(database=shred).find(account_token=token) == keys.by_name[token]
    await shred.close()


def _fill(path: Path, keys: MarkedKeys, left: list[str]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")
        for token, key in walk(keys, left):
            if key is None:
                database.execute("DELETE FROM shred_keys WHERE account_token = ?", (token,))
            else:
                database.execute("INSERT INTO shred_keys VALUES (?, ?)", (token, key))
