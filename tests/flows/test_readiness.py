"""Readiness: every check is made within its time, and clocks and rosters are compared."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from idvault.core.ailment import AilmentError
from idvault.processes import readiness
from idvault.processes.doctor import Check
from idvault.processes.readiness import RegistryClock, RosterAge

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def test_every_failed_check_is_a_reason() -> None:
    """A check that passes gives no reason, one that fails says why, and one that hangs gives no answer."""

    async def well() -> None:
        pass

    async def ill() -> None:
        raise AilmentError("rest")

    async def hangs() -> None:
        await asyncio.Event().wait()

    checks = [Check("a", well), Check("b", ill), Check("c", hangs)]
    assert await readiness.look(checks, patience=0.01) == {"b": "rest", "c": "there is no answer"}


def test_clocks() -> None:
    """Six seconds are tolerated, seven are not, and an unknown clock says nothing."""
    for theirs in (None, NOW, NOW + 6 * SECOND, NOW - 6 * SECOND):
        readiness.check_clock(whose="database", theirs=theirs, now=NOW)
    for seconds in (-7, 7):
        with pytest.raises(AilmentError, match=f"differs from the database's by {seconds} s: run NTP"):
            readiness.check_clock(whose="database", theirs=NOW - seconds * SECOND, now=NOW)


async def test_the_registry_is_asked_once_a_minute() -> None:
    """Its answer counts until the next one; a registry that is away is no reason."""
    answers: list[datetime | None] = [NOW, NOW, None]

    async def ask() -> datetime | None:
        return answers.pop(0)

    clock = RegistryClock(ask=ask)
    await clock.check(now=NOW)
    await clock.check(now=NOW + 59 * SECOND)
    assert len(answers) == 2
    for later in (60, 61):
        with pytest.raises(AilmentError, match="the registry's by 60 s"):
            await clock.check(now=NOW + later * SECOND)
    await clock.check(now=NOW + 120 * SECOND)
    assert answers == []


def test_a_roster_that_is_not_in_force_twice() -> None:
    """A new version may be missed once, and not twice; the one in force is never missed."""
    age = RosterAge(in_force=lambda: (1, "a"))
    for newest in (None, (1, "a"), (2, "b"), (3, "c"), (1, "a"), (3, "c")):
        age.check(newest)
    with pytest.raises(AilmentError, match="version 3 of the roster is in the database and not in force"):
        age.check((3, "c"))
