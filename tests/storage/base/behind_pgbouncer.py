"""`scripts/torture pgbouncer`: acts and reads behind pgbouncer, configured as in docs/operations.md.

Not collected with the other tests, since pgbouncer is a program that a host may lack.
"""

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, Text, func, insert, select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.key import day_keys
from idvault_verify.error import UnavailableError
from tests.storage.hooks import held_act
from tools.support import pgbouncer
from tools.support.databases import Databases
from tools.support.storage_world import World

_OPERATIONS = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")
_INSERT = statement(insert(day_keys))
_COUNT = statement(select(func.count()).select_from(day_keys), scalar)
_SLEEP = statement(select(func.pg_sleep(30)))
_ACTIVITY = Table("pg_stat_activity", MetaData(), Column("query", Text), Column("state", Text))
_ASLEEP = statement(
    select(func.count())
    .select_from(_ACTIVITY)
    .where(_ACTIVITY.c.query.startswith("SELECT pg_sleep"), _ACTIVITY.c.state == "active"),
    scalar,
)


def _documented() -> str:
    """Return the lines of pgbouncer.ini in the operations page."""
    found = re.search(r"```ini\n(.*?)```", _OPERATIONS, re.DOTALL)
    assert found
    return found[1]


async def _crowd(url: str) -> int:
    """Run acts on several connections to pgbouncer at once; return how many are written."""
    crowd = [Database(url=url, pool_size=3, patience=0) for _ in range(2)]

    async def act(number: int) -> None:
        async def write(connection: Connection) -> None:
            await connection.one(_COUNT)
            await connection.run(_INSERT, day=f"{number:010}", suite="s", public_key=b"k")

        await crowd[number % 2].act("test", write)

    try:
        await asyncio.gather(*(act(number) for number in range(20)))
        return int(await crowd[0].one("test", _COUNT) or 0)
    finally:
        for database in crowd:
            await database.close()


@pytest.mark.parametrize(("mode", "servers"), [("transaction", 2), ("session", 8)])
async def test_the_documented_configuration_works(
    postgres_databases: Databases, mode: str, servers: int
) -> None:
    """Six connections share two of the server's; a cancelled caller's statement is stopped there."""
    settings = _documented().replace("pool_mode = transaction", f"pool_mode = {mode}")
    with pgbouncer.running(postgres_databases, f"{settings}default_pool_size = {servers}") as url:
        assert await _crowd(url) == 20
        database = Database(url=url, pool_size=1)
        await World(database).verified()
        task = asyncio.create_task(database.read("test", lambda connection: connection.all(_SLEEP)))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await database.one("test", _ASLEEP) == 0
        await database.close()


async def test_prepared_statements_must_be_followed(postgres_databases: Databases) -> None:
    """With max_prepared_statements = 0, a statement fails on a server connection that does not know it."""
    settings = _documented().replace("statements = 200", "statements = 0") + "default_pool_size = 2"
    with pgbouncer.running(postgres_databases, settings) as url:
        first, second = Database(url=url, patience=0), Database(url=url, patience=0)
        assert await first.one("test", _COUNT) == 0
        async with held_act(second, lambda connection: connection.one(_ASLEEP)):
            with pytest.raises(UnavailableError) as refused:
                await first.one("test", _COUNT)
        assert str(refused.value.__cause__).endswith("26000")
        await first.close()
        await second.close()


async def test_settings_must_be_ignored(postgres_databases: Databases) -> None:
    """Without that line pgbouncer refuses the connection."""
    settings = re.sub("^ignore_startup_parameters = .*$", "", _documented(), flags=re.MULTILINE)
    assert settings != _documented()
    with pgbouncer.running(postgres_databases, settings) as url:
        database = Database(url=url, patience=0)
        with pytest.raises(UnavailableError) as refused:
            await database.one("test", _COUNT)
        assert str(refused.value.__cause__).endswith("08P01")
        await database.close()
