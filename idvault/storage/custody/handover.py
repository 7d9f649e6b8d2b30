"""The acts and reads of hand-overs (ports.handover)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import func, select, update

from idvault.domain.event import Event
from idvault.domain.handover import Batch, HandedShare
from idvault.domain.moment import Moment
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request
from idvault.storage.account import record
from idvault.storage.account.tables import records
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.custody.tables import handed_quorums
from idvault.storage.dialect import insert_if_absent
from idvault.storage.lengths import padded
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request


class SqlHandoverStore:
    """Hand-overs in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def hand_over(self, batch: Batch, *, request: Request, now: Moment, event: Event) -> int:
        """Put re-sealed shares in the place of the former ones, with one event for all."""
        work = partial(_hand_over, batch=batch, asked=request, now=now, event=event)
        return await self._database.act("handover.hand_over", work)

    async def tokens(self, *, quorum_ids: Collection[str], after: str, limit: int) -> list[str]:
        """Return the accounts, in order, whose records have one of these present quorums."""
        query = (
            select(records.c.account_token)
            .where(records.c.present_quorum_id.in_(quorum_ids), records.c.account_token > after)
            .order_by(records.c.account_token)
            .limit(limit)
        )

        async def read(connection: Connection) -> list[str]:
            return list((await connection.execute(query)).scalars())

        return await self._database.read("handover.tokens", read)

    async def count(self, *, quorum_ids: Collection[str]) -> int:
        """Return how many records have one of these present quorums."""
        query = select(func.count()).select_from(records).where(records.c.present_quorum_id.in_(quorum_ids))

        async def read(connection: Connection) -> int:
            return int((await connection.execute(query)).scalar_one())

        return await self._database.read("handover.count", read)

    async def by_quorum(self) -> Mapping[str, int]:
        """Return how many records each present quorum has."""
        quorum_id = records.c.present_quorum_id
        query = select(quorum_id, func.count()).group_by(quorum_id)

        async def read(connection: Connection) -> Mapping[str, int]:
            return {row[0]: row[1] for row in await connection.execute(query)}

        return await self._database.read("handover.by_quorum", read)

    async def handed(self) -> Mapping[str, tuple[str, ...]]:
        """Return each present quorum that a hand-over has made, with the roster's quorum of each place."""
        query = select(handed_quorums)

        async def read(connection: Connection) -> Mapping[str, tuple[str, ...]]:
            rows = await connection.execute(query)
            return {row.quorum_id: record.unpack_ids(row.share_quorum_ids) for row in rows}

        return await self._database.read("handover.handed", read)


async def _hand_over(
    connection: Connection, batch: Batch, *, asked: Request, now: Moment, event: Event
) -> int:
    # The request's row is written first, and the count is known only at the end: it is put there then.
    kept = await person_request.remember(connection, asked, now=now)
    if kept is not None:
        return int(kept)
    given = {share.account_token: share for share in batch.shares}
    # In one order everywhere, so that two batches never wait for each other.
    query = (
        select(records).where(records.c.account_token.in_(padded(given))).order_by(records.c.account_token)
    )
    changes: list[SealedRecord] = []
    for row in list(await connection.execute(for_change(query))):
        changed = _handed(record.from_row(row), batch, given[row.account_token])
        if changed is not None:
            changes.append(changed)
    for changed in changes:
        await _put(connection, changed)
    await _note(connection, changes)
    await person_request.conclude(connection, asked, answer=str(len(changes)).encode())
    await log.append(connection, event.with_fields(count=len(changes)))
    return len(changes)


def _handed(stored: SealedRecord, batch: Batch, share: HandedShare) -> SealedRecord | None:
    """Return the record with the re-sealed share, None if it is another one than the share was made for."""
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


async def _put(connection: Connection, changed: SealedRecord) -> None:
    await connection.execute(
        update(records)
        .where(records.c.account_token == changed.account_token)
        .values(
            present_quorum_id=changed.present_quorum_id,
            shares=record.pack(changed.shares),
            share_quorum_ids=record.pack_ids(changed.share_quorum_ids),
        )
    )


async def _note(connection: Connection, changes: Iterable[SealedRecord]) -> None:
    """Keep who holds the shares under each present quorum that came up."""
    for quorum_id, ids in {each.present_quorum_id: each.share_quorum_ids for each in changes}.items():
        packed = record.pack_ids(ids)
        await insert_if_absent(connection, handed_quorums, quorum_id=quorum_id, share_quorum_ids=packed)
