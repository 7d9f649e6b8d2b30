"""PostgreSQL's connections: how long each side waits, what an abandoned caller leaves, what is replaced."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.engine import make_url

from idvault.core.config import database as addresses
from idvault.core.db import postgresql, postgresql_connection
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.key import day_keys
from idvault_verify.error import Reason, UnavailableError
from tests.storage.hooks import held_act
from tests.support.listening import listening
from tools.support.databases import Databases

_PID = statement(select(func.pg_backend_pid()), scalar)
_SLEEP = statement(select(func.pg_sleep(30)))
_INSERT = statement(insert(day_keys))
_SUITE = statement(select(day_keys.c.suite).where(day_keys.c.day == param("day")), scalar)
_SOON = 15.0


async def _insert(connection: Connection) -> None:
    await connection.run(_INSERT, day="2026-03-01", suite="s", public_key=b"k")


async def _insert_and_sleep(connection: Connection) -> None:
    await _insert(connection)
    await connection.all(_SLEEP)


def _servers(databases: Databases) -> postgresql_connection.Servers:
    return postgresql_connection.Servers(addresses.parse(databases.main_url))


@asynccontextmanager
async def _opened(databases: Databases, *, pool_size: int = 1) -> AsyncIterator[Database]:
    database = Database(url=databases.main_url, pool_size=pool_size, patience=_SOON)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _watching(databases: Databases) -> AsyncIterator[Any]:
    """Return a connection of somebody else to the same database."""
    other = await asyncpg.connect(databases.main_url)
    try:
        yield other
    finally:
        await other.close()


_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def _until(other: Any, number: int, condition: str = "true") -> None:
    """Wait until this number of other connections to the database fulfil a condition."""
    async with asyncio.timeout(_SOON):
        while await other.fetchval(f"{_OTHERS} AND {condition}") != number:  # noqa: ASYNC110 - the server does not tell
            await asyncio.sleep(0.01)


async def test_a_statement_that_takes_too_long_is_stopped_at_the_server(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller gets STORE_UNAVAILABLE without a repeat; the server keeps neither statement nor lock."""
    monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", 0.1)
    async with _opened(postgres_databases) as database, _watching(postgres_databases) as other:
        with pytest.raises(UnavailableError) as refused:
            await database.act("test", _insert_and_sleep)
        assert refused.value.reason is Reason.STORE_UNAVAILABLE
        assert str(refused.value.__cause__) == "TimeoutError"
        await _until(other, 0)
        monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", _SOON)
        await database.act("test", _insert)


async def test_a_cancelled_callers_statement_is_stopped_before_its_place_is_free(
    postgres_databases: Databases,
) -> None:
    """The next act gets the only place of the pool once the abandoned backend is gone."""
    async with _opened(postgres_databases) as database, _watching(postgres_databases) as other:
        task = asyncio.create_task(database.act("test", _insert_and_sleep))
        await _until(other, 1, "state = 'active' AND query LIKE 'SELECT pg_sleep%'")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await database.act("test", _insert)
        assert await other.fetchval(_OTHERS) == 1


async def test_closing_waits_for_abandoned_statements(postgres_databases: Databases) -> None:
    """After close no statement of this process runs."""
    async with _watching(postgres_databases) as other:
        async with _opened(postgres_databases) as database:
            task = asyncio.create_task(database.act("test", _insert_and_sleep))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await _until(other, 0)


async def test_the_server_ends_a_statement_whose_cancellation_is_lost(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own limit is a little above the client's."""
    monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", 0.1)
    monkeypatch.setattr(postgresql_connection, "_SERVER_SPARE", 0.1)
    connection = await postgresql_connection.connect(_servers(postgres_databases))
    begun = time.monotonic()
    with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
        await connection.driver.fetch("SELECT pg_sleep(30)", timeout=_SOON)
    assert time.monotonic() - begun >= 0.2
    await connection.driver.close()


async def test_the_server_notices_that_its_client_is_gone(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement of a killed process ends before any time-out."""
    monkeypatch.setattr(postgresql_connection, "_CLIENT_CHECK", 0.1)
    async with _watching(postgres_databases) as other:
        connection = await postgresql_connection.connect(_servers(postgres_databases))
        task = asyncio.create_task(connection.driver.fetch("SELECT pg_sleep(30)"))
        await asyncio.sleep(0.05)
        connection.driver.terminate()
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await task
        await _until(other, 0)


async def test_a_transaction_that_the_server_found_idle_is_repeated(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that freezes in the middle of an act keeps no lock; when it wakes up it repeats the act."""
    monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", 0.5)
    monkeypatch.setattr(postgresql_connection, "_SERVER_SPARE", 0.0)
    tries = 0

    async def freeze_once(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        await _insert(connection)
        if tries == 1:
            monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", _SOON)  # of the next connection
            time.sleep(1)  # noqa: ASYNC251 - the whole process freezes
        await connection.one(_SUITE, day="2026-03-01")

    async with _opened(postgres_databases) as database:
        await database.act("test", freeze_once)
        assert tries == 2
        assert await database.one("test", _SUITE, day="2026-03-01") == "s"


async def test_waiting_for_a_connection_of_the_pool_ends(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every connection in use, a caller waits for a while and gets STORE_UNAVAILABLE."""
    monkeypatch.setattr(postgresql, "_POOL_WAIT", 0.05)
    async with _opened(postgres_databases) as database:
        async with held_act(database, _insert):
            with pytest.raises(UnavailableError) as refused:
                await database.one("test", _PID)
            assert refused.value.reason is Reason.STORE_UNAVAILABLE
        assert await database.one("test", _PID)


async def test_connecting_to_a_silent_server_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers is STORE_UNAVAILABLE, and costs no place of the pool."""
    monkeypatch.setattr(postgresql_connection, "CONNECT_WAIT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        database = Database(url=url, pool_size=1)
        for _ in range(2):
            with pytest.raises(UnavailableError) as refused:
                await database.one("test", _PID)
            assert str(refused.value.__cause__) == "TimeoutError"
        await database.close()


async def test_a_connection_idle_for_too_long_is_replaced(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall may have dropped it; the old one is closed."""
    async with _opened(postgres_databases) as database, _watching(postgres_databases) as other:
        first = await database.one("test", _PID)
        assert await database.one("test", _PID) == first
        monkeypatch.setattr(postgresql_connection, "_IDLE_LIMIT", 0.0)
        assert await database.one("test", _PID) != first
        await _until(other, 1)


async def test_connections_to_a_former_leader_are_replaced(postgres_databases: Databases) -> None:
    """A server that became read-only refuses a write with 25006; a new connection may reach the leader."""
    name = make_url(postgres_databases.main_url).database
    async with _opened(postgres_databases) as database, _watching(postgres_databases) as other:
        await other.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        first = await database.one("test", _PID)
        await other.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        tries: list[int | None] = []

        async def write(connection: Connection) -> None:
            tries.append(await connection.one(_PID))
            await _insert(connection)

        await database.act("test", write)
        assert len(tries) == 2
        assert tries[0] == first
        assert tries[1] != first
        assert await database.one("test", _SUITE, day="2026-03-01") == "s"


async def test_a_plan_that_a_migration_made_invalid_is_replaced(postgres_databases: Databases) -> None:
    """The act is repeated on a new connection, which prepares its statements again."""
    async with _opened(postgres_databases) as database, _watching(postgres_databases) as other:
        tries = 0

        async def look(connection: Connection) -> str | None:
            nonlocal tries
            tries += 1
            found: str | None = await connection.one(_SUITE, day="2026-03-01")
            return found

        await database.act("test", _insert)
        await database.act("test", look)
        await other.execute("ALTER TABLE day_keys ALTER COLUMN suite TYPE text")
        assert await database.act("test", look) == "s"
        assert tries == 3


async def test_the_pools_sockets_are_probed(postgres_databases: Databases) -> None:
    """Keep-alive probes notice within two minutes that the other side is gone."""
    async with _forwarded(postgres_databases) as wire:
        database = Database(url=wire.url)
        await database.one("test", _PID)
        driver = database._driver
        assert isinstance(driver, Postgresql)
        probed = driver._idle[0].driver._transport.get_extra_info("socket")
        assert probed.family == socket.AF_INET
        assert probed.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        idle, interval, count = (probed.getsockopt(socket.IPPROTO_TCP, option) for option in options)
        assert idle + interval * count <= 120
        await database.close()


async def test_a_silent_network_holds_a_place_of_the_pool_for_a_short_time(
    postgres_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If neither statement nor cancel request gets through, the connection is given up and replaced."""
    monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", 0.5)
    monkeypatch.setattr(postgresql, "_CANCEL_WAIT", 0.1)
    async with _forwarded(postgres_databases) as wire:
        database = Database(url=wire.url, pool_size=1)
        await database.one("test", _PID)
        wire.silent = True
        with pytest.raises(UnavailableError) as refused:
            await database.act("test", _insert)
        assert str(refused.value.__cause__) == "TimeoutError"
        wire.silent = False
        monkeypatch.setattr(postgresql_connection, "STATEMENT_WAIT", _SOON)
        assert await database.one("test", _PID)
        await database.close()


_SLOW_COMMIT = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON day_keys DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION slow();
"""


async def test_a_commit_that_was_sent_is_not_cancelled(postgres_databases: Databases) -> None:
    """If the caller leaves during COMMIT, the act is written."""
    async with _opened(postgres_databases) as database, _watching(postgres_databases) as other:
        await other.execute(_SLOW_COMMIT)
        task = asyncio.create_task(database.act("test", _insert))
        await _until(other, 1, "query = 'COMMIT'")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await _until(other, 0)
        assert await database.one("test", _SUITE, day="2026-03-01") == "s"


@dataclass
class _Wire:
    """A way to the server by TCP. silent: it drops everything and answers nothing."""

    url: str = ""
    silent: bool = False


@asynccontextmanager
async def _forwarded(databases: Databases) -> AsyncIterator[_Wire]:
    """Forward TCP to the main database, whatever its server listens on."""
    url, wire = make_url(databases.main_url), _Wire()
    folder = url.query.get("host")

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(65_536):
            if not wire.silent:
                target.write(piece)
        target.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if wire.silent:
            return
        if folder is None:
            back, there = await asyncio.open_connection(url.host, url.port or 5432)
        else:
            back, there = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{url.port or 5432}")
        with closing(there), suppress(ConnectionError):
            await asyncio.gather(pump(reader, there), pump(back, writer))

    async with listening(forward) as port:
        wire.url = url.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        yield wire
