"""Shred keys, in a separate database (ports.sealing.ShredStore)."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from idvault.storage.base.act import act
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.statement import Statement, param, scalar, statement, upsert
from idvault.storage.key.tables import shred_keys

_KEY_SIZE = 32

_ADD: Statement[bytes] = statement(
    upsert(shred_keys)
    .on_conflict_do_nothing(index_elements=[shred_keys.c.account_token])
    .returning(shred_keys.c.shred_key),
    scalar,
)
_FIND: Statement[bytes] = statement(
    select(shred_keys.c.shred_key).where(shred_keys.c.account_token == param("token")), scalar
)
_DESTROY = statement(delete(shred_keys).where(shred_keys.c.account_token == param("token")))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlShredStore:
    """Shred keys in the shred database. Nothing overwrites one, and only an erasure deletes one."""

    database: Database

    async def obtain(self, *, account_token: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if absent; return the stored key."""
        if len(candidate) != _KEY_SIZE:
            raise ValueError("a shred key must have 32 bytes")
        added = await self.database.write(
            "shred.obtain", _ADD, account_token=account_token, shred_key=candidate
        )
        # Only an erasure deletes a key, and no claim is sealed after one: one that was not added is stored.
        stored = added or await self.find(account_token=account_token)
        if stored is None:
            raise LookupError("a stored shred key is missing")
        return stored

    async def find(self, *, account_token: str) -> bytes | None:
        """Return the stored key of an account, or None; never creates one (ports.disclosure)."""
        return await self.database.one("shred.find", _FIND, token=account_token)

    @act("shred.destroy")
    async def destroy(self, connection: Connection, *, account_token: str) -> None:
        """Delete the key of an account, if there is one (ports.erasure)."""
        await connection.run(_DESTROY, token=account_token)
