"""Tries of secrets over both databases: those of reports that exist are counted, and nothing else is."""

from collections.abc import Awaitable
from typing import Any

from sqlalchemy import func, select

from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables import main as schema
from idvault.core.tables.tip_off import tip_off_tries
from idvault.tip_off.acts.filing import TRIES_A_DAY
from idvault_client.errors import VaultError
from idvault_verify.error import Reason
from tests.support.refusal import refused
from tests.support.tip_off_world import TipOffWorld

_TRIES = statement(select(func.coalesce(func.sum(tip_off_tries.c["count"]), 0)), scalar)
WRONG = "0" * 16


async def rows(world: TipOffWorld) -> dict[str, int]:
    """Return the number of rows of every table."""
    found = {}
    for table in schema.sorted_tables:
        counted: Statement[int] = statement(select(func.count()).select_from(table), scalar)
        found[table.name] = await world.database.one("test", counted) or 0
    return found


async def told(work: Awaitable[object]) -> tuple[type[VaultError], str | None]:
    found = await refused(work)
    return type(found), found.reason


def attempt(world: TipOffWorld, reference: str, **changes: Any) -> Awaitable[object]:
    return world.attempt(reference, **{"secret": WRONG, **changes})


async def test_an_unknown_reference_costs_nothing(world: TipOffWorld) -> None:
    """However many are tried and how often: no row in any table, so no entry of the log either."""
    filed = await world.file()
    before = await rows(world)
    for number in range(3):
        for _ in range(2 * TRIES_A_DAY):
            await told(attempt(world, f"{number:012}"))
    for _ in range(2 * TRIES_A_DAY):
        await told(attempt(world, filed.tip_off.reference, party="platform-b"))
    assert await rows(world) == before


async def test_an_unknown_reference_is_told_as_a_wrong_secret(world: TipOffWorld) -> None:
    """Try for try, before and after the lock, and so is the right secret at another platform."""
    filed, tries = await world.file(), range(3 * TRIES_A_DAY)
    known = [await told(attempt(world, filed.tip_off.reference)) for _ in tries]
    unknown = [await told(attempt(world, "0" * 12)) for _ in tries]
    elsewhere = {"party": "platform-b", "secret": filed.secret}
    foreign = [await told(attempt(world, filed.tip_off.reference, **elsewhere)) for _ in tries]
    assert known == unknown == foreign
    # Each of them leaves at the end of a step of time (tests/api/tip_off/test_even.py).
    assert len(world.waited) == 3 * len(tries)


async def test_wrong_secrets_of_a_report_are_counted(world: TipOffWorld) -> None:
    """After ten the right secret opens nothing, either, until the next day; the lock is logged once."""
    filed = await world.file()
    for number in range(1, TRIES_A_DAY + 1):
        await told(attempt(world, filed.tip_off.reference))
        assert await world.database.one("test", _TRIES) == number
    for _ in range(3):
        locked = await told(attempt(world, filed.tip_off.reference, secret=filed.secret))
        assert locked[1] is Reason.TIP_OFF_NOT_FOUND
    assert (await world.events()).count("tipoff:tries:exhaust") == 1
    assert (await world.follow(filed, seconds=86_400)).reference == filed.tip_off.reference
