"""Rows of what was refused, so that a person who tries again and again writes one log entry a minute."""

from datetime import datetime

from sqlalchemy import or_, select, update

from idvault.domain import disclosure as rules
from idvault.domain.disclosure import Tally
from idvault.domain.event import Event
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.disclosure.tables import disclosure_refusals
from idvault.storage.log import entry as log


async def count(connection: Connection, *, actor_id: str, reason: str, now: datetime, event: Event) -> bool:
    """Count one refusal; write its entry unless there was one within this minute."""
    table = disclosure_refusals
    await insert_if_absent(connection, table, actor_id=actor_id, reason=reason, minute=None, silent=0)
    tally, told = rules.refuse(tally=await _lock(connection, actor_id, reason), now=now)
    await _put(connection, actor_id, reason, tally)
    if told:
        await log.append(connection, event.with_fields(count=told))
    return bool(told)


async def flush(connection: Connection, *, actor_id: str, reason: str, now: datetime, event: Event) -> bool:
    """Write the count of those that were refused silently, once their minute is over."""
    tally, told = rules.flush(tally=await _lock(connection, actor_id, reason), now=now)
    if not told:
        return False
    await _put(connection, actor_id, reason, tally)
    await log.append(connection, event.with_fields(count=told))
    return True


async def silent(connection: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """Return actor and reason of what must be written."""
    table = disclosure_refusals
    minute = now.replace(second=0, microsecond=0)
    query = (
        select(table.c.actor_id, table.c.reason)
        .where(table.c.silent > 0, or_(table.c.minute.is_(None), table.c.minute < minute))
        .order_by(table.c.actor_id, table.c.reason)
    )
    return [(row.actor_id, row.reason) for row in await connection.execute(query)]


async def _lock(connection: Connection, actor_id: str, reason: str) -> Tally:
    table = disclosure_refusals
    query = select(table).where(table.c.actor_id == actor_id, table.c.reason == reason)
    row = (await connection.execute(for_change(query))).first()
    return Tally() if row is None else Tally(row.minute, row.silent)


async def _put(connection: Connection, actor_id: str, reason: str, tally: Tally) -> None:
    table = disclosure_refusals
    await connection.execute(
        update(table)
        .where(table.c.actor_id == actor_id, table.c.reason == reason)
        .values(minute=tally.minute, silent=tally.silent)
    )
