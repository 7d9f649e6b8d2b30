"""Rows of what platforms used in a month."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.listing import one_of
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.account import accounts, records
from idvault.core.tables.platform import platform_usage
from idvault.core.usage import Key, UsageBatch
from idvault.platform.usage.rules import ACCOUNTS, RECORDS

_NEW = upsert(platform_usage)
_KEYS = [platform_usage.c.relying_party, platform_usage.c.month, platform_usage.c.what]
_ADD = statement(
    _NEW.on_conflict_do_update(
        index_elements=_KEYS, set_={"number": platform_usage.c.number + _NEW.excluded.number}
    )
)
_SET = statement(_NEW.on_conflict_do_update(index_elements=_KEYS, set_={"number": _NEW.excluded.number}))
# Whoever has lost the last account is not among those that are counted.
_CLEAR = statement(
    update(platform_usage)
    .where(
        platform_usage.c.month == param("of"),
        one_of(platform_usage.c.what, (ACCOUNTS, RECORDS)),
    )
    .values(number=0)
)
# Of no platform: the hour of a month's last count, and each process's last batch.
_NOBODY, _COUNTED_AT, _BATCH = "", "stored", "batch/"
_MARK: Statement[int] = statement(
    _NEW.on_conflict_do_update(
        index_elements=_KEYS,
        set_={"number": _NEW.excluded.number},
        where=platform_usage.c.number < _NEW.excluded.number,
    ).returning(platform_usage.c.number),
    scalar,
)
_FORGET_BATCHES = statement(
    delete(platform_usage).where(
        platform_usage.c.relying_party == _NOBODY,
        platform_usage.c.month < param("before"),
        platform_usage.c.what != _COUNTED_AT,
    )
)
_COUNTED: Statement[int] = statement(
    select(platform_usage.c.number).where(
        platform_usage.c.relying_party == _NOBODY,
        platform_usage.c.month == param("month"),
        platform_usage.c.what == _COUNTED_AT,
    ),
    scalar,
)
_OF_MONTH: Statement[tuple[str, str, int]] = statement(
    select(platform_usage.c.relying_party, platform_usage.c.what, platform_usage.c.number)
    .where(platform_usage.c.month == param("month"), platform_usage.c.relying_party != _NOBODY)
    .order_by(platform_usage.c.relying_party, platform_usage.c.what),
    tuple,
)
_OF_PARTY: Statement[tuple[str, int]] = statement(
    select(platform_usage.c.what, platform_usage.c.number).where(
        platform_usage.c.relying_party == param("party"), platform_usage.c.month == param("month")
    ),
    tuple,
)
_ACCOUNTS: Statement[tuple[str, int]] = statement(
    select(accounts.c.relying_party, func.count()).group_by(accounts.c.relying_party), tuple
)
_RECORDS: Statement[tuple[str, int]] = statement(
    select(records.c.relying_party, func.count()).group_by(records.c.relying_party), tuple
)


def _row(key: Key, number: int) -> dict[str, Any]:
    relying_party, month, what = key
    return {"relying_party": relying_party, "month": month, "what": what, "number": number}


async def add(connection: Connection, batch: UsageBatch) -> None:
    """Add to the stored numbers, in one order in every process: none waits for another in a circle.

    A batch that is stored already is noted with its number, in the last month that it counts in.
    """
    counts, month = batch.counts, max(month for _, month, _ in batch.counts)
    mark = _row((_NOBODY, month, _BATCH + batch.process), batch.number)
    if await connection.one(_MARK, **mark) is not None:
        await connection.many(_ADD, [_row(key, counts[key]) for key in sorted(counts)])


async def forget_batches(connection: Connection, *, before: str) -> None:
    """Delete the notes of batches of the months before one: no process sends them again."""
    await connection.run(_FORGET_BATCHES, before=before)


async def counted(connection: Connection, month: str) -> int:
    """Return the hour of the last count of what is stored in a month, 0 before it."""
    return await connection.one(_COUNTED, month=month) or 0


async def put(connection: Connection, month: str, numbers: Mapping[Key, int], *, hour: int) -> None:
    """Replace what is stored of a month, counted in an hour."""
    await connection.run(_CLEAR, of=month)
    found = {**numbers, (_NOBODY, month, _COUNTED_AT): hour}
    await connection.many(_SET, [_row(key, found[key]) for key in sorted(found)])


async def of_month(connection: Connection, month: str) -> list[tuple[str, str, int]]:
    """Return platform, what and number of a month."""
    return await connection.all(_OF_MONTH, month=month)


async def of_party(connection: Connection, party: str, month: str) -> list[tuple[str, int]]:
    """Return what and number of a platform's month."""
    return await connection.all(_OF_PARTY, party=party, month=month)


async def held(connection: Connection) -> dict[str, dict[str, int]]:
    """Return how many accounts and records each platform has now; reads both tables."""
    return {
        ACCOUNTS: dict(await connection.all(_ACCOUNTS)),
        RECORDS: dict(await connection.all(_RECORDS)),
    }
