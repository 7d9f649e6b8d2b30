"""The log's signed notes in the shred database, against both kinds of database."""

import asyncio

import pytest

from idvault.core.db.database import Database
from idvault.log.acts import stored_log
from idvault.log.store import SIGNED
from tools.support.databases import Databases


@pytest.mark.parametrize("size", [100, 100_000])
async def test_a_note_replaces_its_former_one_only(shred_database: Database, size: int) -> None:
    """Without the newest note nothing is replaced."""
    first, second, third = (bytes([number]) * size for number in range(3))
    assert await stored_log.latest_note(shred_database) is None
    assert not await stored_log.replace_note(shred_database, former=first, note=second)
    assert await stored_log.replace_note(shred_database, former=None, note=first)
    assert not await stored_log.replace_note(shred_database, former=None, note=second)
    assert await stored_log.latest_note(shred_database) == first
    assert await stored_log.replace_note(shred_database, former=first, note=second)
    assert not await stored_log.replace_note(shred_database, former=first, note=third)
    assert await stored_log.latest_note(shred_database) == second


async def test_the_two_notes_are_apart(shred_database: Database) -> None:
    """The last signed note is not yet the newest published one."""
    assert await stored_log.replace_note(shred_database, SIGNED, former=None, note=b"signed")
    assert await stored_log.latest_note(shred_database) is None
    assert await stored_log.replace_note(shred_database, former=None, note=b"newest")
    assert (
        await stored_log.latest_note(shred_database, SIGNED),
        await stored_log.latest_note(shred_database),
    ) == (
        b"signed",
        b"newest",
    )


@pytest.mark.parametrize("former", [None, b"former"])
async def test_one_of_many_wins(databases: Databases, former: bytes | None) -> None:
    """Of workers that replace a note concurrently exactly one succeeds, and all see its note."""
    connected = [Database(url=databases.shred_url) for _ in range(6)]
    if former is not None:
        await stored_log.replace_note(connected[0], former=None, note=former)
    made = [b"note %d" % number for number in range(6)]
    won = await asyncio.gather(
        *(
            stored_log.replace_note(each, former=former, note=note)
            for each, note in zip(connected, made, strict=True)
        )
    )
    assert won.count(True) == 1
    assert {await stored_log.latest_note(each) for each in connected} == {made[won.index(True)]}
    for database in connected:
        await database.close()
