"""The published intake keys, named by day and minute (ports.sealing.DayKeyStore)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, delete, exists, literal_column, select

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.claim import intakes
from idvault.core.tables.key import day_keys
from idvault.sealing.ports import DayKey


def _day_key(row: Any) -> DayKey:
    return DayKey(row.day, row.suite, row.public_key)


_ADD = statement(
    upsert(day_keys).on_conflict_do_nothing(index_elements=[day_keys.c.day]).returning(*day_keys.c), _day_key
)
_GET = statement(select(day_keys).where(day_keys.c.day == param("day")), _day_key)
_NEWEST = statement(
    select(day_keys)
    .where(day_keys.c.day.startswith(param("day", String)))
    .order_by(day_keys.c.day.desc())
    .limit(literal_column("1")),
    _day_key,
)
_NAMES: Statement[str] = statement(select(day_keys.c.day), scalar)
_IS_NEEDED: Statement[bool] = statement(select(exists().where(intakes.c.day == param("day"))), scalar)
_FORGET = statement(delete(day_keys).where(day_keys.c.day == param("day")))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlDayKeyStore:
    """Public intake keys in the main database."""

    database: Database

    @act("day_key.publish")
    async def publish(self, connection: Connection, key: DayKey) -> DayKey:
        """Insert a key if absent; return the key that is published under its name."""
        if await connection.one(_ADD, day=key.day, suite=key.suite, public_key=key.public_key) is not None:
            return key
        (published,) = await connection.all(_GET, day=key.day)
        return published

    async def newest(self, *, day: str) -> DayKey | None:
        """Return the newest key of a day."""
        return await self.database.one("day_key.newest", _NEWEST, day=day)

    @read("day_key.names")
    async def names(self, connection: Connection) -> list[str]:
        """Return the name of every published key, in order."""
        return sorted(await connection.all(_NAMES))

    async def is_needed(self, *, day: str) -> bool:
        """Tell whether a waiting claim is sealed to the key of this name."""
        return await self.database.one("day_key.is_needed", _IS_NEEDED, day=day) is True

    @act("day_key.forget")
    async def forget(self, connection: Connection, *, day: str) -> None:
        """Delete the public key of this name."""
        await connection.run(_FORGET, day=day)
