"""The acts and reads of drills (custody.drill.ports)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from idvault.account.store.rows import pack, unpack_record
from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.custody import drill_passes, drill_records
from idvault.custody.drill.ports import DrillHistory, DrillRecord, Passing
from idvault.verify.clock import ClockReading
from idvault.verify.error import AlreadyExistsError, Reason
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord


def _from_row(row: Row[Any]) -> DrillRecord:
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
        share_hashes=unpack_record(row.share_hashes),
        shares=unpack_record(row.shares),
    )
    return DrillRecord(record, row.entry_id, row.made_at)


_GET = statement(select(drill_records).where(drill_records.c.quorum_id == param("quorum_id")), _from_row)
_MADE = statement(select(drill_records.c.quorum_id, drill_records.c.made_at))
_PASSED = statement(select(drill_passes.c.quorum_id, drill_passes.c.actor_id, drill_passes.c.passed_at))
_RENEW = statement(
    upsert(drill_records)
    .on_conflict_do_nothing(index_elements=[drill_records.c.quorum_id])
    .returning(drill_records.c.quorum_id)
)
_PASS = upsert(drill_passes)
# Returns no row if the signature is not later than the last one.
_COMPLETE = statement(
    _PASS.on_conflict_do_update(
        index_elements=[drill_passes.c.quorum_id, drill_passes.c.actor_id],
        set_={name: _PASS.excluded[name] for name in ("signed_at", "passed_at", "entry_id")},
        where=drill_passes.c.signed_at < _PASS.excluded.signed_at,
    ).returning(drill_passes.c.quorum_id)
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlDrillStore:
    """Drills in the main database."""

    database: Database

    async def get(self, *, quorum_id: str) -> DrillRecord | None:
        """Return a quorum's drill record."""
        return await self.database.one("drill.get", _GET, quorum_id=quorum_id)

    @read("drill.history")
    async def history(self, connection: Connection) -> DrillHistory:
        """Return when each record was made and when each custodian last passed."""
        return DrillHistory(
            {row.quorum_id: row.made_at for row in await connection.all(_MADE)},
            {(row.quorum_id, row.actor_id): row.passed_at for row in await connection.all(_PASSED)},
        )

    @act("drill.renew")
    async def renew(
        self, connection: Connection, record: SealedRecord, *, now: ClockReading, event: Event
    ) -> bool:
        """Store a quorum's drill record if it has none yet."""
        written = await connection.one(
            _RENEW,
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
        if written is None:
            return False
        await log_entry.append(connection, event)
        return True

    @act("drill.complete")
    async def complete(
        self, connection: Connection, passing: Passing, *, request: Request, now: ClockReading, event: Event
    ) -> None:
        """Store that a custodian passed the drill."""
        if await member_request.remember(connection, request, now=now) is not None:
            return
        noted = await connection.one(
            _COMPLETE,
            quorum_id=passing.quorum_id,
            actor_id=passing.actor_id,
            signed_at=passing.signed_at,
            passed_at=now.business,
            entry_id=event.entry_id,
        )
        if noted is None:
            raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
        await log_entry.append(connection, event)
