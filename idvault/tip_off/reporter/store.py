"""Rows of reporters."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Integer, String, delete, literal_column, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, statement, upsert
from idvault.core.tables.tip_off import tip_off_reporters
from idvault.tip_off.reporter.rules import Reporter
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.tip_off import ReporterStanding


def _from_row(row: Any) -> Reporter:
    return Reporter(
        row.reporter_id,
        row.relying_party,
        ReporterStanding(row.standing),
        row.limited_until,
        row.day,
        row.filed_today,
        row.filed,
        row.upheld,
        row.dismissed,
        row.abusive,
    )


_OF_PARTY = tip_off_reporters.c.relying_party == param("party")
_MINE = tip_off_reporters.c.reporter_id == param("reporter")
_LIFE = ("standing", "limited_until", "day", "filed_today", "filed", "upheld", "dismissed", "abusive")
_ADD = statement(
    upsert(tip_off_reporters).on_conflict_do_nothing(
        index_elements=[tip_off_reporters.c.relying_party, tip_off_reporters.c.reporter_id]
    )
)
_LOCK: Statement[Reporter] = statement(
    for_change(select(tip_off_reporters).where(_OF_PARTY, _MINE)), _from_row
)
_PUT = statement(
    update(tip_off_reporters).where(_OF_PARTY, _MINE).values({name: param(name) for name in _LIFE})
)
_PAGE = (
    select(tip_off_reporters)
    .where(_OF_PARTY, tip_off_reporters.c.reporter_id > param("after", String))
    .order_by(tip_off_reporters.c.reporter_id)
    .limit(param("limit", Integer))
)
ALL: Statement[Reporter] = statement(_PAGE, _from_row)
IN_STANDING: Statement[Reporter] = statement(
    _PAGE.where(tip_off_reporters.c.standing == param("standing")), _from_row
)
ONE: Statement[Reporter] = statement(_PAGE.where(_MINE), _from_row)

_FORGET = statement(
    delete(tip_off_reporters).where(
        tip_off_reporters.c.standing == literal_column(f"'{ReporterStanding.ORDINARY.value}'"),
        tip_off_reporters.c.day < param("before"),
    )
)


async def page(
    connection: Connection,
    party: str,
    *,
    standing: ReporterStanding | None,
    reporter_id: str | None,
    after: str,
    limit: int,
) -> list[Reporter]:
    """Return up to limit reporters whose ids follow another one, by id; of one id at most one."""
    place = {"party": party, "after": after, "limit": limit}
    if reporter_id is not None:
        found = await connection.all(ONE, **place, reporter=reporter_id)
        return [each for each in found if standing in (None, each.standing)]
    if standing is None:
        return await connection.all(ALL, **place)
    return await connection.all(IN_STANDING, **place, standing=standing.value)


async def lock_known(connection: Connection, relying_party: str, reporter_id: str) -> Reporter:
    """Return a reporter, locked; raises NotFoundError (REPORTER_NOT_FOUND)."""
    found = await lock(connection, relying_party, reporter_id)
    if found is None:
        raise NotFoundError(Reason.REPORTER_NOT_FOUND)
    return found


async def lock(connection: Connection, relying_party: str, reporter_id: str) -> Reporter | None:
    """Return a reporter, locked."""
    return await connection.one(_LOCK, party=relying_party, reporter=reporter_id)


async def obtain(connection: Connection, relying_party: str, reporter_id: str, *, today: date) -> Reporter:
    """Return a reporter, locked; a new one is inserted."""
    known = await lock(connection, relying_party, reporter_id)
    if known is not None:
        return known
    await connection.run(_ADD, **asdict(Reporter(reporter_id, relying_party, day=today)))
    return await connection.only(_LOCK, party=relying_party, reporter=reporter_id)


async def put(connection: Connection, reporter: Reporter) -> None:
    """Store a reporter whose row this act has locked."""
    life = {name: getattr(reporter, name) for name in _LIFE} | {"standing": reporter.standing.value}
    await connection.later(_PUT, party=reporter.relying_party, reporter=reporter.reporter_id, **life)


async def forget(connection: Connection, *, before: date) -> int:
    """Delete ordinary reporters whose last report was before a day; return how many."""
    return await connection.run(_FORGET, before=before)
