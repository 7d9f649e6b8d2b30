"""The rate cap that all processes share (ports.budget): a GCRA clock, one row for each name."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Table, case, literal, type_coerce

from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.metadata import NAME, main
from idvault.storage.base.types import Micros, from_micros, to_micros
from idvault.storage.dialect import insert

_MICROSECOND = timedelta(microseconds=1)


budgets = Table(
    "budgets",
    main,
    Column("name", NAME, primary_key=True),
    Column("next_at", Micros, nullable=False),
)


class SqlBudgetStore:
    """Rate caps in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def take(self, name: str, *, gap: timedelta, now: datetime, latest: datetime) -> datetime | None:
        """Take the next slot and return its time, or None if it would lie after latest."""
        if latest < now:
            return None
        return await self._database.act(
            "budget.take",
            lambda connection: _take(
                connection, name, gap // _MICROSECOND, to_micros(now), to_micros(latest)
            ),
        )

    async def pause(self, name: str, *, until: datetime) -> None:
        """Let no slot start before a time; never moves it backwards."""
        await self._database.act("budget.pause", lambda connection: _pause(connection, name, until))


async def _take(connection: Connection, name: str, gap: int, now: int, latest: int) -> datetime | None:
    stored = type_coerce(budgets.c.next_at, BigInteger)
    start = case((stored > now, stored), else_=literal(now, BigInteger))
    statement = (
        insert(connection, budgets)
        .values(name=name, next_at=from_micros(now + gap))
        .on_conflict_do_update(
            index_elements=[budgets.c.name], set_={"next_at": start + gap}, where=start <= latest
        )
        .returning(type_coerce(budgets.c.next_at, BigInteger))
    )
    taken = (await connection.execute(statement)).scalar_one_or_none()
    return None if taken is None else from_micros(taken - gap)


async def _pause(connection: Connection, name: str, until: datetime) -> None:
    await connection.execute(
        insert(connection, budgets)
        .values(name=name, next_at=until)
        .on_conflict_do_update(
            index_elements=[budgets.c.name],
            set_={"next_at": until},
            where=budgets.c.next_at < until,
        )
    )
