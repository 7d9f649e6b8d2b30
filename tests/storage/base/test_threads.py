"""Threads of SQLite's connections."""

import asyncio
import sqlite3
from types import SimpleNamespace
from typing import Any, cast

import pytest

from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.db.threads import Threads


def _connection(close: Any) -> SqliteConnection:
    return cast(SqliteConnection, SimpleNamespace(driver=SimpleNamespace(close=close)))


def _fail() -> None:
    raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_connection_that_cannot_be_closed_holds_nobody_up() -> None:
    """Closing ends, and the threads can be used again."""
    threads = Threads(count=2, connect=lambda: _connection(_fail))
    for _ in range(2):
        assert await threads.run(lambda _: 7) == 7
        await asyncio.wait_for(threads.close(), timeout=60)
