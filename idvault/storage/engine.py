"""One database and its two ways in: acts (one atomic, durable step) and reads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from idvault.domain.error import Reason, UnavailableError
from idvault.storage import url as address
from idvault.storage.failure import FOREIGN, DriverError, describe

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
Observe = Callable[[str, float], None]

_TRIES = 5
_FIRST_PAUSE = 0.01
# SQLite writes one at a time, and Python reads one at a time. Each connection holds a thread, the statements
# that it has prepared and pages of the file: more of them cost memory and answer nobody sooner.
_SQLITE_CONNECTIONS = 4
_POOL_WAIT = 5.0
_CONNECT_WAIT = 5.0
_STATEMENT_WAIT = 10.0
_BUSY_MILLISECONDS = 3_000
# Who waits for the file in another process looks at it every 100 ms at the latest, and would find it locked
# each time while one act follows the other here.
_STRETCH, _BREATH = 3.0, 0.12
_BEGIN = "idvault_begin"
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # What was deleted is overwritten, and the write-ahead log is cut when it begins anew.
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 0",
)


def _ignore(_name: str, _seconds: float) -> None:
    """Measure nothing."""


class Database:
    """A database of one deployment; every foreign exception ends here as UnavailableError.

    observe is told the name and the seconds of each act and read. Must be closed.
    """

    def __init__(self, *, url: str, pool_size: int = 10, observe: Observe = _ignore) -> None:
        """Connect to nothing yet; raises ValueError for an address that is neither SQLite nor PostgreSQL."""
        parsed = address.parse(url)
        self._engine = create(parsed, pool_size=pool_size)
        self._sqlite = address.is_sqlite(parsed)
        self._reads = self._engine if self._sqlite else autocommit(self._engine)
        self._acts = writing(self._engine)
        # SQLite has one writer: those of this process queue here in order instead of polling the file.
        self._writer = asyncio.Lock()
        self._breathed = 0.0
        self._observe = observe

    async def act(self, name: str, work: Work[T]) -> T:
        """Do work in one transaction, durable when this returns; repeat it where the database asks for that.

        Raises UnavailableError (STORE_UNAVAILABLE); domain errors that work raises undo it and pass.
        """
        return await self._measured(name, self._act, work)

    async def read(self, name: str, work: Work[T]) -> T:
        """Do work that changes nothing; raises UnavailableError (STORE_UNAVAILABLE)."""
        return await self._measured(name, self._read, work)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _measured(self, name: str, way: Callable[[Work[T]], Awaitable[T]], work: Work[T]) -> T:
        begun = perf_counter()
        try:
            return await _repeated(way, work)
        finally:
            self._observe(name, perf_counter() - begun)

    async def _act(self, work: Work[T]) -> T:
        async with self._turn(), self._acts.begin() as connection:
            return await work(connection)

    async def _read(self, work: Work[T]) -> T:
        async with self._reads.connect() as connection:
            return await work(connection)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if not self._sqlite:
            yield
            return
        waited = self._writer.locked()
        async with self._writer:
            await self._breathe(waited=waited)
            yield

    async def _breathe(self, *, waited: bool) -> None:
        """Leave the file alone for a moment, after a stretch of acts that each waited for another."""
        if waited and perf_counter() - self._breathed < _STRETCH:
            return
        if waited:
            await asyncio.sleep(_BREATH)
        self._breathed = perf_counter()


async def _repeated(way: Callable[[Work[T]], Awaitable[T]], work: Work[T]) -> T:
    failure: DriverError | None = None
    for attempt in range(_TRIES):
        try:
            return await way(work)
        except FOREIGN as error:
            failure = describe(error)
        if not failure.transient:
            break
        await asyncio.sleep(_FIRST_PAUSE * 2**attempt)
    # Raised outside of the except block: the driver's exception, whose text may hold values, stays behind.
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


def create(url: URL, *, pool_size: int) -> AsyncEngine:
    """Return an engine that is durable at every commit and shows no parameters in its errors."""
    options: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": min(pool_size, _SQLITE_CONNECTIONS) if address.is_sqlite(url) else pool_size,
        "max_overflow": 0,
        # Taken is the one that was used last: a few know all statements, instead of all of them slowly.
        "pool_use_lifo": True,
        "pool_timeout": _POOL_WAIT,
    }
    if not address.is_sqlite(url):
        options["pool_pre_ping"] = True
        options["connect_args"] = {
            "timeout": _CONNECT_WAIT,
            "command_timeout": _STATEMENT_WAIT,
            "server_settings": {"application_name": "idvault", "timezone": "UTC"},
        }
    engine = create_async_engine(url, **options)
    if address.is_sqlite(url):
        event.listen(engine.sync_engine, "do_connect", _require_file)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def autocommit(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for single statements that need no transaction around them."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine for transactions that write."""
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _require_file(_dialect: Any, _record: Any, arguments: list[Any], _options: Any) -> None:
    # The driver would make an empty file out of a mistyped path, and leave a thread behind where it cannot.
    if not Path(arguments[0]).is_file():
        raise FileNotFoundError


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own, half-hearted BEGIN is switched off; _begin_sqlite says it at the right time.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A step that will write takes the write lock first: a read lock cannot be raised without a deadlock.
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
