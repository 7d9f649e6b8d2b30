"""The announced versions of the service's keys (key.ports.KeyVersionStore).

The published intake keys, named by day and minute (sealing.ports.DayKeyStore).

Shred keys, in a separate database (sealing.ports.ShredStore).

SQLite overwrites a row that is deleted, but not the copies of its neighbours that it leaves in a page when it
joins pages which deletions have emptied. So there a destroyed key becomes zeros in its place: rows are only
ever appended, and none is moved.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, String, delete, exists, literal, literal_column, select, update

from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.claim import intakes
from idvault.core.tables.key import day_keys, key_versions, shred_keys
from idvault.sealing.key_version import KeyVersion
from idvault.sealing.ports import DayKey
from idvault.verify.event import Event


def _version(row: Any) -> KeyVersion:
    return KeyVersion(row.purpose, row.version, bytes(row.check_value), row.announced_at, row.over_at)


_ALL = statement(select(key_versions).order_by(key_versions.c.purpose, key_versions.c.version), _version)
_ANNOUNCE: Statement[int] = statement(
    upsert(key_versions)
    .on_conflict_do_nothing(index_elements=[key_versions.c.purpose, key_versions.c.version])
    .returning(key_versions.c.version),
    scalar,
)
_END = statement(
    update(key_versions)
    .where(
        key_versions.c.purpose == param("which_purpose"),
        key_versions.c.version == param("which_version"),
        key_versions.c.over_at.is_(None),
    )
    .values(over_at=param("over_at"))
)
_WITHDRAW = statement(
    delete(key_versions).where(
        key_versions.c.purpose == param("which_purpose"),
        key_versions.c.version == param("which_version"),
        key_versions.c.check_value == param("its_check"),
    )
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlKeyVersionStore:
    """Announced versions in the main database."""

    database: Database

    @read("key_version.all")
    async def all(self, connection: Connection) -> list[KeyVersion]:
        """Return every announced version."""
        return await connection.all(_ALL)

    @act("key_version.announce")
    async def announce(self, connection: Connection, key: KeyVersion, *, event: Event) -> bool:
        """Insert if absent, with the event; return whether it was absent."""
        added = await connection.one(
            _ANNOUNCE,
            purpose=key.purpose,
            version=key.version,
            check_value=key.check,
            announced_at=key.announced_at,
            over_at=None,
        )
        if added is not None:
            await log_entry.append(connection, event)
        return added is not None

    @act("key_version.end")
    async def end(self, connection: Connection, key: KeyVersion, *, event: Event) -> bool:
        """Set `over_at` if it is not set, with the event; return whether it was not."""
        ended = await connection.run(
            _END, which_purpose=key.purpose, which_version=key.version, over_at=key.over_at
        )
        if ended:
            await log_entry.append(connection, event)
        return bool(ended)

    @act("key_version.withdraw")
    async def withdraw(self, connection: Connection, key: KeyVersion, *, event: Event) -> bool:
        """Delete the version if it has this check value, with the event; return whether it was there."""
        withdrawn = await connection.run(
            _WITHDRAW, which_purpose=key.purpose, which_version=key.version, its_check=key.check
        )
        if withdrawn:
            await log_entry.append(connection, event)
        return bool(withdrawn)


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


_KEY_SIZE = 32
_ZEROS = bytes(_KEY_SIZE)

IS_KEPT = shred_keys.c.shred_key != literal(_ZEROS, LargeBinary)
"""The condition that a row has a key, not the zeros of a destroyed one."""
_ADD_SHRED: Statement[bytes] = statement(
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
            "shred.obtain", _ADD_SHRED, account_token=account_token, shred_key=candidate
        )
        # Only an erasure deletes a key, and no claim is sealed after one: one that was not added is stored.
        stored = added or await self.find(account_token=account_token)
        if stored is None:
            raise LookupError("a stored shred key is missing")
        return stored

    async def find(self, *, account_token: str) -> bytes | None:
        """Return the stored key of an account, or None; never creates one (disclosure.ports)."""
        return await self.database.one("shred.find", _FIND, token=account_token)

    @act("shred.destroy")
    async def destroy(self, connection: Connection, *, account_token: str) -> None:
        """Delete the key of an account, if there is one; it makes copies of records in backups useless."""
        if self.database.is_file:
            await connection.run(_OVERWRITE, token=account_token, zeros=_ZEROS)
        else:
            await connection.run(_DESTROY, token=account_token)
