"""The announced versions of the service's keys, the published intake keys, and the shred keys.

SQLite overwrites a row that is deleted, but not the copies of its neighbours that it leaves in a page when it
joins pages which deletions have emptied. So there a destroyed shred key becomes zeros in its place: rows are
only ever appended, and none is moved.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String, delete, exists, literal, literal_column, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.claim import intakes
from idvault.core.tables.key import day_keys, key_versions, shred_keys
from idvault.sealing.key_version import KeyVersion
from idvault.sealing.ports import DayKey


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


async def announced(connection: Connection) -> list[KeyVersion]:
    """Return every announced version."""
    return await connection.all(_ALL)


async def announce(connection: Connection, key: KeyVersion) -> bool:
    """Insert a version if it is absent; return whether it was."""
    added = await connection.one(
        _ANNOUNCE,
        purpose=key.purpose,
        version=key.version,
        check_value=key.check,
        announced_at=key.announced_at,
        over_at=None,
    )
    return added is not None


async def end(connection: Connection, key: KeyVersion, *, over_at: datetime) -> bool:
    """Set `over_at` if it is not set; return whether it was not."""
    ended = await connection.run(_END, which_purpose=key.purpose, which_version=key.version, over_at=over_at)
    return bool(ended)


async def withdraw(connection: Connection, key: KeyVersion) -> bool:
    """Delete the version if it has this check value; return whether it was there."""
    withdrawn = await connection.run(
        _WITHDRAW, which_purpose=key.purpose, which_version=key.version, its_check=key.check
    )
    return bool(withdrawn)


def _day_key(row: Any) -> DayKey:
    return DayKey(row.day, row.suite, row.public_key)


_ADD_DAY_KEY = statement(
    upsert(day_keys).on_conflict_do_nothing(index_elements=[day_keys.c.day]).returning(*day_keys.c), _day_key
)
_GET_DAY_KEY = statement(select(day_keys).where(day_keys.c.day == param("day")), _day_key)
NEWEST_DAY_KEY = statement(
    select(day_keys)
    .where(day_keys.c.day.startswith(param("day", String)))
    .order_by(day_keys.c.day.desc())
    .limit(literal_column("1")),
    _day_key,
)
_DAY_KEY_NAMES: Statement[str] = statement(select(day_keys.c.day), scalar)
IS_NEEDED: Statement[bool] = statement(select(exists().where(intakes.c.day == param("day"))), scalar)
_FORGET_DAY_KEY = statement(delete(day_keys).where(day_keys.c.day == param("day")))


async def publish_day_key(connection: Connection, key: DayKey) -> DayKey:
    """Insert a key if absent; return the key that is published under its name."""
    added = await connection.one(_ADD_DAY_KEY, day=key.day, suite=key.suite, public_key=key.public_key)
    return key if added is not None else await connection.only(_GET_DAY_KEY, day=key.day)


async def day_key_names(connection: Connection) -> list[str]:
    """Return the name of every published key, in order."""
    return sorted(await connection.all(_DAY_KEY_NAMES))


async def forget_day_key(connection: Connection, day: str) -> None:
    """Delete the public key of this name."""
    await connection.run(_FORGET_DAY_KEY, day=day)


_ZEROS = bytes(32)

IS_KEPT = shred_keys.c.shred_key != literal(_ZEROS, LargeBinary)
"""The condition that a row has a key, not the zeros of a destroyed one."""
OBTAIN_SHRED: Statement[bytes] = statement(
    upsert(shred_keys)
    .on_conflict_do_nothing(index_elements=[shred_keys.c.account_token])
    .returning(shred_keys.c.shred_key),
    scalar,
)
FIND_SHRED: Statement[bytes] = statement(
    select(shred_keys.c.shred_key).where(shred_keys.c.account_token == param("token"), IS_KEPT), scalar
)
HAS_SHRED: Statement[bool] = statement(
    select(exists().where(shred_keys.c.account_token == param("token"), IS_KEPT)), scalar
)
_OVERWRITE_SHRED = statement(
    update(shred_keys).where(shred_keys.c.account_token == param("token")).values(shred_key=param("zeros"))
)
_DESTROY_SHRED = statement(delete(shred_keys).where(shred_keys.c.account_token == param("token")))


async def destroy_shred(connection: Connection, account_token: str, *, is_file: bool) -> None:
    """Delete the key of an account, if there is one; is_file: of a SQLite database, which overwrites it."""
    if is_file:
        await connection.run(_OVERWRITE_SHRED, token=account_token, zeros=_ZEROS)
    else:
        await connection.run(_DESTROY_SHRED, token=account_token)
