"""PostgreSQL through asyncpg: a pool without pings or resets; each connection prepares a statement once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from idvault.core.db.connection import FOREIGN, Commit, T, Work, describe_failure, watched
from idvault.core.db.postgresql_connection import CONNECT_WAIT, PostgresqlConnection, Servers, connect
from idvault.core.db.statement import Statement
from idvault.core.room import Room, RoomPlace

_POOL_WAIT = 5.0
# How long the server may take to stop an abandoned statement; its own limits apply after that.
_CANCEL_WAIT = 2.0


class Postgresql:
    """A pool of connections; the most recently used is taken first, which keeps a few of them warm."""

    def __init__(self, *, servers: Servers, pool_size: int) -> None:
        """Set up without connecting."""
        self._servers = servers
        self._era = 0
        self._room = Room(places=pool_size, wait=_POOL_WAIT)
        self._idle: list[PostgresqlConnection] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def act(self, work: Work[T], commit: Commit) -> T:
        """Run work in one transaction."""
        async with self._connection() as connection:
            await connection.begin()
            try:
                result: T = await watched(connection, work(connection))
                await connection.send_queued()
            except Exception as error:
                if not _leaves_unusable(error):
                    await connection.roll_back()
                raise
            commit.sent = True
            await connection.commit()
            return result

    async def write(self, statement: Statement[T], parameters: Mapping[str, Any]) -> T | None:
        """Run one statement, which commits itself; once sent it is left to take effect, as a COMMIT is."""
        async with self._connection() as connection:
            connection.writable = True
            try:
                return await connection.one(statement, **parameters)
            except (asyncio.CancelledError, TimeoutError):
                connection.driver.terminate()
                raise
            finally:
                connection.writable = False

    async def read(self, work: Work[T]) -> T:
        """Run work; each of its statements sees the newest committed state."""
        async with self._connection() as connection:
            return await watched(connection, work(connection))

    async def find(self, statement: Statement[T], parameters: Mapping[str, Any]) -> list[T]:
        """Return the values of a statement's rows."""
        async with self._connection() as connection:
            return await connection.all(statement, **parameters)

    async def close(self) -> None:
        """Close idle connections now, and the others when they are returned."""
        self._closed = True
        while self._idle:
            await self._idle.pop().driver.close(timeout=CONNECT_WAIT)
        if self._ending:
            await asyncio.wait(self._ending)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PostgresqlConnection]:
        place = await self._room.enter()
        try:
            connection = self._take() or await self._open()
        except BaseException:
            self._room.leave(place)
            raise
        try:
            yield connection
        except (asyncio.CancelledError, TimeoutError):
            self._abandon(connection, place)
            raise
        except BaseException as error:
            if _leaves_unusable(error):
                connection.driver.terminate()
                self._distrust(connection)
            self._give_back(connection, place)
            raise
        self._give_back(connection, place)

    async def _open(self) -> PostgresqlConnection:
        era = self._era
        connection = await connect(self._servers)
        connection.era = era
        return connection

    def _distrust(self, connection: PostgresqlConnection) -> None:
        """Replace every connection that is not newer than a lost one: they may lead to a former leader."""
        if connection.era == self._era:
            self._era += 1
            for idle in self._idle:
                idle.driver.terminate()
            self._idle.clear()

    def _take(self) -> PostgresqlConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_stale():
                return connection
            connection.driver.terminate()
        return None

    def _give_back(self, connection: PostgresqlConnection, place: RoomPlace) -> None:
        self._room.leave(place)
        if self._closed or connection.era < self._era:
            connection.driver.terminate()
        elif not connection.driver.is_closed():
            connection.used_at = monotonic()
            self._idle.append(connection)

    def _abandon(self, connection: PostgresqlConnection, place: RoomPlace) -> None:
        """Stop a statement that nobody waits for; until then its connection counts against the pool."""
        ending = asyncio.create_task(self._end(connection, place))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _end(self, connection: PostgresqlConnection, place: RoomPlace) -> None:
        try:
            # Sends a cancel request and waits until the server obeyed, which terminate() does not.
            await connection.driver.close(timeout=_CANCEL_WAIT)
        except FOREIGN:
            self._distrust(connection)
        finally:
            self._room.leave(place)


def _leaves_unusable(error: BaseException) -> bool:
    """Tell whether the connection is lost or its state unknown."""
    return not isinstance(error, Exception) or isinstance(error, OSError) or describe_failure(error).lost
