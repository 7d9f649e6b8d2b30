"""The announced versions of the service's keys, the published intake keys, and the shred keys.

SQLite overwrites a row that is deleted, but not the copies of its neighbours that it leaves in a page when it
joins pages which deletions have emptied. So there a destroyed shred key becomes zeros in its place: rows are
only ever appended, and none is moved.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    LargeBinary,
    String,
    delete,
    exists,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among_words
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.claim import intakes
from idvault.core.tables.key import day_keys, key_versions, record_keys, shred_keys
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

IS_KEPT = record_keys.c.shred_key != literal(_ZEROS, LargeBinary)
"""The condition that a row has a key, not the zeros of a destroyed one."""
IS_SHARED = shred_keys.c.shred_key != literal(_ZEROS, LargeBinary)
"""The same for the key that an account's versions of before share."""
_ACCOUNT = record_keys.c.account_token == param("token")
_VERSION = _ACCOUNT & (record_keys.c.record_id == param("record_id"))
_SHARED = shred_keys.c.account_token == param("token")
OBTAIN_SHRED: Statement[bytes] = statement(
    upsert(record_keys)
    .on_conflict_do_nothing(index_elements=[record_keys.c.account_token, record_keys.c.record_id])
    .returning(record_keys.c.shred_key),
    scalar,
)
FIND_SHRED: Statement[bytes] = statement(
    select(record_keys.c.shred_key)
    .where(_VERSION, IS_KEPT)
    .union_all(
        select(shred_keys.c.shred_key).where(_SHARED, IS_SHARED, ~exists().where(_VERSION)),
    ),
    scalar,
)
"""The key of a version: its own, else the one that its account's versions of before share."""
HAS_SHRED: Statement[bool] = statement(
    select(
        or_(
            exists().where(_VERSION, IS_KEPT),
            exists().where(_SHARED, IS_SHARED) & ~exists().where(_VERSION),
        )
    ),
    scalar,
)
_PAGE: Statement[tuple[str, str]] = statement(
    select(record_keys.c.account_token, record_keys.c.record_id)
    .where(
        tuple_(record_keys.c.account_token, record_keys.c.record_id)
        > tuple_(param("after_token", String), param("after_id", String)),
        IS_KEPT,
    )
    .order_by(record_keys.c.account_token, record_keys.c.record_id)
    .limit(param("limit", Integer)),
    lambda row: (row[0], row[1]),
)
_SHARED_PAGE: Statement[str] = statement(
    select(shred_keys.c.account_token)
    .where(shred_keys.c.account_token > param("after", String), IS_SHARED)
    .order_by(shred_keys.c.account_token)
    .limit(param("limit", Integer)),
    scalar,
)
_OWN_OF: Statement[tuple[str, str]] = statement(
    select(record_keys.c.account_token, record_keys.c.record_id).where(
        among_words(record_keys.c.account_token, "tokens")
    ),
    lambda row: (row[0], row[1]),
)
_KEYED: Statement[tuple[str, str]] = statement(
    select(record_keys.c.account_token, record_keys.c.record_id).where(
        among_words(record_keys.c.account_token, "tokens"), IS_KEPT
    ),
    lambda row: (row[0], row[1]),
)
_WITH_SHARED: Statement[tuple[str, str]] = statement(
    select(shred_keys.c.account_token).where(among_words(shred_keys.c.account_token, "tokens"), IS_SHARED),
    lambda row: (row[0], ""),
)
_OWN_KEYS: Statement[str] = statement(select(record_keys.c.record_id).where(_ACCOUNT), scalar)
_OVERWRITE = statement(update(record_keys).where(_VERSION).values(shred_key=param("zeros")))
_DESTROY = statement(delete(record_keys).where(_VERSION))
_OVERWRITE_SHARED = statement(update(shred_keys).where(_SHARED).values(shred_key=param("zeros")))
_DESTROY_SHARED = statement(delete(shred_keys).where(_SHARED))


async def keyed(connection: Connection, tokens: Sequence[str]) -> set[tuple[str, str]]:
    """Return (account token, record id) of every key of these accounts; the id of a shared one is ""."""
    own = await connection.all(_KEYED, tokens=tokens)
    return {*own, *await connection.all(_WITH_SHARED, tokens=tokens)}


async def page(connection: Connection, *, after: tuple[str, str], limit: int) -> list[tuple[str, str]]:
    """Return (account token, record id) of versions' keys, greater than `after`, in order."""
    return await connection.all(_PAGE, after_token=after[0], after_id=after[1], limit=limit)


async def shared_page(connection: Connection, *, after: str, limit: int) -> list[str]:
    """Return accounts with a shared key, greater than `after`, in order."""
    return await connection.all(_SHARED_PAGE, after=after, limit=limit)


async def own(connection: Connection, tokens: Sequence[str]) -> set[tuple[str, str]]:
    """Return (account token, record id) of the versions that have, or had, a key of their own."""
    return set(await connection.all(_OWN_OF, tokens=tokens))


async def destroy_all(
    connection: Connection, *, account_token: str, kept: Collection[str], is_file: bool
) -> None:
    """Delete every key of an account but those of the kept versions.

    is_file: of a SQLite database, which overwrites it. The shared key stays while a kept version has no
    other.
    """
    own = set(await connection.all(_OWN_KEYS, token=account_token))
    for record_id in sorted(own.difference(kept)):
        await _destroy_own(connection, account_token, record_id, is_file=is_file)
    if own.issuperset(kept):
        await _destroy_shared(connection, account_token, is_file=is_file)


async def destroy_version(
    connection: Connection, *, account_token: str, record_id: str, others: Collection[str], is_file: bool
) -> None:
    """Delete the key of one version. others: the account's other versions; see `destroy_all`."""
    own = set(await connection.all(_OWN_KEYS, token=account_token))
    if record_id in own:
        await _destroy_own(connection, account_token, record_id, is_file=is_file)
    elif own.issuperset(others):
        await _destroy_shared(connection, account_token, is_file=is_file)


async def _destroy_own(connection: Connection, account_token: str, record_id: str, *, is_file: bool) -> None:
    if is_file:
        await connection.run(_OVERWRITE, token=account_token, record_id=record_id, zeros=_ZEROS)
    else:
        await connection.run(_DESTROY, token=account_token, record_id=record_id)


async def _destroy_shared(connection: Connection, account_token: str, *, is_file: bool) -> None:
    if is_file:
        await connection.run(_OVERWRITE_SHARED, token=account_token, zeros=_ZEROS)
    else:
        await connection.run(_DESTROY_SHARED, token=account_token)
