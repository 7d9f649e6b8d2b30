"""The audit of a database's log: page by page, in bounded memory, from one consistent read.

It is called itself: commands make it, no method does.
"""

import asyncio
import tracemalloc

import pytest
from sqlalchemy import delete

from idvault.core.db.database import Database
from idvault.core.tables.log import log_entries, log_nodes
from idvault.log.acts import audit
from idvault.log.acts.audit import HeadError
from idvault.log.rules import Extent
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.verifier import WrongEntryError
from tools.support import logs, sql
from tools.support.databases import Databases
from tools.support.merkle import log_of

MANY = 100_000
MIB = 2**20


@pytest.mark.long
def test_memory_is_bounded(sqlite_databases: Databases) -> None:
    """10^5 entries are verified within a few MiB, with a checkpoint in the middle and progress reports."""
    leaves = asyncio.run(logs.fill(sqlite_databases, MANY))
    checkpoints = [logs.checkpoint_of(leaves), logs.checkpoint_of(leaves[:70_007])]
    del leaves
    told: list[int] = []
    tracemalloc.start()
    try:
        asyncio.run(verify(sqlite_databases, checkpoints, told))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == sorted(told)
    assert told[-1] == MANY
    assert peak < 8 * MIB


async def verify(databases: Databases, checkpoints: list[Checkpoint], told: list[int]) -> None:
    """Verify the main database."""
    database = Database(url=databases.main_url)
    try:
        audited = await audit.verify(
            database, extent=await audit.extent(database), checkpoints=checkpoints, progress=told.append
        )
    finally:
        await database.close()
    assert audited.tree.root() == checkpoints[0].root


async def test_what_comes_meanwhile_is_for_the_next_time(main_database: Database) -> None:
    """Entries sequenced during the audit are not verified and do not disturb it."""
    leaves = log_of(3_000)
    await logs.append(main_database, leaves[:1_500])
    await logs.sequence(main_database)
    extent = await audit.extent(main_database)
    await logs.append(main_database, leaves[1_500:], first=1_500)
    await logs.sequence(main_database)
    audited = await audit.verify(
        main_database, extent=extent, checkpoints=[logs.checkpoint_of(leaves[:700])], progress=lambda _: None
    )
    assert audited.tree.root() == logs.checkpoint_of(leaves[:1_500]).root
    again = await audit.verify(
        main_database, extent=await audit.extent(main_database), checkpoints=[], progress=lambda _: None
    )
    assert again.tree.root() == logs.checkpoint_of(leaves).root


async def test_a_head_without_entries(main_database: Database) -> None:
    """If all entries are missing, the head tells how many there were."""
    await logs.append(main_database, log_of(3))
    await logs.sequence(main_database)
    for table in (log_entries, log_nodes):
        await sql.change(main_database, delete(table))
    for checkpoints in ([], [logs.checkpoint_of([])]):
        extent = await audit.extent(main_database)
        with pytest.raises(WrongEntryError, match="entry 0: one of the entries 0 to 2 is missing"):
            await audit.verify(main_database, extent=extent, checkpoints=checkpoints, progress=lambda _: None)


async def test_a_head_that_is_not_that_of_its_entries(main_database: Database) -> None:
    """Beyond the checkpoint an entry may be wrong; if all entries are signed, the head is wrong."""
    leaves = log_of(30)
    await logs.append(main_database, leaves)
    await logs.sequence(main_database)
    extent = await audit.extent(main_database)
    other = Extent(extent.size, extent.tree[:-1] + b"\x00", extent.end, 0)
    with pytest.raises(WrongEntryError, match="entry 20: one of the entries 20 to 29 is wrong: the head"):
        await audit.verify(
            main_database,
            extent=other,
            checkpoints=[logs.checkpoint_of(leaves[:20])],
            progress=lambda _: None,
        )
    with pytest.raises(HeadError):
        await audit.verify(
            main_database, extent=other, checkpoints=[logs.checkpoint_of(leaves)], progress=lambda _: None
        )


async def test_a_gap_does_not_make_it_read_everything(main_database: Database) -> None:
    """If most entries are missing but not their hashes, a page has no more hashes than entries."""
    await logs.append(main_database, log_of(3_000))
    await logs.sequence(main_database)
    await sql.change(main_database, delete(log_entries).where(log_entries.c.log_index.between(1, 2_998)))
    page = await audit.page(main_database, after=None, limit=1_000)
    assert [entry.index for entry in page.entries] == [0, 2_999]
    assert len(page.nodes) <= 2
    with pytest.raises(WrongEntryError, match="entry 1: is missing"):
        await audit.verify(
            main_database, extent=await audit.extent(main_database), checkpoints=[], progress=lambda _: None
        )
