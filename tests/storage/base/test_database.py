"""Acts and reads of a database: durability, retries, and errors that carry no value."""

import asyncio
import sqlite3
import subprocess
import sys
import traceback
from contextvars import ContextVar
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select

from idvault.core.db.connection import Connection, DriverError, SuspendedError
from idvault.core.db.database import Database
from idvault.core.db.statement import param, scalar, statement, upsert
from idvault.core.tables.key import day_keys
from idvault.registry.store import budgets
from idvault_verify.error import Reason, UnavailableError
from tests.storage.hooks import connection_class, failing_commit, failing_statement, held_act
from tools.support.databases import Databases
from tools.support.storage_world import NOW, World

CANARY = "canary-370000"
_INSERT = statement(insert(day_keys))
_RETURNING = statement(insert(day_keys).returning(day_keys.c.day), scalar)
_SUITE = statement(select(day_keys.c.suite).where(day_keys.c.day == param("day")), scalar)
_NOWHERE = statement(select(Table("nowhere", MetaData(), Column("value", Integer))))


async def _insert_canary(connection: Connection) -> None:
    await connection.run(_INSERT, day="2026-03-01", suite=CANARY, public_key=b"k")


async def _count(database: Database) -> int:
    return (await World(database).counts())["day_keys"]


def _everything_said(error: BaseException) -> str:
    said, queue = "", [error]
    while queue:
        one = queue.pop()
        said += "".join(traceback.format_exception(one)) + repr(one)
        queue += [other for other in (one.__cause__, one.__context__) if other is not None]
    return said


async def test_work_runs_in_the_context_of_its_call(main_database: Database) -> None:
    """What a call has set for itself, such as the version of a key, is set in its acts and reads, too."""
    word: ContextVar[str] = ContextVar("word", default="")

    async def said(_connection: Connection) -> str:
        return word.get()

    async def call(given: str) -> tuple[str, str]:
        word.set(given)
        return await main_database.act("test", said), await main_database.read("test", said)

    assert await asyncio.gather(*map(call, "ab")) == [("a", "a"), ("b", "b")]


async def test_driver_errors_carry_no_values(main_database: Database) -> None:
    """A broken constraint, a missing table and a wrong value raise errors without any value."""

    async def repeat_key(connection: Connection) -> None:
        for _ in range(2):
            await connection.run(_INSERT, day=CANARY[:10], suite=CANARY, public_key=CANARY.encode())

    async def unknown_table(connection: Connection) -> None:
        await connection.all(_NOWHERE)

    async def wrong_value(connection: Connection) -> None:
        await connection.run(statement(insert(budgets)), name=[CANARY], next_at=NOW)

    for work in (repeat_key, unknown_table, wrong_value):
        with pytest.raises(UnavailableError) as refused:
            await main_database.act("test", work)
        assert refused.value.reason is Reason.STORE_UNAVAILABLE
        assert isinstance(refused.value.__cause__, DriverError)
        assert CANARY[:10] not in _everything_said(refused.value)


async def test_domain_errors_undo_the_act(main_database: Database) -> None:
    """An error raised by work passes unchanged, and nothing is written."""

    async def refuse(connection: Connection) -> None:
        await _insert_canary(connection)
        raise LookupError("refused")

    with pytest.raises(LookupError, match="refused"):
        await main_database.act("test", refuse)
    assert await _count(main_database) == 0


async def test_a_read_changes_nothing(main_database: Database) -> None:
    """Neither by a statement that writes, nor by a batch of it, nor on a connection that has just acted."""
    await main_database.act("test", _insert_canary)

    async def insert_many(connection: Connection) -> None:
        await connection.many(_INSERT, [{"day": "2026-03-02", "suite": CANARY, "public_key": b"k"}])

    async def insert_row(connection: Connection) -> None:
        await connection.run(_INSERT, day="2026-03-02", suite=CANARY, public_key=b"k")

    async def insert_returning(connection: Connection) -> None:
        await connection.one(_RETURNING, day="2026-03-02", suite=CANARY, public_key=b"k")

    for work in (insert_many, insert_row, insert_returning):
        with pytest.raises(RuntimeError, match="only an act may write"):
            await main_database.read("test", work)
    with pytest.raises(RuntimeError, match="only an act may write"):
        await main_database.one("test", _RETURNING, day="2026-03-02", suite=CANARY, public_key=b"k")
    assert await _count(main_database) == 1
    assert await main_database.write("test", _RETURNING, day="2026-03-02", suite=CANARY, public_key=b"k")
    with pytest.raises(RuntimeError, match="only an act may write"):
        await main_database.read("test", insert_row)


async def test_work_that_awaits_anything_else_is_refused(main_database: Database) -> None:
    """It is rolled back on both databases: a transaction is never held across another await."""

    async def sleep(connection: Connection) -> None:
        await connection.all(_SUITE, day="2026-03-01")
        await asyncio.sleep(0)

    async def write_and_sleep(connection: Connection) -> None:
        await _insert_canary(connection)
        await sleep(connection)

    with pytest.raises(SuspendedError):
        await main_database.act("test", write_and_sleep)
    with pytest.raises(SuspendedError):
        await main_database.read("test", sleep)
    assert await _count(main_database) == 0
    await main_database.act("test", _insert_canary)


async def test_cancelled_act_is_whole_and_leaves_the_store_working(
    main_database: Database, databases: Databases
) -> None:
    """A caller cancelled in the middle of an act leaves all of its rows or none, and no lock."""
    async with held_act(main_database, _insert_canary):
        task = asyncio.create_task(main_database.act("test", _insert_canary))
        await asyncio.wait([task], timeout=0.2)
        assert not task.done()
        task.cancel()
        if databases.kind == "postgres":
            with pytest.raises(asyncio.CancelledError):
                await task
    with pytest.raises((asyncio.CancelledError, UnavailableError)):
        await task
    assert await _count(main_database) == 1
    await main_database.act("test", _other)
    assert await _count(main_database) == 2


async def _other(connection: Connection) -> None:
    await connection.run(_INSERT, day="2026-03-02", suite=CANARY, public_key=b"k")


async def test_a_caller_who_leaves_while_an_act_waits_for_its_turn_takes_it_along(
    sqlite_databases: Databases,
) -> None:
    """An act that no thread has started is never run."""
    database = Database(url=sqlite_databases.main_url)
    async with held_act(database, _other):
        first = asyncio.create_task(database.act("test", _insert_canary))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(database.act("test", _insert_canary))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
    await first
    assert await _count(database) == 2
    await database.close()


async def test_transient_conflicts_are_repeated(main_database: Database) -> None:
    """An act that the database asks to repeat is rerun from the start, a few times."""
    tries = 0

    async def conflict_twice(connection: Connection) -> int:
        nonlocal tries
        tries += 1
        await _insert_canary(connection)
        if tries < 3:
            raise _conflict(main_database)
        return tries

    assert await main_database.act("test", conflict_twice) == 3
    assert await _count(main_database) == 1


async def test_lasting_conflict_is_unavailable(main_database: Database) -> None:
    """A lasting conflict is reported after a few tries, with its code."""
    tries = 0

    async def conflict(_connection: Connection) -> None:
        nonlocal tries
        tries += 1
        raise _conflict(main_database)

    with pytest.raises(UnavailableError) as refused:
        await main_database.act("test", conflict)
    assert tries == 5
    assert str(refused.value.__cause__).split()[-1] in ("40001", str(sqlite3.SQLITE_BUSY))


def _conflict(database: Database) -> Exception:
    """Return the error of a serialization failure or a busy file."""
    if connection_class(database).__name__ == "PostgresqlConnection":
        serialization: Exception = asyncpg.SerializationError("conflict")
        return serialization
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


async def test_an_act_is_repeated_when_its_connection_is_lost_before_the_commit(
    main_database: Database, databases: Databases
) -> None:
    """After a lost PostgreSQL connection the act is retried; SQLite cannot lose a connection."""
    with failing_statement(main_database, number=1, fault=ConnectionResetError()) as seen:
        await main_database.act("test", _insert_canary)
    assert len(seen) == 2
    assert await _count(main_database) == 1


async def test_an_act_whose_commit_was_sent_is_never_repeated(main_database: Database) -> None:
    """It may be durable; the caller's repeat finds out."""
    with failing_commit(main_database, committed=True) as fired, pytest.raises(UnavailableError):
        await main_database.act("test", _insert_canary)
    assert fired == [True]
    assert await _count(main_database) == 1


async def test_connections_that_the_server_ended_are_replaced(
    postgres_databases: Databases,
) -> None:
    """Restarting PostgreSQL between two acts makes neither of them fail."""
    database = Database(url=postgres_databases.main_url)
    await database.act("test", _insert_canary)
    end_all = statement(
        select(func.count(func.pg_terminate_backend(_PIDS.c.pid)))
        .select_from(_PIDS)
        .where(_PIDS.c.datname == func.current_database(), _PIDS.c.pid != func.pg_backend_pid())
    )
    other = Database(url=postgres_databases.main_url)
    await other.read("test", lambda connection: connection.one(end_all))
    await database.act("test", _other)
    assert await _count(database) == 2
    await other.close()
    await database.close()


async def test_a_connection_is_replaced_that_is_about_to_end(postgres_databases: Databases) -> None:
    """If the server announced the end but has not closed the connection, the act uses another one."""
    database = Database(url=postgres_databases.main_url)
    fault = asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")
    with failing_statement(database, number=1, fault=fault) as seen:
        await database.act("test", _insert_canary)
    assert len(seen) == 2
    assert await _count(database) == 1
    await database.close()


_PIDS = Table("pg_stat_activity", MetaData(), Column("pid", Integer), Column("datname", Integer))


async def test_busy_file_is_waited_for(sqlite_databases: Databases) -> None:
    """A program that briefly holds SQLite's write lock delays an act but does not fail it."""
    database = Database(url=sqlite_databases.main_url)
    other = sqlite3.connect(sqlite_databases.main_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(database.act("test", _insert_canary))
    await asyncio.wait([task], timeout=0.1)
    assert not task.done()
    assert await _count(database) == 0  # readers are not blocked
    assert await database.one("test", _SUITE, day="2026-03-01") is None
    other.execute("COMMIT")
    other.close()
    await task
    assert await database.one("test", _SUITE, day="2026-03-01") == CANARY
    await database.close()


_CROWD = """
import asyncio, itertools, sys
from sqlalchemy import insert
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.key import day_keys
INSERT = statement(insert(day_keys))
async def main():
    database, numbers = Database(url=sys.argv[1]), itertools.count()
    told = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    async def write():
        while not told.done():
            day = f"{next(numbers):010}"
            await database.act("crowd", lambda c: c.run(INSERT, day=day, suite="s", public_key=b"k"))
    writers = [asyncio.ensure_future(write()) for _ in range(50)]
    print("begun", flush=True)
    await asyncio.gather(*writers)
    await database.close()
    print(next(numbers), flush=True)
asyncio.run(main())
"""


@pytest.mark.process
async def test_a_crowd_of_acts_leaves_the_file_to_others(sqlite_databases: Databases) -> None:
    """While one process writes without a pause, another one's act runs in between."""
    crowd = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs on this loop
        [sys.executable, "-c", _CROWD, sqlite_databases.main_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    database = Database(url=sqlite_databases.main_url)
    try:
        assert crowd.stdout
        assert crowd.stdout.readline() == "begun\n"
        await database.act("test", _insert_canary)
        assert crowd.poll() is None
    finally:
        written, _ = crowd.communicate("\n")
    assert crowd.returncode == 0
    assert await _count(database) == int(written) + 1
    await database.close()


async def test_sqlite_is_durable_and_strict(sqlite_databases: Databases) -> None:
    """Every connection uses a write-ahead log, syncs at each commit and checks foreign keys."""
    database = Database(url=sqlite_databases.main_url)

    async def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        return [(await connection._fetch(f"PRAGMA {name}", ()))[0][0] for name in names]

    assert await database.read("test", pragmas) == ["wal", 2, 1, 1]
    assert await database.act("test", pragmas) == ["wal", 2, 1, 1]
    await database.close()


async def test_every_act_and_read_is_measured(databases: Databases) -> None:
    """The observer receives the name and the seconds of each, including refused ones."""
    seen: list[tuple[str, float]] = []
    database = Database(url=databases.main_url, observe=lambda name, seconds: seen.append((name, seconds)))
    await database.one("look_up", _SUITE, day="2026-03-01")
    await database.read("read", lambda connection: connection.all(_SUITE, day="2026-03-01"))
    await database.act("twice", _insert_canary)
    with pytest.raises(UnavailableError):
        await database.act("twice", _insert_canary)
    await database.close()
    assert [name for name, _ in seen] == ["look_up", "read", "twice", "twice"]
    assert all(0 < seconds < 60 for _, seconds in seen)


async def test_missing_databases_are_unavailable(databases: Databases, tmp_path: Path) -> None:
    """An unreachable database is STORE_UNAVAILABLE for acts and reads."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'nowhere.sqlite3'}",
        "postgres": f"postgresql://nobody@/nothing?host={tmp_path}",
    }
    database = Database(url=urls[databases.kind], patience=0)
    for way in (database.act, database.read):
        with pytest.raises(UnavailableError) as refused:
            await way("test", _insert_canary)
        assert refused.value.reason is Reason.STORE_UNAVAILABLE
    with pytest.raises(UnavailableError):
        await database.one("test", _SUITE, day="2026-03-01")
    await database.close()
    assert not list(tmp_path.glob("nowhere.sqlite3*"))  # noqa: ASYNC240 - a mistyped path makes no file


async def test_wrong_database_is_unavailable(databases: Databases) -> None:
    """A database without the tables is STORE_UNAVAILABLE too."""
    database = Database(url=databases.shred_url)
    with pytest.raises(UnavailableError):
        await database.one("test", _SUITE, day="2026-03-01")
    await database.close()


async def test_calls_one_after_the_other_share_one_connection(postgres_databases: Databases) -> None:
    """After a burst of connections, sequential calls reuse the last one."""
    database = Database(url=postgres_databases.main_url)
    pid = statement(select(func.pg_backend_pid()), scalar)
    burst = await asyncio.gather(
        *(database.read("test", lambda connection: connection.one(pid)) for _ in range(8))
    )
    assert len(set(burst)) > 1
    assert len({await database.one("test", pid) for _ in range(8)}) == 1
    await database.close()


@pytest.mark.process
def test_no_engine_of_sqlalchemy_is_loaded_by_what_serves_and_works() -> None:
    """SQLAlchemy only compiles statements: its asynchronous engine and greenlet are not even imported."""
    code = (
        "import sys; import idvault.processes.bootstrap.serve, idvault.processes.bootstrap.work;"
        "print([name for name in ('sqlalchemy.ext.asyncio', 'greenlet', 'aiosqlite', 'alembic')"
        " if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


_ADDED = statement(
    upsert(budgets).on_conflict_do_nothing(index_elements=[budgets.c.name]).returning(budgets.c.name), scalar
)


async def test_a_single_statement_is_durable(main_database: Database) -> None:
    """It is stored and returns its first row."""
    assert await main_database.write("test", _ADDED, name="a", next_at=NOW) == "a"
    assert await main_database.write("test", _ADDED, name="a", next_at=NOW) is None
    assert (await World(main_database).counts())["budgets"] == 1


async def test_a_single_statement_is_repeated_after_a_lost_connection(main_database: Database) -> None:
    """It may take effect twice, so it is repeated although nobody knows whether it did."""
    with failing_statement(main_database, number=1, fault=ConnectionResetError()) as seen:
        assert await main_database.write("test", _ADDED, name="a", next_at=NOW) == "a"
    assert len(seen) == 2


async def test_a_broken_single_statement_is_not_repeated(main_database: Database) -> None:
    """A broken constraint stores nothing."""
    added = statement(insert(budgets))
    with failing_statement(main_database, number=9, fault=ConnectionResetError()) as seen:
        with pytest.raises(UnavailableError):
            await main_database.write("test", added, name=None, next_at=NOW)
        assert len(seen) == 1
    assert (await World(main_database).counts())["budgets"] == 0
