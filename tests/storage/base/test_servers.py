"""Several servers of one unit: where a connection goes, and what happens to those of a former leader."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.engine import make_url

from idvault.core.db import distinct, postgresql, postgresql_connection, url
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.key import day_keys
from idvault.processes import migrations
from idvault_verify.error import Reason, UnavailableError
from tests.support import tls_proxy
from tests.support.postgresql_front import Front, address, fronts
from tools.support.databases import Databases, PostgresMaker, own_postgres

_PID = statement(select(func.pg_backend_pid()), scalar)
_INSERT = statement(insert(day_keys))
_COUNT = statement(select(func.count()).select_from(day_keys), scalar)
_PATIENCE = 60.0


@asynccontextmanager
async def _unit(databases: Databases, count: int = 3) -> AsyncIterator[tuple[list[Front], Database]]:
    """Return hosts of which all accept writes until told otherwise, and the database through them."""
    async with fronts(databases, count) as hosts:
        database = Database(url=address(databases, hosts), pool_size=3)
        try:
            yield hosts, database
        finally:
            await database.close()


async def _add(database: Database, day: str) -> None:
    await database.act("test", lambda one: one.run(_INSERT, day=day, suite="s", public_key=b"k"))


async def _write(database: Database, day: str) -> None:
    await database.write("test", _INSERT, day=day, suite="s", public_key=b"k")


async def _fill_pool(database: Database) -> None:
    """Open every connection of the pool."""
    driver = database._driver
    assert isinstance(driver, Postgresql)
    async with driver._connection(), driver._connection(), driver._connection():
        pass
    assert len(driver._idle) == 3


async def test_the_host_that_accepts_writes_is_used_and_remembered(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standbys before it in the list are passed over; the next connection asks only the leader."""
    monkeypatch.setattr(postgresql_connection, "_HEAD_START", _PATIENCE)  # however slow the machine is
    async with _unit(postgres_databases) as (hosts, database):
        hosts[0].read_only = hosts[1].read_only = True
        await _add(database, "2026-03-01")
        assert all(host.asked for host in hosts)
        before = [host.asked for host in hosts]
        await _fill_pool(database)
        assert [host.asked for host in hosts] == [before[0], before[1], before[2] + 2]


async def test_a_host_that_is_cut_off_does_not_hold_up_the_others(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first host never answers; the leader is reached although that one's time is not over."""
    monkeypatch.setattr(postgresql_connection, "CONNECT_WAIT", 2 * _PATIENCE)
    async with _unit(postgres_databases) as (hosts, database), asyncio.timeout(_PATIENCE):
        hosts[0].silent = hosts[1].read_only = True
        await _add(database, "2026-03-01")


async def test_without_a_leader_the_store_is_unavailable(postgres_databases: Databases) -> None:
    """The refusal says why: no host accepts writes, or one cannot be reached."""
    async with _unit(postgres_databases) as (hosts, database):
        for host in hosts:
            host.read_only = True
        with pytest.raises(UnavailableError) as refused:
            await database.one("test", _PID)
        assert refused.value.reason is Reason.STORE_UNAVAILABLE
        assert str(refused.value.__cause__) == "TargetServerAttributeNotMatched"
        gone = address(postgres_databases, [hosts[0], Front(port=1)])
        with pytest.raises(OSError, match="Connect call failed"):
            await _servers(gone).connect()


def _servers(text: str) -> postgresql_connection.Servers:
    parsed = url.parse(text).servers
    assert parsed
    return postgresql_connection.Servers(parsed)


async def test_connections_to_a_former_leader_are_all_replaced(postgres_databases: Databases) -> None:
    """The first refused write is repeated at the new leader, and no other connection stays at the old one."""
    async with _unit(postgres_databases) as (hosts, database):
        hosts[1].read_only = hosts[2].read_only = True
        await _fill_pool(database)
        driver = database._driver
        assert isinstance(driver, Postgresql)
        former = [each.driver for each in driver._idle]
        for each in former:
            await each.execute("SET default_transaction_read_only = on")
        hosts[0].read_only, hosts[1].read_only = True, False
        tries = 0

        async def write(connection: Connection) -> None:
            nonlocal tries
            tries += 1
            await connection.run(_INSERT, day="2026-03-01", suite="s", public_key=b"k")

        await database.act("test", write)
        assert tries == 2
        assert all(each.is_closed() for each in former)
        assert await database.one("test", _COUNT) == 1


async def test_a_connection_in_use_at_a_former_leader_is_not_kept(postgres_databases: Databases) -> None:
    """It was lent before another one of its age was lost; it is closed when it is given back."""
    async with _unit(postgres_databases) as (_, database):
        driver = database._driver
        assert isinstance(driver, Postgresql)
        async with driver._connection() as older:
            with pytest.raises(ConnectionResetError):
                async with driver._connection():
                    raise ConnectionResetError
        assert older.driver.is_closed()
        assert driver._idle == []


async def test_a_leader_that_falls_silent_is_given_up(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call waits in vain; then the idle connections are dropped and the new leader is found."""
    async with _unit(postgres_databases) as (hosts, database):
        hosts[1].read_only = hosts[2].read_only = True
        monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", 1.0)
        monkeypatch.setattr(postgresql, "_CANCEL_WAIT", 0.1)
        await _fill_pool(database)
        driver = database._driver
        assert isinstance(driver, Postgresql)
        former = [each.driver for each in driver._idle]
        hosts[0].silent, hosts[1].read_only = True, False
        with pytest.raises(UnavailableError):
            await database.one("test", _PID)
        async with asyncio.timeout(_PATIENCE):
            while driver._idle:  # noqa: ASYNC110 - the pool does not tell
                await asyncio.sleep(0.01)
        await _add(database, "2026-03-01")
        assert all(each.is_closed() for each in former)


async def test_migrations_and_comparisons_take_several_hosts(
    postgres_databases: Databases, postgres_maker: PostgresMaker, tmp_path: Path
) -> None:
    """`db upgrade` writes at the leader, and two lists that lead to one database are one."""
    empty = await asyncio.to_thread(postgres_maker.empty_urls, tmp_path)
    async with fronts(postgres_databases, 2) as hosts:
        hosts[0].read_only = True
        main, shred = (_through(each, postgres_databases, hosts) for each in empty)
        await migrations.upgrade_both(main, shred)
        await migrations.check_current(main, shred)
        swapped = _through(empty[0], postgres_databases, hosts[::-1])
        with pytest.raises(distinct.SameDatabaseError):
            await distinct.check(url.parse(main), url.parse(swapped))


async def test_each_host_proves_its_own_name(postgres_databases: Databases, tmp_path: Path) -> None:
    """With verify-full a host whose certificate has another name is never used, wherever it stands."""
    parsed = make_url(postgres_databases.main_url)
    with tls_proxy.running(tmp_path, postgres_databases) as front:
        hosts = f"127.0.0.2:{front.port},localhost:{front.port}"
        options = f"target_session_attrs=read-write&sslmode=verify-full&sslrootcert={front.ca}"
        unit = _servers(
            f"postgresql://{parsed.username}:{parsed.password}@{hosts}/{parsed.database}?{options}"
        )
        # 64: the certificate is for another address (OpenSSL's X509_V_ERR_IP_ADDRESS_MISMATCH).
        assert {name: str(why) for name, why in (await unit.missing()).items()} == {
            f"127.0.0.2:{front.port}": "SSLCertVerificationError 64"
        }
        connection = await unit.connect()
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


def _through(text: str, databases: Databases, hosts: list[Front]) -> str:
    return address(Databases("postgres", text, databases.shred_url), hosts)


_STANDBYS = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
_WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'SyncRep' AND clock_timestamp() - query_start > $1
"""


async def _until(other: Any, query: str, wanted: object, *arguments: object) -> None:
    async with asyncio.timeout(_PATIENCE):
        while await other.fetchval(query, *arguments) != wanted:  # noqa: ASYNC110 - the server does not tell
            await asyncio.sleep(0.05)


async def _add_until_refused(database: Database, add: Callable[[Database, str], Awaitable[None]]) -> int:
    """Return how many acts were written before the server took up its new setting."""
    for written in range(1_000):
        try:
            await add(database, f"{written:010}")
        except UnavailableError:
            return written
    raise AssertionError("nothing waits for a standby")


@pytest.fixture
def own_databases(tmp_path: Path) -> Iterator[Databases]:
    """Return a pair on a server of its own, whose settings a test may change."""
    with own_postgres() as maker:
        yield maker.fresh(tmp_path)


@pytest.mark.process
@pytest.mark.parametrize("add", [_add, _write])
async def test_an_act_that_no_standby_has_is_not_shown(
    own_databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    add: Callable[[Database, str], Awaitable[None]],
) -> None:
    """A COMMIT waits for a standby, and no time limit or cancel request ends the wait with a success."""
    monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", 1.0)
    monkeypatch.setattr(postgresql_connection, "_SERVER_SPARE", 0.5)
    database, other = (
        Database(url=own_databases.main_url),
        await asyncpg.connect(own_databases.main_url),
    )
    try:
        await other.execute(_STANDBYS)
        await other.execute("SELECT pg_reload_conf()")
        written = await _add_until_refused(database, add)
        await _until(other, _WAITS, 1, (await other.fetchval("SELECT interval '3 s'")))
        assert await other.fetchval("SELECT count(*) FROM day_keys") == written
    finally:
        await other.execute("ALTER SYSTEM RESET synchronous_standby_names")
        await other.execute("SELECT pg_reload_conf()")
    await _until(other, "SELECT count(*) FROM day_keys", written + 1)
    await database.close()
    await other.close()
