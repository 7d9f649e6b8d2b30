"""The clock of a database server, to compare with this machine's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from idvault.storage.base import url as address
from idvault.storage.base.database import Database
from idvault.storage.base.statement import Statement, scalar, statement

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
