"""Tries of references by people who follow a report: counted for each report and day."""

from datetime import date

from sqlalchemy import delete, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.tip_off import tip_off_tries

_NEW = upsert(tip_off_tries)
_CHARGE: Statement[int] = statement(
    _NEW.on_conflict_do_update(
        index_elements=[
            tip_off_tries.c.relying_party,
            tip_off_tries.c.reference,
            tip_off_tries.c.day,
        ],
        set_={"count": tip_off_tries.c.count + _NEW.excluded["count"]},
    ).returning(tip_off_tries.c.count),
    scalar,
)
_REFUND = statement(
    update(tip_off_tries)
    .where(
        tip_off_tries.c.relying_party == param("party"),
        tip_off_tries.c.reference == param("reference"),
        tip_off_tries.c.day == param("day"),
    )
    .values(count=tip_off_tries.c["count"] - 1)
)
_FORGET = statement(delete(tip_off_tries).where(tip_off_tries.c.day < param("before")))


async def charge(connection: Connection, *, relying_party: str, reference: str, day: date) -> int:
    """Count a try; return the day's tries with this one."""
    return await connection.only(_CHARGE, relying_party=relying_party, reference=reference, day=day, count=1)


async def refund(connection: Connection, *, relying_party: str, reference: str, day: date) -> None:
    """Refund one try of a reference on a day."""
    await connection.run(_REFUND, party=relying_party, reference=reference, day=day)


async def forget(connection: Connection, *, before: date) -> int:
    """Delete the counts of the days before one; return how many."""
    return await connection.run(_FORGET, before=before)
