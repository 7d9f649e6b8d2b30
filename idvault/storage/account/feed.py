"""The change feeds: numbers given to changes, and changes read by them (ports.feed)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from idvault.ports.feed import Change
from idvault.storage.account.rows import from_row
from idvault.storage.account.tables import accounts, status_feed, status_feed_heads
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.lengths import padded


class SqlFeedStore:
    """The feeds in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def arrange(self, *, limit: int) -> int:
        """Give the next numbers to up to limit changes; return how many."""
        parties = await self._database.read("feed.waiting", _waiting)
        if not parties:
            return 0
        return await self._database.act(
            "feed.arrange", lambda connection: _arrange(connection, parties, limit)
        )

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Return the last number of each feed."""
        wanted = list(relying_parties)
        query = select(status_feed_heads).where(status_feed_heads.c.relying_party.in_(padded(wanted)))

        async def read(connection: Connection) -> dict[str, int]:
            found = {row.relying_party: row.head for row in await connection.execute(query)}
            return {name: found.get(name, 0) for name in wanted}

        return await self._database.read("feed.heads", read)

    async def changes(self, *, relying_party: str, after: int, limit: int) -> list[Change]:
        """Return changes with a number greater than one, in their order."""
        return await self._database.read(
            "feed.changes", lambda connection: _changes(connection, relying_party, after, limit)
        )


async def _waiting(connection: Connection) -> list[str]:
    query = (
        select(status_feed.c.relying_party)
        .where(status_feed.c.sequence.is_(None))
        .distinct()
        .order_by(status_feed.c.relying_party)
    )
    return list((await connection.execute(query)).scalars())


async def _arrange(connection: Connection, parties: Sequence[str], limit: int) -> int:
    # The heads are locked first and in one order: two who arrange at once follow one another.
    heads = {party: await locked_head(connection, party) for party in parties}
    rows = await _unarranged(connection, parties, limit)
    places: list[dict[str, Any]] = []
    for party, group in groupby(rows, key=lambda row: row.relying_party):
        for row in group:
            heads[party] += 1
            places.append({"token": row.account_token, "place": heads[party]})
    if places:
        await connection.execute(
            update(status_feed)
            .where(status_feed.c.account_token == bindparam("token"))
            .values(sequence=bindparam("place")),
            places,
        )
        await advance(connection, heads)
    return len(places)


async def locked_head(connection: Connection, party: str) -> int:
    """Return the last number of a feed; until this act ends nobody else gives one."""
    query = for_change(select(status_feed_heads.c.head).where(status_feed_heads.c.relying_party == party))
    head: int | None = (await connection.execute(query)).scalar_one_or_none()
    if head is None:
        await insert_if_absent(connection, status_feed_heads, relying_party=party, head=0)
        head = (await connection.execute(query)).scalar_one()
    return head


async def advance(connection: Connection, heads: Mapping[str, int]) -> None:
    """Store the last numbers of feeds that this act has locked."""
    await connection.execute(
        update(status_feed_heads)
        .where(status_feed_heads.c.relying_party == bindparam("party"))
        .values(head=bindparam("place")),
        [{"party": party, "place": head} for party, head in heads.items()],
    )


async def _unarranged(connection: Connection, parties: Sequence[str], limit: int) -> Sequence[Row[Any]]:
    # A change is waited for that is being changed again: it may be durable, and nobody may see less.
    query = (
        select(status_feed.c.account_token, status_feed.c.relying_party)
        .where(status_feed.c.sequence.is_(None), status_feed.c.relying_party.in_(padded(parties)))
        .order_by(status_feed.c.relying_party, status_feed.c.account_token)
        .limit(limit)
    )
    rows: Sequence[Row[Any]] = (await connection.execute(for_change(query))).all()
    return rows


async def _changes(connection: Connection, party: str, after: int, limit: int) -> list[Change]:
    query = (
        select(status_feed.c.sequence, status_feed.c.account_token.label("changed"), *accounts.c)
        .join_from(
            status_feed, accounts, accounts.c.account_token == status_feed.c.account_token, isouter=True
        )
        .where(status_feed.c.relying_party == party, status_feed.c.sequence > after)
        .order_by(status_feed.c.sequence)
        .limit(limit)
    )
    return [
        Change(row.sequence, row.changed, None if row.account_token is None else from_row(row))
        for row in await connection.execute(query)
    ]
