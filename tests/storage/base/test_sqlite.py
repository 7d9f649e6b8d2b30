"""SQLite's own: the turn among processes, and what happens to a connection after an error."""

import fcntl
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from idvault.core.db import sqlite
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.sqlite import Sqlite, Turn
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.key import day_keys
from idvault_verify.error import Reason, UnavailableError
from tools.support.databases import Databases

_INSERT = statement(insert(day_keys))
_LOOK = select(day_keys.c.suite).where(day_keys.c.day == param("day"))
_SUITE = statement(_LOOK, scalar)


async def _insert(connection: Connection) -> None:
    await connection.run(_INSERT, day="2026-03-01", suite="s", public_key=b"k")


async def test_waiting_for_the_turn_to_write_ends(
    sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process keeps the turn, an act is STORE_UNAVAILABLE, and reads go on."""
    monkeypatch.setattr(sqlite, "_TURN_WAIT", 0.05)
    database = Database(url=sqlite_databases.main_url)
    path = Path(sqlite_databases.main_url.removeprefix("sqlite:///"))
    other = Turn(path.with_name(path.name + "-turn"))
    assert other.take(timeout=0)
    with pytest.raises(UnavailableError) as refused:
        await database.act("test", _insert)
    assert refused.value.reason is Reason.STORE_UNAVAILABLE
    assert await database.one("test", _SUITE, day="2026-03-01") is None
    other.give()
    other.close()
    monkeypatch.setattr(sqlite, "_TURN_WAIT", 3.0)
    await database.act("test", _insert)
    assert await database.one("test", _SUITE, day="2026-03-01") == "s"
    await database.close()


def _refuse(_row: Any) -> str:
    raise ValueError("this row means nothing")


async def test_a_read_of_one_row_that_fails_closes_its_connection(sqlite_databases: Databases) -> None:
    """Whatever raised: the driver, a wrong parameter or the conversion of the row; the next read works."""
    database = Database(url=sqlite_databases.main_url)
    await database.act("test", _insert)
    failures: list[tuple[type[Exception], Any, dict[str, Any]]] = [
        (TypeError, _SUITE, {"wrong": 1}),
        (ValueError, statement(_LOOK, _refuse), {"day": "2026-03-01"}),
        (UnavailableError, _SUITE, {"day": object()}),
    ]
    for error, failing, parameters in failures:
        assert await database.one("test", _SUITE, day="2026-03-01") == "s"
        used = _inline(database)
        assert used is not None
        with pytest.raises(error):
            await database.one("test", failing, **parameters)
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            used.driver.execute("SELECT 1")
    assert await database.one("test", _SUITE, day="2026-03-01") == "s"
    await database.close()


def _inline(database: Database) -> SqliteConnection | None:
    driver = database._driver
    assert isinstance(driver, Sqlite)
    return driver._inline


def test_a_connection_that_cannot_be_set_up_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is no database leaves no open handle."""
    path = tmp_path / "text.sqlite3"
    path.write_text("this is not a database, however long one reads it" * 20)
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remember(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remember)
    with pytest.raises(sqlite3.DatabaseError):
        SqliteConnection(path, wait=0)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_a_turn_goes_to_whoever_waited(tmp_path: Path) -> None:
    """A process that writes one act after the other does not overtake one that waits."""
    busy, other = Turn(tmp_path / "turn"), Turn(tmp_path / "turn")
    order: list[str] = []

    def wait_for_it() -> None:
        assert other.take(timeout=60)
        order.append("other")
        other.give()

    assert busy.take(timeout=0)
    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    until = time.monotonic() + 60
    while not _is_next(tmp_path / "turn-next"):
        assert time.monotonic() < until
        time.sleep(0.005)
    busy.give()
    assert busy.take(timeout=60)
    order.append("busy")
    busy.give()
    waiting.join()
    assert order == ["other", "busy"]
    busy.close()
    other.close()


def _is_next(path: Path) -> bool:
    """Tell whether somebody has the place of the next in line."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
