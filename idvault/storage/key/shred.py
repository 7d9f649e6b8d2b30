"""Shred keys, in a database of their own (ports.sealing.ShredStore)."""

from sqlalchemy import select

from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.dialect import insert_if_absent
from idvault.storage.key.tables import shred_keys

_KEY_SIZE = 32


class SqlShredStore:
    """Shred keys in the shred database. Nothing here overwrites or collects one."""

    def __init__(self, *, database: Database) -> None:
        """Take the shred database."""
        self._database = database

    async def obtain(self, *, account_token: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if absent and read back what is stored."""
        if len(candidate) != _KEY_SIZE:
            raise ValueError("a shred key has 32 bytes")
        return await self._database.act(
            "shred.obtain", lambda connection: _obtain(connection, account_token, candidate)
        )

    async def find(self, *, account_token: str) -> bytes | None:
        """Return the stored key of an account; makes none where there is none (ports.disclosure)."""
        query = select(shred_keys.c.shred_key).where(shred_keys.c.account_token == account_token)

        async def read(connection: Connection) -> bytes | None:
            found: bytes | None = (await connection.execute(query)).scalar_one_or_none()
            return found

        return await self._database.read("shred.find", read)


async def _obtain(connection: Connection, account_token: str, candidate: bytes) -> bytes:
    await insert_if_absent(connection, shred_keys, account_token=account_token, shred_key=candidate)
    query = select(shred_keys.c.shred_key).where(shred_keys.c.account_token == account_token)
    stored: bytes = (await connection.execute(query)).scalar_one()
    return stored
