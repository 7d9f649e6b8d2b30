"""Change feeds: assigns sequence numbers to changes and reads changes by number (ports.feed)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Integer, String, func, select, true, update

from idvault.account.store.rows import PACKED
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among, as_one_text, listed
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, by_index, param, scalar, statement, upsert
from idvault.core.tables.account import accounts, status_feed, status_feed_heads
from idvault.core.tables.public_account import public_accounts
from idvault.public_account.ports import Owned
from idvault.public_account.store import operator
from idvault.public_account.store import rows as public_account
from idvault.status.ports import FeedChunk

_LIMIT = param("limit", Integer)
_UNNUMBERED = (
    select(status_feed.c.relying_party, status_feed.c.account_token)
    .where(status_feed.c.sequence.is_(None))
    .order_by(status_feed.c.relying_party, status_feed.c.account_token)
    .limit(_LIMIT)
)
_WAITING: Statement[str] = statement(_UNNUMBERED, scalar)
# Waits for a row that another act is changing: skipping it could hide a change that is already durable.
_UNARRANGED = statement(
    by_index(
        for_change(_UNNUMBERED.where(among(status_feed.c.relying_party, "parties"))),
        status_feed,
        "ix_status_feed_unarranged",
    )
)
_PLACES = listed("places", token=String, place=BigInteger)
_ARRANGE = statement(
    update(status_feed).where(status_feed.c.account_token == _PLACES.c.token).values(sequence=_PLACES.c.place)
)
_CHANGED = (
    select(status_feed.c.sequence, status_feed.c.account_token, PACKED)
    .join_from(status_feed, accounts, accounts.c.account_token == status_feed.c.account_token, isouter=True)
    .where(status_feed.c.relying_party == param("party"), status_feed.c.sequence > param("after"))
    .order_by(status_feed.c.sequence)
    .limit(_LIMIT)
    .subquery("changed")
)
# One row for all accounts of a status: returning a row for each would cost more than reading it.
_CHANGES = statement(
    select(
        _CHANGED.c.shown,
        as_one_text(_CHANGED.c.account_token).label("tokens"),
        func.max(_CHANGED.c.sequence).label("place"),
    ).group_by(_CHANGED.c.shown)
)
_PUBLIC: Statement[Owned] = statement(
    public_account.OWNED.join(
        status_feed, status_feed.c.account_token == public_accounts.c.account_token
    ).where(
        status_feed.c.publishes.is_not(None),
        status_feed.c.relying_party == param("party"),
        status_feed.c.sequence > param("after"),
        status_feed.c.sequence <= param("last"),
    ),
    public_account.owned,
)
_HEADS = select(status_feed_heads).where(among(status_feed_heads.c.relying_party, "parties"))
_FIND_HEADS = statement(_HEADS)
_LOCK_HEADS = statement(for_change(_HEADS.order_by(status_feed_heads.c.relying_party)))
_BEGUN = listed("heads", party=String, head=BigInteger)
_BEGIN = statement(
    upsert(status_feed_heads)
    # The condition tells SQLite's parser that ON begins no join.
    .from_select(["relying_party", "head"], select(_BEGUN.c.party, _BEGUN.c.head).where(true()))
    .on_conflict_do_nothing(index_elements=[status_feed_heads.c.relying_party])
)
_ADVANCE = statement(
    update(status_feed_heads)
    .where(status_feed_heads.c.relying_party == _BEGUN.c.party)
    .values(head=_BEGUN.c.head)
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlFeedStore:
    """The feeds in the main database."""

    database: Database

    async def arrange(self, *, limit: int) -> int:
        """Assign the next numbers to up to `limit` changes; return how many."""
        parties = await self._waiting(limit)
        return await self._arrange(parties, limit) if parties else 0

    @read("feed.waiting")
    async def _waiting(self, connection: Connection, limit: int) -> list[str]:
        """Return the relying parties whose changes are numbered next."""
        return list(dict.fromkeys(await connection.all(_WAITING, limit=limit)))

    @act("feed.arrange")
    async def _arrange(self, connection: Connection, parties: Sequence[str], limit: int) -> int:
        # Heads are locked first and in a fixed order: concurrent calls run one after the other.
        heads = await _locked_heads(connection, parties)
        places = []
        for row in await connection.all(_UNARRANGED, parties=parties, limit=limit):
            heads[row.relying_party] += 1
            places.append((row.account_token, heads[row.relying_party]))
        if places:
            await connection.run(_ARRANGE, places=places)
            await advance(connection, heads)
        return len(places)

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Return the last number of each feed."""
        wanted = list(relying_parties)
        found = await self._heads(wanted)
        return {name: found.get(name, 0) for name in wanted}

    @read("feed.heads")
    async def _heads(self, connection: Connection, parties: Sequence[str]) -> dict[str, int]:
        return dict(await connection.all(_FIND_HEADS, parties=parties))

    @read("feed.changes")
    async def changes(
        self, connection: Connection, *, relying_party: str, after: int, limit: int
    ) -> FeedChunk:
        """Return the first changes numbered above `after`."""
        rows = await connection.all(_CHANGES, party=relying_party, after=after, limit=limit)
        place = max((row.place for row in rows), default=after)
        owned = await connection.all(_PUBLIC, party=relying_party, after=after, last=place) if rows else []
        return FeedChunk(
            {row.shown: row.tokens for row in rows if row.shown is not None},
            tuple(token for row in rows if row.shown is None for token in row.tokens.split(",")),
            place,
            tuple(await operator.joined(connection, owned)),
        )


async def _locked_heads(connection: Connection, parties: Sequence[str]) -> dict[str, int]:
    found = await connection.all(_LOCK_HEADS, parties=parties)
    if len(found) < len(parties):
        await connection.run(_BEGIN, heads=[(party, 0) for party in parties])
        found = await connection.all(_LOCK_HEADS, parties=parties)
    return dict(found)


async def locked_head(connection: Connection, party: str) -> int:
    """Return the last number of a feed and lock it: no other act assigns one until this act ends."""
    return (await _locked_heads(connection, [party]))[party]


async def advance(connection: Connection, heads: Mapping[str, int]) -> None:
    """Store the last numbers of feeds that this act has locked."""
    await connection.run(_ADVANCE, heads=list(heads.items()))
