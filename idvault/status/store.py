"""The statements of statuses and their feed: changes get numbers; an account and its status are one text.

The text begins with the token. The rest holds everything else that the published status depends on, except
the day, so that equal rests mean equal statuses.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter

from sqlalchemy import BigInteger, Integer, String, delete, exists, func, select, true, update

from idvault.account.store import forgetting
from idvault.account.store import rows as account_rows
from idvault.account.store.rows import PACKED, from_row
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, among_words, as_one_text, listed
from idvault.core.db.look_up import KEYS, PARTY, LookUp
from idvault.core.db.statement import Statement, by_index, for_change, param, scalar, statement, upsert
from idvault.core.tables.account import accounts, status_feed, status_feed_heads
from idvault.core.tables.claim import claims, intakes, jobs, representatives, reviews
from idvault.core.tables.disclosure import kept_records
from idvault.core.tables.erasure import erasures
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import sanctions
from idvault.public_account.rules.owner import Owned
from idvault.public_account.store import rows as public_account_rows
from idvault.status.rules import FeedChunk
from idvault_verify.account import Account, AccountState

_FEED_LIMIT = param("limit", Integer)
_UNNUMBERED = (
    select(status_feed.c.relying_party, status_feed.c.account_token)
    .where(status_feed.c.sequence.is_(None))
    .order_by(status_feed.c.relying_party, status_feed.c.account_token)
    .limit(_FEED_LIMIT)
)
_WAITING: Statement[str] = statement(_UNNUMBERED, scalar)
_WAITS: Statement[str] = statement(
    _UNNUMBERED.where(status_feed.c.relying_party == param("party", String)), scalar
)
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
    .limit(_FEED_LIMIT)
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
    public_account_rows.OWNED.join(
        status_feed, status_feed.c.account_token == public_accounts.c.account_token
    ).where(
        status_feed.c.publishes.is_not(None),
        status_feed.c.relying_party == param("party"),
        status_feed.c.sequence > param("after"),
        status_feed.c.sequence <= param("last"),
    ),
    public_account_rows.owned,
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


async def waiting(connection: Connection, *, limit: int) -> list[str]:
    """Return the relying parties whose changes are numbered next."""
    return list(dict.fromkeys(await connection.all(_WAITING, limit=limit)))


async def waits(connection: Connection, party: str) -> bool:
    """Return whether a relying party has a change without a number."""
    return await connection.one(_WAITS, party=party, limit=1) is not None


async def arrange(connection: Connection, parties: Sequence[str], *, limit: int) -> int:
    """Assign the next numbers to up to `limit` changes of some relying parties; return how many."""
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


async def heads(connection: Connection, parties: Sequence[str]) -> dict[str, int]:
    """Return the last numbers of the feeds that have any."""
    return dict(await connection.all(_FIND_HEADS, parties=parties))


async def changes(connection: Connection, party: str, *, after: int, limit: int) -> FeedChunk:
    """Return the first changes numbered above `after`; without any, place is that number."""
    rows = await connection.all(_CHANGES, party=party, after=after, limit=limit)
    place = max((row.place for row in rows), default=after)
    owned = await connection.all(_PUBLIC, party=party, after=after, last=place) if rows else []
    return FeedChunk(
        {row.shown: row.tokens for row in rows if row.shown is not None},
        tuple(token for row in rows if row.shown is None for token in row.tokens.split(",")),
        place,
        tuple(await public_account_rows.joined(connection, owned)),
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


_MINE = accounts.c.account_token == param("token")
_OF_PARTY = accounts.c.relying_party == param("party")
_UNCHANGED = accounts.c.revision == param("stored")
_VERIFIED = accounts.c.state == AccountState.VERIFIED.value
_NEVER_VERIFIED = (
    (accounts.c.state == AccountState.REJECTED.value)
    & accounts.c.person_id.is_(None)
    & accounts.c.open_claim_id.is_(None)
    # The history of a sanction stays.
    & ~exists().where(sanctions.c.account_token == accounts.c.account_token)
)
_LIMIT = param("limit", Integer)

PACKED_ONE = LookUp(
    "status.get",
    statement(
        select(accounts.c.account_token, PACKED).where(
            among(accounts.c.account_token, KEYS), accounts.c.relying_party == param(PARTY)
        )
    ),
    key=itemgetter(0),
)
_PACKED_MANY = statement(
    select(PACKED, as_one_text(accounts.c.account_token))
    .where(among_words(accounts.c.account_token, "tokens"), _OF_PARTY)
    .group_by(PACKED)
)
_EXPIRING = statement(
    select(accounts)
    .where(_VERIFIED, accounts.c.expire_date <= param("today"))
    .order_by(accounts.c.expire_date)
    .limit(_LIMIT),
    from_row,
)
_EXPIRE = statement(
    update(accounts)
    .where(_MINE, _UNCHANGED, _VERIFIED)
    .values(state=param("state"), revision=param("revision"))
)
# A record that waited for a representative goes first, with its key (erasure.former_version).
_NO_RECORD = ~exists().where(kept_records.c.account_token == accounts.c.account_token)
_ABANDONED = statement(
    select(accounts)
    .where(_NEVER_VERIFIED, accounts.c.claim_ended_at < param("before"), _NO_RECORD)
    .order_by(accounts.c.account_token)
    .limit(_LIMIT),
    from_row,
)
_LOCK_REMOVABLE = statement(
    for_change(select(accounts).where(_MINE, _UNCHANGED, _NEVER_VERIFIED, _NO_RECORD))
)
_REMOVALS = [
    statement(delete(table).where(table.c.account_token == param("token")))
    for table in (erasures, intakes, jobs, representatives, reviews, claims, accounts)
]


async def packed_many(connection: Connection, party: str, account_tokens: Sequence[str]) -> dict[str, str]:
    """Return a relying party's accounts among some: the tokens for each text that may follow one."""
    found = await connection.all(_PACKED_MANY, tokens=account_tokens, party=party)
    return dict(found)


async def expiring(connection: Connection, *, today: date, limit: int) -> list[Account]:
    """Return VERIFIED accounts whose expire_date is today or earlier."""
    return await connection.all(_EXPIRING, today=today, limit=limit)


async def expire(connection: Connection, owner: Account, expired: Account) -> bool:
    """Store that a verification expired; False if the stored revision differs from the account's."""
    # Only what expiry changes is written: a claim may have been opened since the account was read.
    if not await connection.run(
        _EXPIRE,
        token=owner.account_token,
        stored=owner.revision,
        state=expired.state.value,
        revision=expired.revision,
    ):
        return False
    await account_rows.changed(connection, expired)
    return True


async def abandoned(connection: Connection, *, before: datetime, limit: int) -> list[Account]:
    """Return REJECTED accounts with no person and no open claim whose last claim ended before a time.

    They are in the order of their random tokens, which tells nothing of their claims.
    """
    return await connection.all(_ABANDONED, before=before, limit=limit)


async def remove(connection: Connection, account: Account) -> bool:
    """Delete a REJECTED account that was never verified, and persons of whom nothing else is known.

    False if the stored revision differs.
    """
    token = account.account_token
    if await connection.one(_LOCK_REMOVABLE, token=token, stored=account.revision) is None:
        return False
    found = await forgetting.claimed(connection, token)
    for removal in _REMOVALS:
        await connection.run(removal, token=token)
    await forgetting.forget(connection, found)
    await account_rows.removed(connection, account_token=token)
    return True
