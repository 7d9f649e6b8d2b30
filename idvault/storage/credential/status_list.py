"""Credentials, the status lists and the keys of both (ports.status_list)."""

import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from idvault.attest.status_list import INVALID, VALID, StatusList
from idvault.domain import credential
from idvault.domain.error import NotFoundError, Reason
from idvault.domain.status_key import StatusKey
from idvault.ports.status_list import StoredList
from idvault.storage.account.rows import from_row
from idvault.storage.account.tables import accounts, status_feed
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.credential.tables import status_credentials, status_keys, status_lists
from idvault.storage.dialect import insert_if_absent
from idvault.storage.lengths import padded

_FAST = 1


class SqlStatusListStore:
    """The lists in the main database; whoever changes one holds the rows of all, and reads afterwards."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def update(self, *, today: date, limit: int) -> int:
        """Bring the entries of up to limit changed accounts up to date; return how many were looked at."""
        pending = await self._database.read("status_list.pending", _has_pending)
        if not pending:
            return 0
        return await self._database.act(
            "status_list.update", lambda connection: _update(connection, today, limit)
        )

    async def rebuild(self, number: int, *, today: date, now: datetime) -> None:
        """Make a list anew from the accounts."""
        await self._database.act(
            "status_list.rebuild", lambda connection: _rebuild(connection, number, today, now)
        )

    async def numbers(self) -> list[int]:
        """Return the numbers of the lists, in order."""

        async def read(connection: Connection) -> list[int]:
            query = select(status_lists.c.number).order_by(status_lists.c.number)
            return list((await connection.execute(query)).scalars())

        return await self._database.read("status_list.numbers", read)

    async def get(self, number: int) -> StoredList:
        """Return a list; raises NotFoundError."""

        async def read(connection: Connection) -> StoredList:
            return await _stored(connection, number)

        return await self._database.read("status_list.get", read)


class SqlStatusKeyStore:
    """The announced keys in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def announce(self, key: StatusKey) -> None:
        """Note a key unless it is there."""
        await self._database.act(
            "status_key.announce",
            lambda connection: insert_if_absent(
                connection,
                status_keys,
                public_key=key.public_key,
                purpose=key.purpose,
                announced_at=key.announced_at,
            ),
        )

    async def all(self) -> list[StatusKey]:
        """Return every key that was ever announced."""

        async def read(connection: Connection) -> list[StatusKey]:
            return [
                StatusKey(row.public_key, row.purpose, row.announced_at)
                for row in await connection.execute(select(status_keys))
            ]

        return await self._database.read("status_key.all", read)


async def begin(connection: Connection, number: int) -> None:
    """Make a list unless it is there; it says INVALID of everybody."""
    fresh = zlib.compress(bytes(StatusList.filled(INVALID).data), _FAST)
    await insert_if_absent(connection, status_lists, number=number, version=0, entries=fresh)


async def newest(connection: Connection) -> int | None:
    """Return the number of the newest list, None where there is none."""
    number: int | None = (await connection.execute(select(func.max(status_lists.c.number)))).scalar_one()
    return number


async def _has_pending(connection: Connection) -> bool:
    query = select(status_feed.c.account_token).where(status_feed.c.listed < status_feed.c.changes).limit(1)
    return (await connection.execute(query)).first() is not None


async def _lock(connection: Connection) -> None:
    query = select(status_lists.c.number).order_by(status_lists.c.number)
    await connection.execute(for_change(query))


async def _update(connection: Connection, today: date, limit: int) -> int:
    await _lock(connection)
    changed = (
        await connection.execute(
            select(status_feed.c.account_token, status_feed.c.changes)
            .where(status_feed.c.listed < status_feed.c.changes)
            .order_by(status_feed.c.account_token)
            .limit(limit)
        )
    ).all()
    for number, rows in _by_list(await _entries(connection, [row.account_token for row in changed])).items():
        await _change(connection, number, rows, today)
    if changed:
        # A change that comes meanwhile counts further, and so is not taken for one that was followed.
        await connection.execute(
            update(status_feed)
            .where(
                status_feed.c.account_token == bindparam("token"), status_feed.c.listed < bindparam("seen")
            )
            .values(listed=bindparam("seen")),
            [{"token": row.account_token, "seen": row.changes} for row in changed],
        )
    return len(changed)


async def _entries(connection: Connection, account_tokens: Sequence[str]) -> Sequence[Row[Any]]:
    query = _joined().where(status_credentials.c.account_token.in_(padded(account_tokens)))
    return (await connection.execute(query)).all()


def _joined() -> Any:
    # An account that is no more has entries still until they run out; they say INVALID.
    return select(status_credentials.c.number, status_credentials.c.place, *accounts.c).join_from(
        status_credentials,
        accounts,
        accounts.c.account_token == status_credentials.c.account_token,
        isouter=True,
    )


def _by_list(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return found


async def _change(connection: Connection, number: int, rows: Sequence[Row[Any]], today: date) -> None:
    stored = await _stored(connection, number)
    entries = StatusList(bits=1, data=stored.entries)
    for row in rows:
        entries.set(row.place, VALID if _holds(row, today) else INVALID)
    await _put(connection, stored, entries)


async def _rebuild(connection: Connection, number: int, today: date, now: datetime) -> None:
    await _lock(connection)
    await connection.execute(
        delete(status_credentials).where(
            status_credentials.c.number == number, status_credentials.c.expires_at < now
        )
    )
    entries = StatusList.filled(INVALID)
    for row in await connection.execute(_joined().where(status_credentials.c.number == number)):
        if _holds(row, today):
            entries.set(row.place, VALID)
    await _put(connection, await _stored(connection, number), entries)


def _holds(row: Row[Any], today: date) -> bool:
    return row.account_token is not None and credential.holds(account=from_row(row), today=today)


async def _put(connection: Connection, former: StoredList, entries: StatusList) -> None:
    if entries.data == former.entries:
        return
    await connection.execute(
        update(status_lists)
        .where(status_lists.c.number == former.number)
        .values(version=former.version + 1, entries=zlib.compress(bytes(entries.data), _FAST))
    )


async def _stored(connection: Connection, number: int) -> StoredList:
    row = (await connection.execute(select(status_lists).where(status_lists.c.number == number))).first()
    if row is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return StoredList(row.number, row.version, zlib.decompress(row.entries))


async def add_entry(connection: Connection, **values: object) -> None:
    """Insert a credential's entry."""
    await connection.execute(insert(status_credentials).values(**values))
