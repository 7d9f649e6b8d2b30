"""Two edges that switch to a new index some seconds apart know every person once.

Acts are called: the test must hold one of them open while the other waits for its lock.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from idvault.account.store import person as account_person
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables.claim import persons
from idvault.key.acts.rewrap import RewrapProgress
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.key.rewrap import rewrappings
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.key_version import ROLLED_OUT, SETTLED
from tests.support.key_world import KeyWorld
from tests.support.sealed_rows import PARTY, SealedRows, plant
from tools.support.databases import Databases

_ALL = statement(select(persons))
_WAITING: Statement[int] = statement(
    select(func.count())
    .select_from(text("pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"))
    .where(text("NOT granted AND datname = current_database()")),
    scalar,
)


async def _switching(world: KeyWorld) -> tuple[LocalKeyProvider, LocalKeyProvider]:
    """Return the keys of an edge that uses the new version, and of one that will in some seconds."""
    early, late = world.load(), world.load()
    world.after += timedelta(seconds=1)
    await world.follow(early)
    world.load().put(Purpose.INDEX, "1", ENTROPY.random(key_set.KEY_SIZE))
    for each in (early, late):
        world.after += timedelta(seconds=1)
        await world.follow(each)
    world.after += ROLLED_OUT
    await world.follow(early)
    return early, late


async def _rewrapped(world: KeyWorld) -> tuple[RewrapProgress, dict[int, int]]:
    own = world.load()
    await world.follow(own)
    rewrapping = rewrappings(world.vault, own)[Purpose.INDEX]
    progress = await rewrapping.run(now=world.now)
    return progress, dict((await rewrapping.end(now=world.now)).kept)


async def test_one_person_signs_up_at_two_edges_at_once(
    postgres_databases: Databases, tmp_path: Path
) -> None:
    """One edge writes under the former index and one under the new one: the second waits for the first."""
    first, second = Database(url=postgres_databases.main_url), Database(url=postgres_databases.main_url)
    world = KeyWorld(first, tmp_path)
    early, late = await _switching(world)
    key = SealedRows(first).person(late, 7)
    others: list[asyncio.Task[str]] = []

    async def meet(connection: Connection) -> str:
        found = await account_person.lock_or_add(connection, relying_party=PARTY, key=key, known=False)
        others.append(asyncio.create_task(SealedRows(second).sign_up(early, 7)))
        while not others[0].done() and not await connection.only(_WAITING):
            pass
        return found

    one = await first.act("test.meet", meet)
    assert await others[0] == one
    (row,) = await first.read("test.persons", lambda connection: connection.all(_ALL))
    assert (row.person_id, row.index_version) == (one, 1)
    await second.close()
    await first.close()


async def test_two_rows_of_one_person_end_no_rewrap(main_database: Database, tmp_path: Path) -> None:
    """A machine that slept made them: the newer one is the person, the other is counted and stays."""
    world, rows = KeyWorld(main_database, tmp_path), SealedRows(main_database)
    early, late = await _switching(world)
    one, key = await rows.sign_up(early, 7), rows.person(late, 7)

    async def act(connection: Connection) -> None:
        former = {"person_index": key.index, "index_version": 0, "person_id": "0" * 32}
        await plant(connection, persons, 1, relying_party=PARTY, **former)

    await main_database.act("test.former", act)
    other = await rows.sign_up(late, 8)
    world.after += SETTLED
    assert await _rewrapped(world) == (RewrapProgress(1, 0, 1), {0: 1})
    assert {await rows.sign_up(keys, 7) for keys in (early, late)} == {one}
    assert await rows.sign_up(early, 8) == other
