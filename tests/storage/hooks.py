"""Faults and holds in the stores' database connections; each reports whether it took effect."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from idvault.core.db.connection import Work, run_through
from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.postgresql_connection import PostgresqlConnection
from idvault.core.db.sqlite import Sqlite
from idvault.core.db.sqlite_connection import SqliteConnection

_RUNS = ("_fetch", "_execute", "_execute_many")
Hook = Callable[[str], None]


def connection_class(database: Database) -> type[Any]:
    """Return the class of a database's connections."""
    return SqliteConnection if isinstance(database._driver, Sqlite) else PostgresqlConnection


@contextmanager
def before_statements(database: Database, hook: Hook) -> Iterator[None]:
    """Call a hook with each statement's text before it is sent; the act gets what the hook raises."""
    kind = connection_class(database)
    with pytest.MonkeyPatch.context() as patch:
        for name in _RUNS:
            patch.setattr(kind, name, _hooked(getattr(kind, name), hook))
        yield


def _hooked(run: Any, hook: Hook) -> Any:
    async def hooked(connection: Any, text: str, arguments: Sequence[Any]) -> Any:
        hook(text)
        return await run(connection, text, arguments)

    return hooked


@contextmanager
def failing_statement(database: Database, *, number: int, fault: Exception) -> Iterator[list[str]]:
    """Make the n-th statement of the block fail before it is sent; yields all texts."""
    seen: list[str] = []

    def count(text: str) -> None:
        seen.append(text)
        if len(seen) == number:
            raise fault

    with before_statements(database, count):
        yield seen


@contextmanager
def failing_commit(database: Database, *, committed: bool) -> Iterator[list[bool]]:
    """Make every commit fail: after it took place and its answer was lost, or before it was sent.

    Yields a list with an item per failed commit.
    """
    fired: list[bool] = []
    kind = connection_class(database)
    commit = kind.commit

    async def broken_postgresql(connection: Any) -> None:
        fired.append(committed)
        if committed:
            await commit(connection)
        raise ConnectionResetError

    def broken_sqlite(connection: Any) -> None:
        fired.append(committed)
        if committed:
            commit(connection)
        raise ConnectionResetError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "commit", broken_sqlite if kind is SqliteConnection else broken_postgresql)
        yield fired


@asynccontextmanager
async def held_act(database: Database, work: Work[Any]) -> AsyncIterator[None]:
    """Keep an act open on a separate connection for the duration of the block; commit it at the end."""
    driver = database._driver
    if isinstance(driver, Postgresql):
        async with driver._connection() as connection:
            await connection.begin()
            await work(connection)
            await connection.send_queued()
            yield
            await connection.commit()
        return
    file = SqliteConnection(driver._path, wait=3, writable=True)
    file.begin("BEGIN IMMEDIATE")
    run_through(work(file))
    yield
    file.commit()
    file.driver.close()
