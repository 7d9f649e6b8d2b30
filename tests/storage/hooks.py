"""Faults and holds at the very connections that the stores use; each tells whether it took place."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from idvault.storage.base.connection import Work, run_through
from idvault.storage.base.database import Database
from idvault.storage.base.postgresql import Postgresql, PostgresqlConnection
from idvault.storage.base.sqlite import Sqlite
from idvault.storage.base.sqlite_connection import SqliteConnection

_RUNS = ("_fetch", "_execute", "_execute_many")
Hook = Callable[[str], None]


def connection_class(database: Database) -> type[Any]:
    """Return the class of a database's connections."""
    return SqliteConnection if isinstance(database._driver, Sqlite) else PostgresqlConnection


@contextmanager
def before_statements(database: Database, hook: Hook) -> Iterator[None]:
    """Call a hook with the text of each statement before it is sent; what the hook raises, the act meets."""
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
    """Let the n-th statement of the block fail before it is sent; what is yielded has all texts."""
    seen: list[str] = []

    def count(text: str) -> None:
        seen.append(text)
        if len(seen) == number:
            raise fault

    with before_statements(database, count):
        yield seen


@contextmanager
def failing_commit(database: Database, *, committed: bool) -> Iterator[list[bool]]:
    """Let every commit fail: after it took place and its answer was lost, or before it was sent.

    What is yielded has an item for each commit that failed.
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
    """Keep an act open for the length of the block, on a connection of its own; commit it at the end."""
    driver = database._driver
    if isinstance(driver, Postgresql):
        async with driver._connection() as connection:
            await connection.begin()
            await work(connection)
            yield
            await connection.commit()
        return
    file = SqliteConnection(driver._path, patient=True)
    file.begin("BEGIN IMMEDIATE")
    run_through(work(file))
    yield
    file.commit()
    file.driver.close()
