"""PostgreSQL through asyncpg: a pool without pings or resets; each connection prepares a statement once."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from idvault.domain.error import Reason, UnavailableError
from idvault.storage.base.connection import Commit, Connection, T, Work, watched
from idvault.storage.base.dialect import Compiled
from idvault.storage.base.failure import DriverError, describe
from idvault.storage.base.statement import Statement

_POOL_WAIT = 5.0
_CONNECT_WAIT = 5.0
_STATEMENT_WAIT = 10.0
# A firewall or proxy on the way to the database may silently drop an idle connection.
_IDLE_LIMIT = 300.0
# More than the number of statements: none is prepared twice on a connection.
_STATEMENTS_KEPT = 1_000


class PostgresqlConnection(Connection):
    """One connection of the pool."""

    def __init__(self, driver: Any) -> None:
        """Wrap an open asyncpg connection."""
        self.driver = driver
        self.used_at = monotonic()

    def compiled(self, statement: Statement[Any]) -> Compiled:
        """Return the statement with $1, $2, … placeholders."""
        return statement.postgresql

    async def _fetch(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Return all rows."""
        self.busy = True
        try:
            rows: Sequence[Sequence[Any]] = await self.driver.fetch(text, *arguments)
        finally:
            self.busy = False
        return rows

    async def _execute(self, text: str, arguments: Sequence[Any]) -> int:
        """Return the number at the end of the command's tag, as in `UPDATE 3`."""
        self.busy = True
        try:
            tag: str = await self.driver.execute(text, *arguments)
        finally:
            self.busy = False
        return int(tag.rpartition(" ")[2])

    async def _execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Send all rows at once."""
        self.busy = True
        try:
            await self.driver.executemany(text, rows)
        finally:
            self.busy = False

    async def begin(self) -> None:
        """Begin a transaction at READ COMMITTED."""
        await self.driver.execute("BEGIN")

    async def commit(self) -> None:
        """Commit the transaction; raises DriverError if the database rolled it back instead."""
        # After a failed statement PostgreSQL answers COMMIT with ROLLBACK, without an error.
        if await self.driver.execute("COMMIT") != "COMMIT":
            raise DriverError("RolledBack")

    async def roll_back(self) -> None:
        """Roll back the transaction."""
        await self.driver.execute("ROLLBACK")

    def is_stale(self) -> bool:
        """Tell whether the connection is closed, or has been idle for so long that it may be."""
        return self.driver.is_closed() or monotonic() - self.used_at > _IDLE_LIMIT


class Postgresql:
    """A pool of connections; the most recently used is taken first, which keeps a few of them warm."""

    def __init__(self, *, address: str, pool_size: int) -> None:
        """Set up without connecting."""
        self._address = address
        self._room = asyncio.Semaphore(pool_size)
        self._idle: list[PostgresqlConnection] = []
        self._closed = False

    async def act(self, work: Work[T], commit: Commit) -> T:
        """Run work in one transaction."""
        async with self._connection() as connection:
            await connection.begin()
            try:
                result: T = await watched(connection, work(connection))
            except Exception as error:
                if not _leaves_unusable(error):
                    await connection.roll_back()
                raise
            commit.sent = True
            await connection.commit()
            return result

    async def read(self, work: Work[T]) -> T:
        """Run work; each of its statements sees the newest committed state."""
        async with self._connection() as connection:
            return await watched(connection, work(connection))

    async def one(self, statement: Statement[T], parameters: Mapping[str, Any]) -> T | None:
        """Return the value of a statement's first row."""
        async with self._connection() as connection:
            return await connection.one(statement, **parameters)

    async def close(self) -> None:
        """Close idle connections now, and the others when they are returned."""
        self._closed = True
        while self._idle:
            await self._idle.pop().driver.close(timeout=_CONNECT_WAIT)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PostgresqlConnection]:
        await self._enter()
        try:
            connection = self._take() or await self._connect()
            try:
                yield connection
            except BaseException as error:
                if _leaves_unusable(error):
                    connection.driver.terminate()
                raise
            finally:
                self._give_back(connection)
        finally:
            self._room.release()

    async def _enter(self) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout(_POOL_WAIT):
                await self._room.acquire()
        except TimeoutError:
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from None

    def _take(self) -> PostgresqlConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_stale():
                return connection
            connection.driver.terminate()
        return None

    async def _connect(self) -> PostgresqlConnection:
        driver = await asyncpg.connect(
            self._address,
            timeout=_CONNECT_WAIT,
            command_timeout=_STATEMENT_WAIT,
            statement_cache_size=_STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            server_settings={"application_name": "idvault", "timezone": "UTC"},
        )
        return PostgresqlConnection(driver)

    def _give_back(self, connection: PostgresqlConnection) -> None:
        if self._closed:
            connection.driver.terminate()
        elif not connection.driver.is_closed():
            connection.used_at = monotonic()
            self._idle.append(connection)


def _leaves_unusable(error: BaseException) -> bool:
    """Tell whether the connection's state is unknown: cancelled or timed out in a statement, or lost."""
    return not isinstance(error, Exception) or isinstance(error, OSError) or describe(error).lost
