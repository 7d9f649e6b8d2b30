"""Rows of hand-overs: whose shares wait, which were ended, and the records whose shares pass on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Integer, func, select, true, update

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, listed
from idvault.core.db.statement import Micros, for_change, param, scalar, statement, upsert
from idvault.core.tables.account import records
from idvault.core.tables.custody import ended_handovers, handed_quorums
from idvault_verify.record import SealedRecord

_C = records.c
_CHANGES = listed(
    "changes",
    token=_C.account_token.type,
    present=_C.present_quorum_id.type,
    shares=_C.shares.type,
    held_by=_C.share_quorum_ids.type,
)
_NEW = listed(
    "quorums", quorum_id=handed_quorums.c.quorum_id.type, held_by=handed_quorums.c.share_quorum_ids.type
)

# One quorum per query: the index returns its accounts in order. For several, all would be read and sorted.
_TOKENS = statement(
    select(_C.account_token)
    .where(_C.present_quorum_id == param("quorum_id"), _C.account_token > param("after"))
    .order_by(_C.account_token)
    .limit(param("limit", Integer)),
    scalar,
)
_COUNT = statement(
    select(func.count()).select_from(records).where(among(_C.present_quorum_id, "quorum_ids")), scalar
)
_BY_QUORUM = statement(
    select(_C.present_quorum_id, func.count()).group_by(_C.present_quorum_id), tuple[str, int]
)
# Always locked in the same order, so that two batches cannot deadlock.
_LOCK = statement(
    for_change(select(records).where(among(_C.account_token, "tokens")).order_by(_C.account_token)),
    account_rows.record_from_row,
)
_PUT = statement(
    update(records)
    .where(_C.account_token == _CHANGES.c.token)
    .values(
        present_quorum_id=_CHANGES.c.present,
        shares=_CHANGES.c.shares,
        share_quorum_ids=_CHANGES.c.held_by,
    )
)
_E = ended_handovers.c
_ENDED = statement(select(_E.quorum_id, _E.actor_id), tuple[str, str])
_IS_ENDED = statement(
    select(_E.quorum_id).where(_E.quorum_id == param("quorum_id"), _E.actor_id == param("actor_id")), scalar
)
_END = statement(
    upsert(ended_handovers)
    .values(quorum_id=param("quorum_id"), actor_id=param("actor_id"), ended_at=param("ended_at", Micros))
    .on_conflict_do_nothing()
    .returning(_E.quorum_id),
    scalar,
)
# The condition keeps SQLite from reading ON CONFLICT as a join's ON.
_NOTE = statement(
    upsert(handed_quorums)
    .from_select(["quorum_id", "share_quorum_ids"], select(_NEW).where(true()))
    .on_conflict_do_nothing(index_elements=[handed_quorums.c.quorum_id])
)


async def is_ended(connection: Connection, quorum_id: str, actor_id: str) -> bool:
    """Return whether a leaver has ended the hand-over to the successor in a quorum."""
    return await connection.one(_IS_ENDED, quorum_id=quorum_id, actor_id=actor_id) is not None


async def end(connection: Connection, quorum_id: str, actor_id: str, *, now: datetime) -> bool:
    """Store the end of a hand-over; False if it was ended before."""
    row = {"quorum_id": quorum_id, "actor_id": actor_id, "ended_at": now}
    return await connection.one(_END, **row) is not None


async def ended(connection: Connection) -> Collection[tuple[str, str]]:
    """Return the quorum and the leaver of each hand-over that was ended."""
    return frozenset(await connection.all(_ENDED))


async def tokens(connection: Connection, *, quorum_ids: Collection[str], after: str, limit: int) -> list[str]:
    """Return the tokens, in order, of accounts whose records have one of these present quorums."""
    found: list[str] = []
    for quorum_id in quorum_ids:
        found += await connection.all(_TOKENS, quorum_id=quorum_id, after=after, limit=limit)
    return sorted(found)[:limit]


async def count(connection: Connection, *, quorum_ids: Collection[str]) -> int:
    """Return how many records have one of these present quorums."""
    return await connection.one(_COUNT, quorum_ids=quorum_ids) or 0


async def by_quorum(connection: Connection) -> Mapping[str, int]:
    """Return how many records each present quorum has."""
    return dict(await connection.all(_BY_QUORUM))


async def lock(connection: Connection, tokens: Collection[str]) -> list[SealedRecord]:
    """Return records, locked."""
    return await connection.all(_LOCK, tokens=tokens)


async def put(connection: Connection, changes: Sequence[SealedRecord]) -> None:
    """Store changed records, and the holders of the shares for each present quorum among them."""
    await connection.run(
        _PUT,
        changes=[
            (
                each.account_token,
                each.present_quorum_id,
                account_rows.pack(each.shares),
                account_rows.pack_ids(each.share_quorum_ids),
            )
            for each in changes
        ],
    )
    quorums = {each.present_quorum_id: account_rows.pack_ids(each.share_quorum_ids) for each in changes}
    await connection.run(_NOTE, quorums=list(quorums.items()))
