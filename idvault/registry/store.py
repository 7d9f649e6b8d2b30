"""The rate cap that all processes share: a GCRA clock, one row for each kind of registry call (real time)."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Table, case, select, type_coerce

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import (
    Micros,
    Statement,
    from_micros,
    param,
    scalar,
    statement,
    to_micros,
    upsert,
)
from idvault.core.tables import NAME, main
from idvault.registry.ports import CallTurn, Reserved

_MICROSECOND = timedelta(microseconds=1)
# No ban and no row of slots is as long: a later slot comes from a clock that was wrong, and would stop every
# call until its time.
_FARTHEST = timedelta(minutes=10)

budgets = Table(
    "budgets",
    main,
    Column("name", NAME, primary_key=True),
    Column("next_at", Micros, nullable=False),
)

_NOW, _GAP, _LATEST, _FAR = (param(name, BigInteger) for name in ("now", "gap", "latest", "far"))
_STORED = type_coerce(budgets.c.next_at, BigInteger)
_START = case((_STORED.between(_NOW, _FAR), _STORED), else_=_NOW)
# Returns the start of the slot after the one taken, or no row if none was taken.
_TAKE: Statement[int | None] = statement(
    upsert(budgets)
    .values(name=param("name"), next_at=_NOW + _GAP)
    .on_conflict_do_update(
        index_elements=[budgets.c.name], set_={"next_at": _START + _GAP}, where=_START <= _LATEST
    )
    .returning(_STORED),
    scalar,
)
_NOTE = upsert(budgets)
_PAUSE = statement(
    _NOTE.on_conflict_do_update(
        index_elements=[budgets.c.name],
        set_={"next_at": _NOTE.excluded.next_at},
        where=budgets.c.next_at < _NOTE.excluded.next_at,
    )
)


_SLOTS: Statement[tuple[str, datetime]] = statement(select(budgets.c.name, budgets.c.next_at), tuple)


async def slots(connection: Connection) -> dict[str, datetime]:
    """Return when the next call of each kind may leave, by the name of its clock; a ban moves it ahead."""
    return dict(await connection.all(_SLOTS))


async def take(main: Database, turn: CallTurn) -> datetime | None:
    """Reserve the next slot and return its time, never before now, or None if it would be after the latest.

    A next slot that no pause and no row of slots explains counts as now: it comes from a clock that was
    wrong.
    Raises UnavailableError (STORE_UNAVAILABLE).
    """
    if turn.latest < turn.now:
        return None
    # A slot that is taken twice after a lost connection is one call less.
    return _slot(turn, await main.write("budget.take", _TAKE, **_asked(turn)))


async def take_last(connection: Connection, turn: CallTurn) -> Reserved:
    """Do the same within an act, as its last statement: every claim waits for this row."""
    if turn.latest < turn.now:
        return Reserved(None)
    return Reserved(_slot(turn, await connection.one(_TAKE, **_asked(turn))))


async def pause(main: Database, name: str, *, until: datetime) -> None:
    """Allow no slot before `until`; never shortens an earlier pause. Raises as `take` does."""
    await main.act("budget.pause", lambda one: one.run(_PAUSE, name=name, next_at=until))


def _asked(turn: CallTurn) -> dict[str, object]:
    gap, now, latest = turn.gap // _MICROSECOND, to_micros(turn.now), to_micros(turn.latest)
    far = now + max(turn.gap * 2, _FARTHEST) // _MICROSECOND
    return {"name": turn.name, "gap": gap, "now": now, "latest": latest, "far": far}


def _slot(turn: CallTurn, following: int | None) -> datetime | None:
    return None if following is None else from_micros(following) - turn.gap
