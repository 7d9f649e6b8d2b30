"""Rows of refusals: a roster member who keeps trying causes one log entry per minute."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update

from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, statement, upsert
from idvault.core.tables.disclosure import disclosure_refusals
from idvault.disclosure.rules import disclosure as rules
from idvault.disclosure.rules.disclosure import Tally
from idvault.log.store import entry as log
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event

_T = disclosure_refusals.c
_OF = (_T.actor_id == param("actor_id")) & (_T.reason == param("reason"))

_BEGIN = statement(
    upsert(disclosure_refusals)
    .values(actor_id=param("actor_id"), reason=param("reason"), minute=None, silent=0)
    .on_conflict_do_nothing(index_elements=[_T.actor_id, _T.reason])
)
_LOCK = statement(for_change(select(_T.minute, _T.silent).where(_OF)), lambda row: Tally(*row))
_PUT = statement(
    update(disclosure_refusals).where(_OF).values(minute=param("minute"), silent=param("silent"))
)
_SILENT = statement(
    select(_T.actor_id, _T.reason)
    .where(_T.silent > 0, or_(_T.minute.is_(None), _T.minute < param("minute")))
    .order_by(_T.actor_id, _T.reason),
    tuple[str, str],
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlRefusals:
    """Refusals, counted per roster member and reason."""

    database: Database

    @act("disclosure.refuse")
    async def refuse(
        self, connection: Connection, *, actor_id: str, reason: str, now: ClockReading, event: Event
    ) -> bool:
        """Count a refusal; write a log entry unless one was written in this minute."""
        await connection.run(_BEGIN, actor_id=actor_id, reason=reason)
        tally, told = rules.refuse(tally=await _lock(connection, actor_id, reason), now=now.business)
        await connection.run(_PUT, actor_id=actor_id, reason=reason, minute=tally.minute, silent=tally.silent)
        if told:
            await log.append(connection, event.with_fields(count=told))
        return bool(told)

    @read("disclosure.silent")
    async def silent(self, connection: Connection, *, now: datetime) -> list[tuple[str, str]]:
        """Return the actor and reason of refusals whose count is still to be logged."""
        return await connection.all(_SILENT, minute=now.replace(second=0, microsecond=0))

    @act("disclosure.flush")
    async def flush(
        self, connection: Connection, *, actor_id: str, reason: str, now: ClockReading, event: Event
    ) -> bool:
        """Log the count of unlogged refusals once their minute is over."""
        tally, told = rules.flush(tally=await _lock(connection, actor_id, reason), now=now.business)
        if not told:
            return False
        await connection.run(_PUT, actor_id=actor_id, reason=reason, minute=tally.minute, silent=tally.silent)
        await log.append(connection, event.with_fields(count=told))
        return True


async def _lock(connection: Connection, actor_id: str, reason: str) -> Tally:
    return await connection.one(_LOCK, actor_id=actor_id, reason=reason) or Tally()
