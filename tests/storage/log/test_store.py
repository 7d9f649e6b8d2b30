"""The order of the log and its tree, against both databases."""

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update

from idvault.core import log_entry
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.log import log_entries, log_head, log_nodes
from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import sequence as sequence_log
from idvault.log.rules import Subtree, Unsequenced
from idvault_verify.error import DamagedError, Reason, UnavailableError
from idvault_verify.event import Event, EventType
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tests.storage.hooks import before_statements, held_act
from tools.support import logs, merkle
from tools.support.databases import Databases
from tools.support.storage_world import NOW, World, at

_INDEX: Statement[int | None] = statement(
    select(log_entries.c.log_index).where(log_entries.c.entry_id == param("entry_id")), scalar
)


async def _index(database: Database, event: Event) -> int | None:
    return await database.one("test", _INDEX, entry_id=event.entry_id)


async def _write(database: Database, *leaves: bytes) -> None:
    await logs.append(database, leaves)


async def test_an_empty_log(main_database: Database) -> None:
    """Nothing is sequenced, and the head has the time of the last sequencing."""
    assert (await stored_log.head(main_database)).size == 0
    for after in (timedelta(0), timedelta(seconds=1)):
        assert await sequence_log(main_database, limit=10, now=NOW + after) == 0
        head = await stored_log.head(main_database)
        assert (head.size, head.tree, head.sequenced_at) == (0, CompactRange().to_bytes(), NOW + after)
    assert await stored_log.unsequenced(main_database) == Unsequenced(0, None)
    assert (
        await stored_log.read_leaves(main_database, start=0, limit=5),
        await stored_log.nodes(main_database, []),
    ) == (
        [],
        [],
    )


async def test_acts_are_sequenced_as_written(world: World) -> None:
    """An act's leaf has an index after the next step, and waits since its real time."""
    event = world.event(EventType.CLAIM_OPEN)
    asked = world.new_claim()
    await world.claims.open(asked, event=event, superseded=world.event(EventType.CLAIM_SUPERSEDE))
    assert await stored_log.unsequenced(world.database) == Unsequenced(1, at().real)
    assert await _index(world.database, event) is None
    assert await sequence_log(world.database, limit=10, now=NOW) == 1
    assert await _index(world.database, event) == 0
    assert await stored_log.unsequenced(world.database) == Unsequenced(0, None)
    (row,) = await world.all(log_entries.select())
    assert await stored_log.read_leaves(world.database, start=0, limit=10) == [row.leaf]


async def test_older_entries_come_first_and_a_limit_holds(main_database: Database) -> None:
    """Entries are sequenced by real time, whatever the limit."""
    leaves = merkle.log_of(10)
    for number in (7, 3, 9, 0, 1, 2, 4, 5, 6, 8):
        await logs.append(main_database, [leaves[number]], first=number)
    assert [await sequence_log(main_database, limit=4, now=NOW) for _ in range(4)] == [4, 4, 2, 0]
    assert await stored_log.read_leaves(main_database, start=0, limit=100) == leaves
    assert await stored_log.read_leaves(main_database, start=3, limit=2) == leaves[3:5]


async def test_the_tree_is_that_of_the_definition(main_database: Database) -> None:
    """The head's root and the stored hashes of levels 0 and 8 match RFC 6962; no other level is stored."""
    leaves = merkle.log_of(600)
    await _write(main_database, *leaves)
    for limit in (1, 255, 100, 200, 500):
        await sequence_log(main_database, limit=limit, now=NOW)
    head = await stored_log.head(main_database)
    assert CompactRange.from_bytes(head.tree).root() == merkle.mth(leaves)
    wanted = [Subtree(8, 1), *(Subtree(0, index) for index in (599, 0, 256, 300, 299, 598, 2)), Subtree(8, 0)]
    expected = [merkle.mth(leaves[one.index << one.level : (one.index + 1) << one.level]) for one in wanted]
    assert await stored_log.nodes(main_database, wanted) == expected
    every = [Subtree(0, index) for index in range(0, 600, 2)]
    assert await stored_log.nodes(main_database, every) == [leaf_hash(leaves[one.index]) for one in every]
    rows = await World(main_database).all(log_nodes.select())
    assert sorted((row.level, row.node_index) for row in rows) == [
        *((0, index) for index in range(600)),
        (8, 0),
        (8, 1),
    ]


@pytest.mark.parametrize("missing", [Subtree(0, 5), Subtree(8, 0), Subtree(1, 0)])
async def test_a_missing_hash_is_damage(main_database: Database, missing: Subtree) -> None:
    """A missing hash raises DamagedError."""
    await _write(main_database, *merkle.log_of(5))
    await sequence_log(main_database, limit=10, now=NOW)
    with pytest.raises(DamagedError):
        await stored_log.nodes(main_database, [Subtree(0, 0), missing])


async def test_a_missing_entry_hides_the_following_ones(world: World, main_database: Database) -> None:
    """No entry takes the place of a missing one."""
    leaves = merkle.log_of(6)
    await _write(main_database, *leaves)
    await sequence_log(main_database, limit=10, now=NOW)
    await world.do(delete(log_entries).where(log_entries.c.log_index == 3))
    assert await stored_log.read_leaves(main_database, start=1, limit=10) == leaves[1:3]
    assert await stored_log.read_leaves(main_database, start=3, limit=10) == []
    assert await stored_log.read_leaves(main_database, start=4, limit=10) == leaves[4:]


async def test_a_slow_transaction_is_never_skipped(databases: Databases, main_database: Database) -> None:
    """An entry written first and committed last gets an index, whatever was sequenced in between."""
    event = World(main_database).event(EventType.REQUEST_PURGE, count=1, before="2026-03-01")
    async with held_act(main_database, lambda connection: log_entry.append(connection, event)):
        if databases.kind == "postgres":
            await _write(main_database, *merkle.log_of(3))
            assert await sequence_log(main_database, limit=10, now=NOW) == 3
            assert await stored_log.unsequenced(main_database) == Unsequenced(0, None)
        else:
            # SQLite has one writer: the sequencer waits for it, and sees its rows.
            sequencing = asyncio.create_task(sequence_log(main_database, limit=10, now=NOW))
            done, _ = await asyncio.wait([sequencing], timeout=0.2)
            assert not done
    if databases.kind == "sqlite":
        assert await sequencing == 1
        await _write(main_database, *merkle.log_of(3))
    while await sequence_log(main_database, limit=10, now=NOW):
        pass
    assert await _index(main_database, event) == (3 if databases.kind == "postgres" else 0)
    assert (
        len(await stored_log.read_leaves(main_database, start=0, limit=10))
        == (await stored_log.head(main_database)).size
        == 4
    )


@pytest.mark.parametrize("seed", range(3))
async def test_sequencers_at_once_give_each_entry_one_place(databases: Databases, seed: int) -> None:
    """Three sequencers and two writers on separate connections: no index is doubled or missing."""
    draw = random.Random(seed)  # noqa: S311 - only the sizes of batches
    connected = [Database(url=databases.main_url) for _ in range(5)]
    stop = asyncio.Event()

    async def write(database: Database, first: int) -> None:
        for at_number in range(0, 90, 6):
            leaves = [b"%d" % (first + at_number + step) for step in range(6)]
            await logs.append(database, leaves, first=first + at_number)

    async def sequence(database: Database) -> int:
        count = 0
        while not stop.is_set():
            count += await sequence_log(database, limit=draw.randrange(1, 20), now=NOW)
        return count

    running = [asyncio.create_task(sequence(database)) for database in connected[2:]]
    await asyncio.gather(write(connected[0], 0), write(connected[1], 1_000))
    stop.set()
    counts = await asyncio.gather(*running)
    last = 0
    while count := await sequence_log(connected[0], limit=50, now=NOW):
        last += count
    leaves = await stored_log.read_leaves(connected[0], start=0, limit=1_000)
    assert sum(counts) + last == len(leaves) == 180
    assert len(set(leaves)) == 180
    assert CompactRange.from_bytes((await stored_log.head(connected[0])).tree).root() == merkle.mth(leaves)
    for database in connected:
        await database.close()


async def test_a_batch_is_few_statements(main_database: Database) -> None:
    """A thousand entries need as many statements as one, with every hash that they complete."""
    await _write(main_database, *merkle.log_of(1_002))
    await sequence_log(main_database, limit=1, now=NOW)
    counts = []
    for limit in (1, 1_000):
        seen: list[str] = []
        with before_statements(main_database, seen.append):
            assert await sequence_log(main_database, limit=limit, now=NOW) == limit
        counts.append(len(seen))
    assert counts == [5, 5]
    assert CompactRange.from_bytes((await stored_log.head(main_database)).tree).root() == merkle.mth(
        merkle.log_of(1_002)
    )


OVERTAKE = {
    "sqlite": [
        "CREATE TRIGGER overtake AFTER INSERT ON log_nodes BEGIN UPDATE log_head SET size = size + 1; END",
        "DROP TRIGGER overtake",
    ],
    "postgres": [
        "CREATE FUNCTION overtake() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN UPDATE log_head SET size = size + 1; RETURN NULL; END $$",
        "CREATE TRIGGER overtake AFTER INSERT ON log_nodes FOR EACH ROW EXECUTE FUNCTION overtake()",
        "DROP TRIGGER overtake ON log_nodes",
    ],
}


async def test_who_loses_the_head_changes_nothing(
    world: World, main_database: Database, databases: Databases
) -> None:
    """If the head moved, the sequencer's act is rolled back, and the next step does the work."""
    await _write(main_database, *merkle.log_of(3))
    await sequence_log(main_database, limit=1, now=NOW)
    before = await world.contents()
    *made, dropped = OVERTAKE[databases.kind]
    for one in made:
        await world.do(text(one))
    assert await sequence_log(main_database, limit=10, now=NOW) == 0
    assert await world.contents() == before
    await world.do(text(dropped))
    assert await sequence_log(main_database, limit=10, now=NOW) == 2


async def test_a_head_that_was_set_back_gives_no_index_twice(world: World, main_database: Database) -> None:
    """The indices are taken, so the step fails and changes nothing."""
    await _write(main_database, *merkle.log_of(3))
    await sequence_log(main_database, limit=10, now=NOW)
    await world.do(update(log_head).values(size=0, tree=CompactRange().to_bytes()))
    await logs.append(main_database, [b"more"], first=3)
    before = await world.contents()
    with pytest.raises(UnavailableError) as caught:
        await sequence_log(main_database, limit=10, now=NOW)
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
    assert await world.contents() == before


@pytest.mark.parametrize("tree", [b"", b"broken", CompactRange().to_bytes()])
async def test_a_damaged_head_is_not_built_upon(world: World, main_database: Database, tree: bytes) -> None:
    """A tree that does not match the head's size stops the sequencer."""
    await _write(main_database, *merkle.log_of(3))
    await sequence_log(main_database, limit=2, now=NOW)
    await world.do(update(log_head).values(tree=tree))
    before = await world.contents()
    with pytest.raises(DamagedError):
        await sequence_log(main_database, limit=10, now=NOW)
    assert await world.contents() == before


async def test_an_entry_that_is_added_behind_the_head_is_not_taken(world: World) -> None:
    """A forged row with an index blocks that index, and nothing is overwritten."""
    forged = {"entry_id": "f" * 32, "log_index": 0, "leaf": b"forged"}
    await world.do(insert(log_entries).values(**forged, occurred_at=NOW, recorded_at=NOW))
    await _write(world.database, b"entry")
    with pytest.raises(UnavailableError):
        await sequence_log(world.database, limit=10, now=NOW)
    assert await stored_log.read_leaves(world.database, start=0, limit=10) == [b"forged"]
