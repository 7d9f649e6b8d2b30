"""Shred keys, in a separate database (ports.sealing.ShredStore).

SQLite overwrites a row that is deleted, but not the copies of its neighbours that it leaves in a page when it
joins pages which deletions have emptied. So there a destroyed key becomes zeros in its place: rows are only
ever appended, and none is moved.
"""

from dataclasses import dataclass

from sqlalchemy import LargeBinary, delete, literal, select, update

from idvault.core.db.act import act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.key import shred_keys

_KEY_SIZE = 32
_ZEROS = bytes(_KEY_SIZE)

IS_KEPT = shred_keys.c.shred_key != literal(_ZEROS, LargeBinary)
"""The condition that a row has a key, not the zeros of a destroyed one."""
_ADD: Statement[bytes] = statement(
    upsert(shred_keys)
    .on_conflict_do_nothing(index_elements=[shred_keys.c.account_token])
    .returning(shred_keys.c.shred_key),
    scalar,
)
_FIND: Statement[bytes] = statement(
    select(shred_keys.c.shred_key).where(shred_keys.c.account_token == param("token"), IS_KEPT), scalar
)
_OVERWRITE = statement(
    update(shred_keys).where(shred_keys.c.account_token == param("token")).values(shred_key=param("zeros"))
)
_DESTROY = statement(delete(shred_keys).where(shred_keys.c.account_token == param("token")))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlShredStore:
    """Shred keys in the shred database. Only an erasure deletes one, or on SQLite overwrites it."""

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
        if self.database.is_file:
            await connection.run(_OVERWRITE, token=account_token, zeros=_ZEROS)
        else:
            await connection.run(_DESTROY, token=account_token)
