"""SQLite without threads, for simulations that wait only for their database.

Switching to a thread and back costs several times as much as an act. Here an act runs at once, and its caller
continues in the next turn of the event loop: callers interleave as they do with threads.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from idvault.core.db.database import Database
from idvault.core.db.sqlite import Sqlite
from idvault.core.db.sqlite_connection import SqliteConnection

T = TypeVar("T")


def inline(database: Database) -> None:
    """Switch a SQLite database that has no connection yet to this mode; others are unchanged."""
    driver = database._driver
    if isinstance(driver, Sqlite):
        for name in ("_writer", "_readers"):
            setattr(driver, name, _AtOnce(driver._connect_writer))


class _AtOnce:
    """Replaces the database's threads."""

    def __init__(self, connect: Callable[[], SqliteConnection]) -> None:
        self._connect_writer = connect
        self._connection: SqliteConnection | None = None

    async def run(self, work: Callable[[SqliteConnection], T]) -> T:
        """Run a job at once, then let other callers run."""
        if self._connection is None:
            self._connection = self._connect_writer()
        try:
            return work(self._connection)
        finally:
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.driver.close()
