"""The acts and reads of reporters (tip_off.ports.ReporterStore), and their rows."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, String, delete, literal_column, select, update

from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.tip_off import tip_off_reporters
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.ports import EventMaker
from idvault.tip_off.rules import Reporter, ReporterStanding
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import EventType


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


_FORGET = statement(
    delete(tip_off_reporters).where(
        tip_off_reporters.c.standing == literal_column(f"'{ReporterStanding.ORDINARY.value}'"),
        tip_off_reporters.c.day < param("before"),
    )
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlReporterStore:
    """Reporters in the main database."""

    database: Database

    @act("reporter.set_standing")
    async def set_standing(
        self,
        connection: Connection,
        *,
        reporter_id: str,
        standing: ReporterStanding,
        limited_until: datetime | None,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> Reporter:
        """Store a reporter's standing with its event."""
        repeated = await requests.remember(connection, request, made=reporter_id, now=now.business)
        found = await lock(connection, request.caller, reporter_id)
        if found is None:
            raise NotFoundError(Reason.REPORTER_NOT_FOUND)
        if repeated is not None:
            return tip_off_rules.as_of(found, now=now.business)
        changed = tip_off_rules.set_standing(
            found, standing=standing, limited_until=limited_until, now=now.business
        )
        await put(connection, changed)
        fields = {"reporter_id": reporter_id, "standing": standing.value}
        await log_entry.append(connection, make(EventType.REPORTER_SET, fields))
        return changed

    @read("reporter.list")
    async def list(
        self,
        connection: Connection,
        *,
        relying_party: str,
        standing: ReporterStanding | None,
        after: str,
        limit: int,
    ) -> list[Reporter]:
        """Return reporters whose ids follow another one, by id."""
        place = {"party": relying_party, "after": after, "limit": limit}
        if standing is None:
            return await connection.all(ALL, **place)
        return await connection.all(IN_STANDING, **place, standing=standing.value)


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
