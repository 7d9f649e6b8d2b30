"""Rows of what platforms used in a month."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement, upsert
from idvault.core.tables.account import accounts, records
from idvault.core.tables.platform import platform_usage
from idvault.core.usage import Key

_NEW = upsert(platform_usage)
_KEYS = [platform_usage.c.relying_party, platform_usage.c.month, platform_usage.c.what]
_ADD = statement(
    _NEW.on_conflict_do_update(
        index_elements=_KEYS, set_={"number": platform_usage.c.number + _NEW.excluded.number}
    )
)
_SET = statement(_NEW.on_conflict_do_update(index_elements=_KEYS, set_={"number": _NEW.excluded.number}))
_OF_MONTH: Statement[tuple[str, str, int]] = statement(
    select(platform_usage.c.relying_party, platform_usage.c.what, platform_usage.c.number)
    .where(platform_usage.c.month == param("month"))
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


async def add(connection: Connection, counts: Mapping[Key, int]) -> None:
    """Add to the stored numbers, in one order in every process: none waits for another in a circle."""
    await connection.many(_ADD, [_row(key, counts[key]) for key in sorted(counts)])


async def put(connection: Connection, numbers: Mapping[Key, int]) -> None:
    """Replace stored numbers."""
    await connection.many(_SET, [_row(key, numbers[key]) for key in sorted(numbers)])


async def of_month(connection: Connection, month: str) -> list[tuple[str, str, int]]:
    """Return platform, what and number of a month."""
    return await connection.all(_OF_MONTH, month=month)


async def of_party(connection: Connection, party: str, month: str) -> list[tuple[str, int]]:
    """Return what and number of a platform's month."""
    return await connection.all(_OF_PARTY, party=party, month=month)


async def held(connection: Connection) -> dict[str, dict[str, int]]:
    """Return how many accounts and records each platform has now."""
    return {
        "accounts": dict(await connection.all(_ACCOUNTS)),
        "records": dict(await connection.all(_RECORDS)),
    }
