"""What the worker of a development vault notices as a change."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.core.loop import Changes
from idvault.log.rules import Unsequenced
from idvault.processes.bootstrap import work
from idvault.processes.bootstrap.work import watch_changes
from idvault_verify.error import Reason, UnavailableError
from tools.support import builders


class Log:
    """A log store of which only the number of waiting entries is asked."""

    def __init__(self) -> None:
        self.waiting = 0
        self.is_away = False
        self.looks = 0
        self._looked = asyncio.Event()

    async def unsequenced(self) -> Unsequenced:
        self.looks += 1
        self._looked.set()
        if self.is_away:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return Unsequenced(self.waiting, None)

    async def looked(self, times: int) -> None:
        """Return after so many more looks, each with the effects of the one before."""
        end = self.looks + times
        async with asyncio.timeout(20):
            while self.looks < end:
                self._looked.clear()
                await self._looked.wait()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_PERIOD", 0.001)


async def test_an_entry_and_another_time_are_changes() -> None:
    """An entry is told of as long as it waits for its place, a shifted clock once, and nothing else."""
    log, changes, readings = Log(), Changes(speed=100), [builders.reading()]
    async with AsyncExitStack() as stack:
        watch_changes(stack, changes, look=log.unsequenced, clock=lambda: readings[-1])
        await log.looked(3)
        assert changes.count == 1  # the shift that it began with
        readings.append(replace(readings[0], business=readings[0].business + timedelta(days=1)))
        await log.looked(3)
        assert changes.count == 2
        log.waiting = 1
        await log.looked(4)
        assert changes.count >= 5
        log.waiting = 0
        await log.looked(1)
        before = changes.count
        await log.looked(3)
        assert changes.count == before


async def test_an_absent_database_is_no_change() -> None:
    """The watch goes on, and tells of what changes afterwards."""
    log, changes = Log(), Changes(speed=100)
    log.is_away = True
    async with AsyncExitStack() as stack:
        watch_changes(stack, changes, look=log.unsequenced, clock=builders.reading)
        await log.looked(3)
        log.is_away, log.waiting, before = False, 1, changes.count
        await log.looked(2)
        assert changes.count > before


async def test_a_worker_in_production_does_not_look() -> None:
    """Its tasks keep their periods."""
    log = Log()
    async with AsyncExitStack() as stack:
        watch_changes(stack, Changes(speed=1), look=log.unsequenced, clock=builders.reading)
        for _ in range(10):
            await asyncio.sleep(0)
    assert log.looks == 0
