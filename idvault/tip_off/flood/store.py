"""The days of forms: how many reports each had, and how many it may have before it is flooded."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.tip_off import tip_off_form_days as days
from idvault.tip_off.flood import rules as flood_rules


@dataclass(frozen=True, slots=True)
class FormDay:
    """A day of a form. filed: its reports. most: how many may come before it is flooded."""

    filed: int
    most: int


def _from_row(row: Any) -> FormDay:
    return FormDay(row.filed, row.most)


_COUNTED = (days.c.filed, days.c.most)
_COUNT: Statement[FormDay] = statement(
    update(days)
    .where(days.c.relying_party == param("party"), days.c.day == param("today"))
    .values(filed=days.c.filed + 1)
    .returning(*_COUNTED),
    _from_row,
)
# Two processes may begin a day at once: the second one counts in the first one's row.
_BEGIN: Statement[FormDay] = statement(
    upsert(days)
    .on_conflict_do_update(
        index_elements=[days.c.relying_party, days.c.day], set_={"filed": days.c.filed + 1}
    )
    .returning(*_COUNTED),
    _from_row,
)
_PAST: Statement[int] = statement(
    select(days.c.filed).where(
        days.c.relying_party == param("party"),
        days.c.day >= param("since"),
        days.c.day < param("today"),
    ),
    scalar,
)
_FORGET = statement(delete(days).where(days.c.day < param("before")))


async def count(connection: Connection, *, relying_party: str, today: date) -> FormDay:
    """Count a report of a form; return its day with this one."""
    known = await connection.one(_COUNT, party=relying_party, today=today)
    if known is not None:
        return known
    since = today - timedelta(days=flood_rules.DAYS)
    past = await connection.all(_PAST, party=relying_party, since=since, today=today)
    return await connection.only(
        _BEGIN, relying_party=relying_party, day=today, filed=1, most=flood_rules.limit(past)
    )


async def forget(connection: Connection, *, today: date) -> int:
    """Delete the days that no limit needs any more; return how many."""
    return await connection.run(_FORGET, before=today - timedelta(days=flood_rules.DAYS))
