"""The acts and reads of hand-overs (people.ports)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Integer, func, select, true, update

from idvault.account.store import rows as account_rows
from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among, listed
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, scalar, statement, upsert
from idvault.core.db.types import Micros
from idvault.core.request import Request
from idvault.core.tables.account import records
from idvault.core.tables.custody import ended_handovers, handed_quorums
from idvault.people import store as people_store
from idvault.verify.clock import ClockReading
from idvault.verify.error import PreconditionError, Reason
from idvault.verify.event import Event
from idvault.verify.handover import HandedShare, HandoverBatch, HandoverEnd
from idvault.verify.record import SealedRecord

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


@dataclass(kw_only=True, eq=False, repr=False)
class SqlHandoverStore:
    """Hand-overs in the main database."""

    database: Database

    @act("handover.hand_over")
    async def hand_over(
        self,
        connection: Connection,
        batch: HandoverBatch,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> int:
        """Replace shares with their re-sealed versions, with one event for all of them."""
        # The request's row is written first; the count is known only at the end and is stored then.
        kept = await member_request.remember(connection, request, now=now)
        if kept is not None:
            return int(kept)
        at = {"quorum_id": batch.quorum_id, "actor_id": request.caller}
        if await connection.one(_IS_ENDED, **at) is not None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        given = {share.account_token: share for share in batch.shares}
        locked = await connection.all(_LOCK, tokens=given)
        changes = [
            changed
            for stored in locked
            if (changed := _handed(stored, batch, given[stored.account_token])) is not None
        ]
        if changes:
            await _put(connection, changes)
        await member_request.conclude(connection, request, answer=str(len(changes)).encode())
        await log_entry.append(connection, event.with_fields(count=len(changes)))
        return len(changes)

    @act("handover.end")
    async def end(
        self,
        connection: Connection,
        ending: HandoverEnd,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> int:
        """Store the end of a hand-over with its event; return how many records are left."""
        kept = await member_request.remember(connection, request, now=now)
        if kept is not None:
            return int(kept)
        row = {"quorum_id": ending.quorum_id, "actor_id": ending.actor_id, "ended_at": now.business}
        if await connection.one(_END, **row) is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        left = await connection.one(_COUNT, quorum_ids=ending.held) or 0
        await member_request.conclude(connection, request, answer=str(left).encode())
        await log_entry.append(connection, event.with_fields(count=left))
        return left

    @read("handover.ended")
    async def ended(self, connection: Connection) -> Collection[tuple[str, str]]:
        """Return the quorum and the leaver of each hand-over that was ended."""
        return frozenset(await connection.all(_ENDED))

    @read("handover.tokens")
    async def tokens(
        self, connection: Connection, *, quorum_ids: Collection[str], after: str, limit: int
    ) -> list[str]:
        """Return the tokens, in order, of accounts whose records have one of these present quorums."""
        found: list[str] = []
        for quorum_id in quorum_ids:
            found += await connection.all(_TOKENS, quorum_id=quorum_id, after=after, limit=limit)
        return sorted(found)[:limit]

    @read("handover.count")
    async def count(self, connection: Connection, *, quorum_ids: Collection[str]) -> int:
        """Return how many records have one of these present quorums."""
        return await connection.one(_COUNT, quorum_ids=quorum_ids) or 0

    @read("handover.by_quorum")
    async def by_quorum(self, connection: Connection) -> Mapping[str, int]:
        """Return how many records each present quorum has."""
        return dict(await connection.all(_BY_QUORUM))

    @read("handover.handed")
    async def handed(self, connection: Connection) -> Mapping[str, tuple[str, ...]]:
        """Return each present quorum created by a hand-over, with the roster quorum of each place."""
        return await people_store.handed(connection)


def _handed(stored: SealedRecord, batch: HandoverBatch, share: HandedShare) -> SealedRecord | None:
    """Return the record with the re-sealed share; None if the share was not made for this record."""
    becomes = batch.becomes.get(stored.present_quorum_id)
    at = batch.place - 1
    if becomes is None or not at < len(stored.shares):
        return None
    found = (stored.record_id, stored.share_quorum_id(batch.place), stored.share_hashes[at])
    if found != (share.record_id, share.quorum_id, share.share_hash):
        return None
    quorum_ids = [stored.share_quorum_id(place) for place in range(1, len(stored.shares) + 1)]
    quorum_ids[at] = batch.quorum_id
    shares = list(stored.shares)
    shares[at] = share.resealed
    return replace(
        stored, present_quorum_id=becomes, share_quorum_ids=tuple(quorum_ids), shares=tuple(shares)
    )


async def _put(connection: Connection, changes: Sequence[SealedRecord]) -> None:
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
