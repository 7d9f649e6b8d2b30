"""The clock of a database server, to compare with this machine's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from idvault.core.db import url as address
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement

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
