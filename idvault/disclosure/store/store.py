"""Rows of the budgets of auditors, of openings, and of refusals."""

from datetime import date, datetime

from sqlalchemy import insert, or_, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, scalar, statement, upsert
from idvault.core.tables.disclosure import disclosure_budgets, disclosure_openings, disclosure_refusals
from idvault.disclosure.rules import Tally
from idvault_verify.disclosure import Disclosure

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
# Returns no row if the day's budget is spent.
_CHARGE = statement(
    upsert(disclosure_budgets)
    .values(actor_id=param("actor_id"), day=param("day"), used=1)
    .on_conflict_do_update(
        index_elements=[disclosure_budgets.c.actor_id, disclosure_budgets.c.day],
        set_={"used": disclosure_budgets.c.used + 1},
        where=disclosure_budgets.c.used < param("daily"),
    )
    .returning(disclosure_budgets.c.used),
    scalar,
)
_ADD_OPENING = statement(insert(disclosure_openings))


async def begin_refusals(connection: Connection, *, actor_id: str, reason: str) -> None:
    """Insert the count of an actor's refusals for a reason if there is none."""
    await connection.run(_BEGIN, actor_id=actor_id, reason=reason)


async def lock_refusals(connection: Connection, *, actor_id: str, reason: str) -> Tally:
    """Return the count, locked."""
    return await connection.one(_LOCK, actor_id=actor_id, reason=reason) or Tally()


async def put_refusals(connection: Connection, tally: Tally, *, actor_id: str, reason: str) -> None:
    """Store a count that this act has locked."""
    await connection.run(_PUT, actor_id=actor_id, reason=reason, minute=tally.minute, silent=tally.silent)


async def silent(connection: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """Return the actor and reason of refusals whose count is still to be logged."""
    return await connection.all(_SILENT, minute=now.replace(second=0, microsecond=0))


async def charge(connection: Connection, *, actor_id: str, day: date, daily: int) -> int | None:
    """Charge a day's budget; return how much of it is used now, None if it was spent."""
    # The upsert does not check the limit when it inserts the day's first row.
    return await connection.one(_CHARGE, actor_id=actor_id, day=day, daily=daily) if daily > 0 else None


async def add_opening(
    connection: Connection, opened: Disclosure, *, entry_id: str, record_digest: bytes, now: datetime
) -> None:
    """Insert one opening of a disclosure."""
    await connection.run(
        _ADD_OPENING,
        account_token=opened.account_token,
        disclosure_id=opened.disclosure_id,
        entry_id=entry_id,
        auditor_actor_id=opened.auditor_actor_id,
        opened_at=now,
        record_digest=record_digest,
    )
