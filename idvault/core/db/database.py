"""One database: acts (one durable transaction), reads, look-ups by key, and the clock of its server."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from idvault.core.db import url as address
from idvault.core.db.connection import FOREIGN, Commit, DriverError, T, Work, describe_failure
from idvault.core.db.look_up import KEYS, PARTY, LookUp, LookUps
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.postgresql_connection import Servers
from idvault.core.db.sqlite import Sqlite
from idvault.core.db.statement import Statement, scalar, statement
from idvault_verify.error import Reason, UnavailableError

Observe = Callable[[str, float], None]

_TRIES = 5
_FIRST_PAUSE = 0.01
_LOST_PAUSE = 0.1
_PATIENCE = 3.0


def _ignore(_name: str, _seconds: float) -> None:
    """No-op observer."""


class Database:
    """The database of one deployment; turns every driver exception into UnavailableError.

    name: main or shred, for the log. observe receives the name and the seconds of each act and read.
    patience: for how many seconds to retry while the database is unreachable, for example while PostgreSQL
    restarts. coalesce: whether concurrent look-ups share a read. Must be closed.
    """

    def __init__(
        self,
        *,
        url: str,
        name: str = "",
        pool_size: int = 10,
        observe: Observe = _ignore,
        patience: float = _PATIENCE,
        coalesce: bool = True,
    ) -> None:
        """Set up without connecting; raises ValueError unless the address is SQLite or PostgreSQL."""
        parsed = address.parse(url)
        self._driver: Sqlite | Postgresql
        if parsed.servers:
            self._driver = Postgresql(servers=Servers(parsed.servers), pool_size=pool_size)
        else:
            self._driver = Sqlite(path=Path(str(parsed.file)))
        self._name = name
        self._observe = observe
        self._patience = patience
        self._look_ups = LookUps(read=self._read_keys) if coalesce else None

    async def act(self, name: str, work: Work[T]) -> T:
        """Run work in one transaction, durable when this returns.

        It is retried after a conflict, or if the connection was lost before COMMIT was sent. After COMMIT it
        is never retried, since it may be durable. Raises UnavailableError (STORE_UNAVAILABLE). A domain error
        raised by work rolls the transaction back. Raises SuspendedError if work awaits anything else.
        """
        return await self._repeated(name, lambda commit: self._driver.act(work, commit))

    async def write(self, name: str, statement: Statement[T], /, **parameters: Any) -> T | None:
        """Run one statement that may safely take effect twice, durably; return the value of its first row.

        PostgreSQL needs no BEGIN and COMMIT for it. Retried although an earlier try may be durable. Raises
        UnavailableError (STORE_UNAVAILABLE).
        """
        return await self._repeated(name, lambda _: self._driver.write(statement, parameters))

    async def read(self, name: str, work: Work[T]) -> T:
        """Run work that changes nothing; raises UnavailableError (STORE_UNAVAILABLE) and SuspendedError."""
        return await self._repeated(name, lambda _: self._driver.read(work))

    async def one(self, name: str, statement: Statement[T], /, **parameters: Any) -> T | None:
        """Return the value of a statement that has at most one row, or None.

        For single rows found by an index: SQLite runs it on the event loop. Raises UnavailableError.
        """
        found = await self._repeated(name, lambda _: self._driver.find(statement, parameters))
        return found[0] if found else None

    async def get(self, look_up: LookUp[T], party: str, key: str) -> T | None:
        """Return a relying party's value with this key, or None; raises UnavailableError.

        It is the value as of now or later. Those of one turn of the event loop share a read; SQLite runs it
        on the event loop.
        """
        if self._look_ups is not None:
            return await self._look_ups.get(look_up, party, key)
        found = await self._read_keys(look_up, party, [key])
        return found[0] if found else None

    @property
    def is_file(self) -> bool:
        """Return whether this is SQLite."""
        return isinstance(self._driver, Sqlite)

    async def empty_log(self) -> bool:
        """Empty SQLite's write-ahead log, so that no file of the database holds what was deleted.

        Returns False while somebody reads what was before. PostgreSQL has no log of one database: True, and
        key.store.rewriting looks after that. Raises UnavailableError (STORE_UNAVAILABLE).
        """
        driver = self._driver
        if isinstance(driver, Postgresql):
            return True
        return await self._repeated("database.empty_log", lambda _: driver.empty_log())

    async def close(self) -> None:
        """Close every connection, after the look-ups that have begun."""
        if self._look_ups is not None:
            await self._look_ups.close()
        await self._driver.close()

    async def _read_keys(self, look_up: LookUp[T], party: str, keys: Sequence[str]) -> list[T]:
        statement, parameters = look_up.statement, {KEYS: keys, PARTY: party}
        return await self._repeated(look_up.name, lambda _: self._driver.find(statement, parameters))

    async def _repeated(self, name: str, way: Callable[[Commit], Awaitable[T]]) -> T:
        begun = perf_counter()
        tries = 0
        try:
            while True:
                commit = Commit()
                try:
                    return await way(commit)
                except (*FOREIGN, DriverError) as error:
                    failure = error if isinstance(error, DriverError) else describe_failure(error)
                tries += 1
                pause = self._pause(failure, tries, perf_counter() - begun)
                if commit.sent or pause is None:
                    break
                await asyncio.sleep(pause)
        finally:
            self._observe(name, perf_counter() - begun)
        failure.database = self._name
        # Raised outside the except block: the driver's exception may hold values and must not be chained.
        raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure

    def _pause(self, failure: DriverError, tries: int, seconds: float) -> float | None:
        """Return how long to wait before the next try, or None to give up."""
        if failure.conflict and tries < _TRIES:
            return _FIRST_PAUSE * 2.0 ** (tries - 1)
        if failure.lost and seconds < self._patience:
            return _LOST_PAUSE if tries > 1 else 0.0
        return None


_NOW: Statement[datetime] = statement(select(func.clock_timestamp()), scalar)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlServerClock:
    """The clock of one database. url: of that database."""

    database: Database
    url: str

    async def read(self) -> datetime | None:
        """Return the server's time, None for SQLite, which has this machine's clock.

        Raises UnavailableError (STORE_UNAVAILABLE).
        """
        if address.is_sqlite(address.parse(self.url)):
            return None
        return await self.database.one("clock.read", _NOW)
