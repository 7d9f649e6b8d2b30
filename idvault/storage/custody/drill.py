"""The acts and reads of drills (ports.drill)."""

from functools import partial

from sqlalchemy import select, update

from idvault.domain.error import AlreadyExistsError, Reason
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request
from idvault.ports.drill import DrillHistory, DrillRecord, Passing
from idvault.storage.account.record import pack, unpack
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.custody.tables import drill_passes, drill_records
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request


class SqlDrillStore:
    """Drills in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def get(self, *, quorum_id: str) -> DrillRecord | None:
        """Return a quorum's drill record."""
        return await self._database.read("drill.get", partial(_get, quorum_id=quorum_id))

    async def history(self) -> DrillHistory:
        """Return when records were made, and when custodians passed."""
        return await self._database.read("drill.history", _history)

    async def renew(self, record: SealedRecord, *, now: Moment, event: Event) -> bool:
        """Store a quorum's drill record, if it has none yet."""
        return await self._database.act("drill.renew", partial(_renew, record=record, now=now, event=event))

    async def complete(self, passing: Passing, *, request: Request, now: Moment, event: Event) -> None:
        """Note that a custodian passed."""
        work = partial(_complete, passing=passing, asked=request, now=now, event=event)
        await self._database.act("drill.complete", work)


async def _get(connection: Connection, quorum_id: str) -> DrillRecord | None:
    query = select(drill_records).where(drill_records.c.quorum_id == quorum_id)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    record = SealedRecord(
        account_token=row.account_token,
        relying_party=row.relying_party,
        record_id=row.record_id,
        format_version=row.format_version,
        sealing_quorum_id=row.quorum_id,
        present_quorum_id=row.quorum_id,
        suite=row.suite,
        salt=row.salt,
        commitment=row.commitment,
        ciphertext=row.ciphertext,
        share_hashes=unpack(row.share_hashes),
        shares=unpack(row.shares),
    )
    return DrillRecord(record, row.entry_id, row.made_at)


async def _history(connection: Connection) -> DrillHistory:
    made = await connection.execute(select(drill_records.c.quorum_id, drill_records.c.made_at))
    passed = await connection.execute(
        select(drill_passes.c.quorum_id, drill_passes.c.actor_id, drill_passes.c.passed_at)
    )
    return DrillHistory(
        {row.quorum_id: row.made_at for row in made},
        {(row.quorum_id, row.actor_id): row.passed_at for row in passed},
    )


async def _renew(connection: Connection, record: SealedRecord, now: Moment, event: Event) -> bool:
    written = await insert_if_absent(
        connection,
        drill_records,
        quorum_id=record.present_quorum_id,
        account_token=record.account_token,
        relying_party=record.relying_party,
        record_id=record.record_id,
        format_version=record.format_version,
        suite=record.suite,
        salt=record.salt,
        commitment=record.commitment,
        ciphertext=record.ciphertext,
        share_hashes=pack(record.share_hashes),
        shares=pack(record.shares),
        entry_id=event.entry_id,
        made_at=now.business,
    )
    if written:
        await log.append(connection, event)
    return written


async def _complete(
    connection: Connection, passing: Passing, asked: Request, now: Moment, event: Event
) -> None:
    if await person_request.remember(connection, asked, now=now) is not None:
        return
    key = {"quorum_id": passing.quorum_id, "actor_id": passing.actor_id}
    news = {"signed_at": passing.signed_at, "passed_at": now.business, "entry_id": event.entry_id}
    if not await insert_if_absent(connection, drill_passes, **key, **news):
        later = (
            update(drill_passes)
            .filter_by(**key)
            .where(drill_passes.c.signed_at < passing.signed_at)
            .values(**news)
        )
        if not (await connection.execute(later)).rowcount:
            raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
    await log.append(connection, event)
