"""SQLite without threads, for simulations that wait for nothing but their database.

Going to a thread and being woken costs several times what an act does. Here an act is done at once, and
whoever asked for it goes on in the next turn of the event loop: callers come between each other as they do
with threads.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from idvault.storage.base.database import Database
from idvault.storage.base.sqlite import Sqlite
from idvault.storage.base.sqlite_connection import SqliteConnection

T = TypeVar("T")


def inline(database: Database) -> None:
    """Let a SQLite database that has no connection yet work so; nothing changes for any other."""
    driver = database._driver
    if isinstance(driver, Sqlite):
        for name in ("_writer", "_readers"):
            setattr(driver, name, _AtOnce(driver._connect))


class _AtOnce:
    """Stands where the database has threads."""

    def __init__(self, connect: Callable[[], SqliteConnection]) -> None:
        self._connect = connect
        self._connection: SqliteConnection | None = None

    async def run(self, work: Callable[[SqliteConnection], T]) -> T:
        """Do a job at once, and let others come between."""
        if self._connection is None:
            self._connection = self._connect()
        try:
            return work(self._connection)
        finally:
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.driver.close()
