"""The published intake keys, one for each day (ports.sealing.DayKeyStore)."""

from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from idvault.ports.sealing import DayKey
from idvault.storage.dialect import insert_if_absent
from idvault.storage.engine import Database
from idvault.storage.schema import day_keys


class SqlDayKeyStore:
    """Public day keys in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent; return the key that is published for that day."""
        return await self._database.act("day_key.publish", lambda connection: _publish(connection, key))

    async def get(self, *, day: str) -> DayKey | None:
        """Return the published key of a day."""
        return await self._database.read("day_key.get", lambda connection: _get(connection, day))

    async def forget(self, *, before: str) -> None:
        """Delete the public keys of days before a day."""
        await self._database.act("day_key.forget", lambda connection: _forget(connection, before))


async def _publish(connection: AsyncConnection, key: DayKey) -> DayKey:
    await insert_if_absent(connection, day_keys, day=key.day, suite=key.suite, public_key=key.public_key)
    row = (await connection.execute(select(day_keys).where(day_keys.c.day == key.day))).one()
    return _day_key(row)


async def _get(connection: AsyncConnection, day: str) -> DayKey | None:
    row = (await connection.execute(select(day_keys).where(day_keys.c.day == day))).first()
    return None if row is None else _day_key(row)


async def _forget(connection: AsyncConnection, before: str) -> None:
    await connection.execute(delete(day_keys).where(day_keys.c.day < before))


def _day_key(row: Row[Any]) -> DayKey:
    return DayKey(row.day, row.suite, row.public_key)
