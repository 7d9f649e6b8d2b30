"""Two processes destroy former versions at once, each with connections of its own, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault.erasure.former_version.acts import LOOK_PAUSE, VersionSweep
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.record import SealedRecord
from tests.support.erasure_room import open_alone
from tests.support.version_room import AFTER, VersionRoom
from tools.support.chamber import Chamber, chamber
from tools.support.databases import Databases

FORMER, PRESENT = "旧一一", "新一一"
_USES = ("act", "read", "write", "one", "empty_log")


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with each kind of database."""
    async with chamber(databases, tmp_path) as made:
        yield made


@pytest.fixture
def versions(room: Chamber) -> VersionRoom:
    """Return the former versions of the chamber."""
    return VersionRoom(room)


class Process:
    """A worker's process beside others: its own connections, and what it does at each use of them.

    at: called with the number of the use, from 1 on, before it or after it.
    """

    def __init__(self, room: Chamber, databases: Databases, stack: AsyncExitStack) -> None:
        self._room = room
        self._main, self._shred = Database(url=databases.main_url), Database(url=databases.shred_url)
        stack.push_async_callback(self._main.close)
        stack.push_async_callback(self._shred.close)
        self.sweep = VersionSweep(
            vault=replace(room.vault, main=self._main),
            shred_keys=ShredKeys(self._shred),
            remnants=Remnants(main=self._main, shred=self._shred),
        )
        self.uses = 0

    def visited(self, visit: Callable[[], Any], *, point: int, before: bool) -> None:
        """Let somebody else do something at one of the uses."""
        for database in (self._main, self._shred):
            for name in _USES:
                use = partial(self._use, getattr(database, name), visit, point=point, before=before)
                setattr(database, name, use)

    async def _use(
        self,
        use: Callable[..., Any],
        visit: Callable[[], Any],
        *given: Any,
        point: int,
        before: bool,
        **named: Any,
    ) -> Any:
        self.uses += 1
        is_point = self.uses == point
        if is_point and before:
            await visit()
        answer = await use(*given, **named)
        if is_point and not before:
            await visit()
        return answer

    async def step(self, *, later: timedelta = timedelta()) -> int:
        """Carry out what is due; return how many versions are gone."""
        now = self._room.now()
        return await self.sweep.step(now=replace(now, real=now.real + later), limit=100)

    async def finish(self, versions: VersionRoom) -> int:
        """Go on until nothing is left: files that somebody read are looked at again after a pause."""
        count = 0
        for look in range(20):
            count += await self.step(later=(look + 1) * 2 * LOOK_PAUSE)
            if not await versions.kept():
                return count
        return count


async def due(room: Chamber, count: int) -> list[SealedRecord]:
    """Return former versions that are due, of accounts with a present one each."""
    accounts = [await room.account(name=FORMER) for _ in range(count)]
    former = [await room.verify_again(account, name=PRESENT) for account in accounts]
    room.offset += AFTER
    return former


async def check(room: Chamber, versions: VersionRoom, former: list[SealedRecord]) -> None:
    """Every former version is gone with its key, and every present one opens."""
    assert await versions.kept() == []
    for each in former:
        assert await versions.key(each) is None
        with pytest.raises(UnsealError):
            open_alone(each, await versions.key(each))
        present = room.records[each.account_token]
        assert open_alone(present, await versions.key(present)) == PRESENT


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_sweep_comes_between_any_two_steps_of_another(
    room: Chamber, versions: VersionRoom, databases: Databases, *, before: bool
) -> None:
    """At each use of a database by the one, the other begins and ends: each version is gone once."""
    point, met = 1, True
    while met:
        former = await due(room, 2)
        async with AsyncExitStack() as stack:
            one, other = (Process(room, databases, stack) for _ in range(2))
            counts: list[int] = []

            async def visit(other: Process = other, counts: list[int] = counts) -> None:
                counts.append(await other.step())

            one.visited(visit, point=point, before=before)
            counts.append(await one.step())
            met = one.uses >= point
            counts.append(await other.finish(versions))
        assert sum(counts) == 2
        await check(room, versions, former)
        point += 1
    assert point > 8


async def test_sweeps_that_run_together(room: Chamber, versions: VersionRoom, databases: Databases) -> None:
    """Three at once, while accounts are verified again: each version is gone once, and none too early."""
    former = await due(room, 6)
    async with AsyncExitStack() as stack:
        processes = [Process(room, databases, stack) for _ in range(3)]
        fresh = [each.account_token for each in former[:2]]

        async def renew() -> list[SealedRecord]:
            return [await room.verify_again(account, name=PRESENT) for account in fresh]

        renewing = asyncio.create_task(renew())
        counts = await asyncio.gather(*(each.step() for each in processes))
        renewed = await renewing
        left = await versions.kept()
        assert {each.record_id for each in renewed} <= set(left)
        for each in renewed:
            assert open_alone(each, await versions.key(each)) == PRESENT
        room.offset += AFTER
        total = sum(counts) + await processes[0].finish(versions)
    assert total == 8
    await check(room, versions, [*former, *renewed])
