"""What pgbouncer needs: no state of a session, named settings, and prepared statements that it knows of.

The last tests start pgbouncer and are skipped where it is not installed; the others hold everywhere.
"""

import asyncio
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, func, insert, select
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

import idvault.storage
from idvault.domain.error import UnavailableError
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.postgresql import Postgresql
from idvault.storage.base.postgresql_connection import server_settings
from idvault.storage.base.statement import Statement, scalar, statement
from idvault.storage.key.tables import day_keys
from tests.storage.hooks import held_act
from tests.support import pgbouncer
from tests.support.databases import Databases
from tests.support.storage_world import World

_ROOT = Path(__file__).parents[3]
_OPERATIONS = (_ROOT / "docs/operations.md").read_text(encoding="utf-8")
# pgbouncer restores these for each of its clients.
_TRACKED = {"application_name", "timezone"}
_OF_A_SESSION = re.compile(r"\b(set_config|nextval|currval|lastval|pg_(try_)?advisory_lock\w*)\b")
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


def _statements() -> dict[str, Statement[Any]]:
    """Return the constants of all stores."""
    found: dict[str, Statement[Any]] = {}
    for module in pkgutil.walk_packages(idvault.storage.__path__, "idvault.storage."):
        if ".migrations" not in module.name:
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Statement):
                    found[f"{module.name}.{name}"] = value
    return found


def test_statements_use_no_state_of_a_session() -> None:
    """Every statement reads or writes rows; none sets a variable, listens, or takes a session's lock."""
    found = _statements()
    assert len(found) > 100
    for name, one in found.items():
        assert isinstance(one.clause, Executable), name
        assert isinstance(one.clause, SelectBase | UpdateBase), name
        assert not _OF_A_SESSION.search(one.postgresql.text), name


_STATE = """
SELECT 'setting ' || name FROM pg_settings WHERE source = 'session'
UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE name <> ''
UNION ALL SELECT 'channel ' || channel FROM pg_listening_channels() AS channel
UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relpersistence = 't'
"""


async def test_acts_leave_nothing_but_prepared_statements(postgres_databases: Databases) -> None:
    """A sign-up from its start to its end leaves no setting, cursor, channel, lock or temporary table."""
    database = Database(url=postgres_databases.main_url, pool_size=1)
    await World(database).verified()
    driver = database._driver
    assert isinstance(driver, Postgresql)
    assert [row[0] for row in await driver._idle[0].driver.fetch(_STATE)] == []
    await database.close()


def test_the_operations_page_names_what_pgbouncer_must_ignore() -> None:
    """It refuses a connection that asks for a setting that it neither tracks nor ignores."""
    named = re.search(r"^ignore_startup_parameters = (.*)$", _documented(), re.MULTILINE)
    assert named
    assert set(named[1].split(", ")) == server_settings().keys() - _TRACKED


def test_the_operations_page_sets_the_servers_limits_behind_pgbouncer() -> None:
    """What pgbouncer ignores, the role sets, with the values of a direct connection."""
    limits = {name: f"{int(value) // 1000}s" for name, value in server_settings().items() if _is_a_time(name)}
    assert len(limits) == 3
    for name, value in limits.items():
        assert f"ALTER ROLE idvault SET {name} = '{value}';" in _OPERATIONS


def _is_a_time(name: str) -> bool:
    return name.endswith(("_timeout", "_interval")) and not name.startswith("tcp_")


installed = pytest.mark.skipif(pgbouncer.PROGRAM is None, reason="pgbouncer is not installed")


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


@installed
@pytest.mark.process
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


@installed
@pytest.mark.process
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


@installed
@pytest.mark.process
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
