"""What a main database and a shred database hold, to tell what a backup or a restored pair lacks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Integer, func, literal_column, select

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among_words
from idvault.core.db.statement import Statement, by_index, param, scalar, statement
from idvault.core.tables.account import accounts, records
from idvault.core.tables.disclosure import kept_records
from idvault.core.tables.erasure import erasures
from idvault.core.tables.key import record_keys, shred_keys
from idvault.core.tables.log import log_entries, log_head
from idvault.key.store.version import IS_KEPT, IS_SHARED
from idvault.processes.backup.rules import MainExtent, RecordHolder
from idvault_verify.account import AccountState
from idvault_verify.erasure import ErasureState

_ERASED = AccountState.ERASED.value

_SIZE: Statement[int] = statement(select(log_head.c.size), scalar)
_WRITTEN: Statement[datetime] = statement(
    select(log_entries.c.recorded_at).where(log_entries.c.log_index == param("place", BigInteger)), scalar
)
_WAITING: Statement[int] = statement(
    by_index(
        select(func.count()).select_from(log_entries).where(log_entries.c.log_index.is_(None)),
        log_entries,
        "ix_log_entries_unsequenced",
    ),
    scalar,
)
_ACCOUNTS: Statement[int] = statement(select(func.count()).select_from(accounts), scalar)
_RECORDS: Statement[int] = statement(select(func.count()).select_from(records), scalar)
_HOLDERS = statement(
    select(records.c.account_token, records.c.record_id, accounts.c.state)
    .join(accounts, accounts.c.account_token == records.c.account_token)
    .where(records.c.account_token > param("after"))
    .order_by(records.c.account_token)
    .limit(param("limit", Integer)),
    lambda row: RecordHolder(row[0], row[1], row[2] == _ERASED),
)
_DESTROYED: Statement[str] = statement(
    select(erasures.c.account_token)
    .where(erasures.c.state == literal_column(f"'{ErasureState.DESTROYED.value}'"))
    .where(erasures.c.account_token > param("after"))
    .order_by(erasures.c.account_token)
    .limit(param("limit", Integer)),
    scalar,
)
_KEYS: Sequence[Statement[int]] = [
    statement(select(func.count()).select_from(record_keys).where(IS_KEPT), scalar),
    statement(select(func.count()).select_from(shred_keys).where(IS_SHARED), scalar),
]
_HELD: Statement[tuple[str, str]] = statement(
    select(kept_records.c.account_token, kept_records.c.record_id).where(
        among_words(kept_records.c.account_token, "tokens"), kept_records.c.kept_until.is_not(None)
    ),
    lambda row: (row[0], row[1]),
)


async def extent(connection: Connection) -> MainExtent:
    """Return the counts of one snapshot of the main database."""
    size = await connection.one(_SIZE) or 0
    newest = await connection.one(_WRITTEN, place=size - 1)
    counts = [(await connection.all(count))[0] for count in (_WAITING, _ACCOUNTS, _RECORDS)]
    return MainExtent(size, counts[0], newest, counts[1], counts[2])


async def holders(connection: Connection, *, after: str, limit: int) -> list[RecordHolder]:
    """Return up to limit accounts with a record whose tokens are greater than `after`, in order."""
    return await connection.all(_HOLDERS, after=after, limit=limit)


async def destroyed(connection: Connection, *, after: str, limit: int) -> list[str]:
    """Return up to limit accounts whose keys an erasure has destroyed, greater than `after`, in order."""
    return await connection.all(_DESTROYED, after=after, limit=limit)


async def keys(connection: Connection) -> int:
    """Return how many shred keys there are."""
    return sum([await connection.only(count) for count in _KEYS])


async def held(connection: Connection, tokens: Sequence[str]) -> set[tuple[str, str]]:
    """Return (account token, record id) of these accounts' versions with a hold, which keep their keys."""
    return set(await connection.all(_HELD, tokens=tokens))
