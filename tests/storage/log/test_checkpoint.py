"""The log's signed notes in the shred database, against both kinds of database."""

import asyncio

import pytest

from idvault.core.db.database import Database
from idvault.log.store import SIGNED, SqlCheckpointStore
from tests.support.databases import Databases


@pytest.mark.parametrize("size", [100, 100_000])
async def test_a_note_replaces_its_former_one_only(shred_database: Database, size: int) -> None:
    """Without the newest note nothing is replaced."""
    store = SqlCheckpointStore(database=shred_database)
    first, second, third = (bytes([number]) * size for number in range(3))
    assert await store.latest() is None
    assert not await store.replace(former=first, note=second)
    assert await store.replace(former=None, note=first)
    assert not await store.replace(former=None, note=second)
    assert await store.latest() == first
    assert await store.replace(former=first, note=second)
    assert not await store.replace(former=first, note=third)
    assert await store.latest() == second


async def test_the_two_notes_are_apart(shred_database: Database) -> None:
    """The last signed note is not yet the newest published one."""
    newest = SqlCheckpointStore(database=shred_database)
    signed = SqlCheckpointStore(database=shred_database, name=SIGNED)
    assert await signed.replace(former=None, note=b"signed")
    assert await newest.latest() is None
    assert await newest.replace(former=None, note=b"newest")
    assert (await signed.latest(), await newest.latest()) == (b"signed", b"newest")


@pytest.mark.parametrize("former", [None, b"former"])
async def test_one_of_many_wins(databases: Databases, former: bytes | None) -> None:
    """Of workers that replace a note concurrently exactly one succeeds, and all see its note."""
    connected = [Database(url=databases.shred_url) for _ in range(6)]
    stores = [SqlCheckpointStore(database=database) for database in connected]
    if former is not None:
        await stores[0].replace(former=None, note=former)
    notes = [b"note %d" % number for number in range(6)]
    won = await asyncio.gather(
        *(store.replace(former=former, note=note) for store, note in zip(stores, notes, strict=True))
    )
    assert won.count(True) == 1
    assert {await store.latest() for store in stores} == {notes[won.index(True)]}
    for database in connected:
        await database.close()
