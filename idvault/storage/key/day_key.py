"""The published intake keys, named by days and minutes (ports.sealing.DayKeyStore)."""

from typing import Any

from sqlalchemy import Row, delete, exists, select

from idvault.ports.sealing import DayKey
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.claim.tables import intakes
from idvault.storage.dialect import insert_if_absent
from idvault.storage.key.tables import day_keys


class SqlDayKeyStore:
    """Public intake keys in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent; return the key that is published under that name."""
        return await self._database.act("day_key.publish", lambda connection: _publish(connection, key))

    async def newest(self, *, day: str) -> DayKey | None:
        """Return the key of a day that came last."""
        return await self._database.read("day_key.newest", lambda connection: _newest(connection, day))

    async def names(self) -> list[str]:
        """Return the name of every published key, in order."""
        return await self._database.read("day_key.names", _names)

    async def is_needed(self, *, day: str) -> bool:
        """Tell whether a waiting claim is sealed to the key of this name."""
        return await self._database.read("day_key.is_needed", lambda connection: _is_needed(connection, day))

    async def forget(self, *, day: str) -> None:
        """Delete the public key of this name."""
        await self._database.act("day_key.forget", lambda connection: _forget(connection, day))


async def _publish(connection: Connection, key: DayKey) -> DayKey:
    await insert_if_absent(connection, day_keys, day=key.day, suite=key.suite, public_key=key.public_key)
    row = (await connection.execute(select(day_keys).where(day_keys.c.day == key.day))).one()
    return _day_key(row)


async def _newest(connection: Connection, day: str) -> DayKey | None:
    query = (
        select(day_keys)
        .where(day_keys.c.day.startswith(day, autoescape=True))
        .order_by(day_keys.c.day.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else _day_key(row)


async def _names(connection: Connection) -> list[str]:
    return sorted((await connection.execute(select(day_keys.c.day))).scalars())


async def _is_needed(connection: Connection, day: str) -> bool:
    query = select(exists().where(intakes.c.day == day))
    return bool((await connection.execute(query)).scalar_one())


async def _forget(connection: Connection, day: str) -> None:
    await connection.execute(delete(day_keys).where(day_keys.c.day == day))


def _day_key(row: Row[Any]) -> DayKey:
    return DayKey(row.day, row.suite, row.public_key)
