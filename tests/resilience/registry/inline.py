"""SQLite without the driver's threads, for simulations that wait for nothing but their database.

The driver hands every call to a thread and waits to be woken, which costs several times what the call does.
Here a call is made at once, and whoever made it goes on in the next turn of the event loop: callers come
between each other's statements as they do with threads.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aiosqlite
from sqlalchemy import event

from idvault.storage.engine import Database

_Call = tuple[asyncio.Future[Any] | None, Callable[[], Any]]


def inline(database: Database) -> None:
    """Let a SQLite database that has no connection yet work so; nothing changes for any other."""
    engine = database._engine.sync_engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _use)


def _use(_dialect: Any, _record: Any, _arguments: list[Any], options: dict[str, Any]) -> None:
    options["async_creator_fn"] = _connect


def _connect(*arguments: Any, **options: Any) -> aiosqlite.Connection:
    connection = aiosqlite.connect(*arguments, **options)
    driver: Any = connection
    driver._tx = driver._thread = _AtOnce()
    return connection


class _AtOnce:
    """Stands where the driver has a thread and the queue to it."""

    def start(self) -> None:
        """Start nothing."""

    def put_nowait(self, call: _Call) -> None:
        """Make a call; its future has the outcome in the next turn of the loop."""
        future, function = call
        try:
            result, failure = function(), None
        except Exception as error:
            result, failure = None, error
        if future is not None:
            future.get_loop().call_soon(_tell, future, result, failure)


def _tell(future: asyncio.Future[Any], result: object, failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
