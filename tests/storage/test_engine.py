"""Acts and reads of a database: durability, retries, and errors that carry no value."""

import asyncio
import sqlite3
import traceback
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from idvault.domain.error import Reason, UnavailableError
from idvault.storage import engine
from idvault.storage.engine import Database
from idvault.storage.failure import DriverError
from idvault.storage.schema import budgets, day_keys
from tests.support.databases import Databases
from tests.support.storage_world import NOW, World

CANARY = "canary-370000"


async def _insert_canary(connection: AsyncConnection) -> None:
    await connection.execute(insert(day_keys).values(day="2026-03-01", suite=CANARY, public_key=b"k"))


def _everything_said(error: BaseException) -> str:
    said, queue = "", [error]
    while queue:
        one = queue.pop()
        said += "".join(traceback.format_exception(one)) + repr(one)
        queue += [other for other in (one.__cause__, one.__context__) if other is not None]
    return said


async def test_driver_errors_carry_no_values(main_database: Database) -> None:
    """What a broken constraint, a wrong statement and a wrong value raise repeats no value anywhere."""

    async def repeat_key(connection: AsyncConnection) -> None:
        values = {"day": CANARY[:10], "suite": CANARY, "public_key": CANARY.encode()}
        for _ in range(2):
            await connection.execute(insert(day_keys).values(**values))

    async def unknown_table(connection: AsyncConnection) -> None:
        await connection.execute(text("SELECT :value FROM nothing"), {"value": CANARY})

    async def wrong_value(connection: AsyncConnection) -> None:
        await connection.execute(insert(budgets).values(name=[CANARY], next_at=NOW))

    for work in (repeat_key, unknown_table, wrong_value):
        with pytest.raises(UnavailableError) as refused:
            await main_database.act("test", work)
        assert refused.value.reason is Reason.STORE_UNAVAILABLE
        assert isinstance(refused.value.__cause__, DriverError)
        assert CANARY[:10] not in _everything_said(refused.value)


async def test_domain_errors_undo_the_act(main_database: Database) -> None:
    """What work raises itself passes unchanged, and nothing is written."""

    async def refuse(connection: AsyncConnection) -> None:
        await _insert_canary(connection)
        raise LookupError("refused")

    with pytest.raises(LookupError, match="refused"):
        await main_database.act("test", refuse)
    assert (await World(main_database).counts())["day_keys"] == 0


async def test_cancelled_act_is_undone_and_leaves_the_store_working(main_database: Database) -> None:
    """A caller who goes away in the middle of an act leaves neither rows nor a lock."""
    begun = asyncio.Event()

    async def hang(connection: AsyncConnection) -> None:
        await _insert_canary(connection)
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(main_database.act("test", hang))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await main_database.act("test", _insert_canary)
    assert (await World(main_database).counts())["day_keys"] == 1


async def test_transient_conflicts_are_repeated(main_database: Database) -> None:
    """An act that the database asks to repeat is done again from its beginning, a few times."""
    tries = 0

    async def conflict_twice(connection: AsyncConnection) -> int:
        nonlocal tries
        tries += 1
        await _insert_canary(connection)
        if tries < 3:
            await _conflict(connection)
        return tries

    assert await main_database.act("test", conflict_twice) == 3
    assert (await World(main_database).counts())["day_keys"] == 1


async def test_lasting_conflict_is_unavailable(main_database: Database) -> None:
    """A conflict that does not end is told after a few tries, with its code."""
    tries = 0

    async def conflict(connection: AsyncConnection) -> None:
        nonlocal tries
        tries += 1
        await _conflict(connection)

    with pytest.raises(UnavailableError) as refused:
        await main_database.act("test", conflict)
    assert tries == 5
    assert str(refused.value.__cause__).split()[-1] in ("40001", str(sqlite3.SQLITE_BUSY))


async def _conflict(connection: AsyncConnection) -> None:
    """Meet the very error that a serialization failure or a busy file gives."""
    if connection.dialect.name == "postgresql":
        raise_it = "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$"
        await connection.execute(text(raise_it))
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise error


async def test_busy_file_is_waited_for(sqlite_databases: Databases) -> None:
    """Another process that holds SQLite's write lock for a moment delays an act, and fails none."""
    database = Database(url=sqlite_databases.main_url)
    other = sqlite3.connect(sqlite_databases.main_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(database.act("test", _insert_canary))
    await asyncio.wait([task], timeout=0.1)
    assert not task.done()
    assert (await World(database).counts())["day_keys"] == 0  # readers are not held up
    other.execute("COMMIT")
    other.close()
    await task
    await database.close()


async def test_a_crowd_of_acts_leaves_the_file_to_others(
    sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one act follows the other for long, a process that looks at the file at times finds it free."""
    monkeypatch.setattr(engine, "_STRETCH", 0.5)
    database = Database(url=sqlite_databases.main_url)
    other = sqlite3.connect(
        sqlite_databases.main_url.removeprefix("sqlite:///"), timeout=0, isolation_level=None
    )

    async def slowly(connection: AsyncConnection) -> None:
        await asyncio.sleep(0.3)

    crowd = [asyncio.create_task(database.act("test", slowly)) for _ in range(10)]
    await asyncio.sleep(0.1)
    while True:
        try:
            other.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError:
            await asyncio.sleep(0.1)
    assert not crowd[-1].done()
    other.execute("COMMIT")
    other.close()
    await asyncio.gather(*crowd)
    await database.close()


async def test_sqlite_is_durable_and_strict(sqlite_databases: Databases) -> None:
    """Every connection keeps a write-ahead log, syncs at each commit and checks foreign keys."""
    database = Database(url=sqlite_databases.main_url)

    async def pragmas(connection: AsyncConnection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [(await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in names]

    assert await database.read("test", pragmas) == ["wal", 2, 1]
    assert await database.act("test", pragmas) == ["wal", 2, 1]
    await database.close()


async def test_every_act_and_read_is_measured(databases: Databases) -> None:
    """The observer is told the name and the seconds of each, refused ones too."""
    seen: list[tuple[str, float]] = []
    database = Database(url=databases.main_url, observe=lambda name, seconds: seen.append((name, seconds)))
    await World(database).day_keys.newest(day="2026-03-01")
    await database.act("twice", _insert_canary)
    with pytest.raises(UnavailableError):
        await database.act("twice", _insert_canary)
    await database.close()
    assert [name for name, _ in seen] == ["day_key.newest", "twice", "twice"]
    assert all(0 < seconds < 60 for _, seconds in seen)


async def test_missing_databases_are_unavailable(databases: Databases, tmp_path: Path) -> None:
    """A database that cannot be reached is STORE_UNAVAILABLE for acts and reads."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'nowhere.sqlite3'}",
        "postgres": f"postgresql://nobody@/nothing?host={tmp_path}",
    }
    database = Database(url=urls[databases.kind])
    for way in (database.act, database.read):
        with pytest.raises(UnavailableError) as refused:
            await way("test", _select)
        assert refused.value.reason is Reason.STORE_UNAVAILABLE
    await database.close()
    assert "nowhere.sqlite3" not in _files(tmp_path)  # a mistyped path makes no file


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def _select(connection: AsyncConnection) -> None:
    await connection.execute(select(day_keys))


async def test_wrong_database_name_is_unavailable(databases: Databases) -> None:
    """A database without tables is STORE_UNAVAILABLE too."""
    database = Database(url=databases.shred_url)
    with pytest.raises(UnavailableError):
        await database.read("test", _select)
    await database.close()


async def test_calls_one_after_the_other_share_one_connection(main_database: Database) -> None:
    """However many connections a burst has opened, afterwards the one that was used last is used again."""
    await asyncio.gather(*(main_database.read("test", _on) for _ in range(8)))
    assert len({await main_database.read("test", _on) for _ in range(8)}) == 1


async def test_sqlite_opens_few_connections(sqlite_databases: Databases) -> None:
    """A burst of reads is answered on four connections of SQLite, since each of them costs memory."""
    database = Database(url=sqlite_databases.main_url)
    assert len(set(await asyncio.gather(*(database.read("test", _on) for _ in range(40))))) == 4
    await database.close()


async def _on(connection: AsyncConnection) -> object:
    """Return which connection of the driver this is, once others had the time to come meanwhile."""
    await connection.execute(text("SELECT 1"))
    await asyncio.sleep(0.01)
    return (await connection.get_raw_connection()).driver_connection
