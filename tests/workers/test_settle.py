"""The pool that settles the backlog."""

import asyncio
from typing import Any

import pytest

from idvault.claim.acts import backlog as claim_backlog
from idvault.claim.acts.backlog import Settler
from idvault_verify.clock import ClockReading
from tools.support import builders


class FakeBacklog:
    """Leases numbers as jobs; a job may fail, and a lease may be refused."""

    def __init__(self, jobs: int) -> None:
        self.waiting = list(range(jobs))
        self.settled: list[int] = []
        self.running = 0
        self.most = 0
        self.refusals = 0
        self.broken: set[int] = set()
        self.done = asyncio.Event()

    async def lease(self, *, now: ClockReading, limit: int) -> list[Any]:
        """Lease up to limit numbers."""
        if self.refusals:
            self.refusals -= 1
            raise OSError("away")
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def settle(self, job: int, *, now: ClockReading) -> None:
        """Settle a number after yielding to other tasks."""
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        self.settled.append(job)
        if not self.waiting:
            self.done.set()
        if job in self.broken:
            raise ValueError("broken")


async def _run(backlog: FakeBacklog, width: int) -> list[tuple[str, str]]:
    stop, failures = asyncio.Event(), []
    settler = Settler(
        backlog=backlog,  # type: ignore[arg-type]
        clock=builders.reading,
        report=lambda name, error: failures.append((name, type(error).__name__)),
        width=width,
    )
    async with asyncio.timeout(10):
        running = asyncio.create_task(settler.run(stop=stop))
        await backlog.done.wait()
        stop.set()
        await running
    return failures


async def test_everything_is_settled_and_never_too_much_at_once() -> None:
    """Only jobs that can start at once are leased."""
    backlog = FakeBacklog(50)
    assert await _run(backlog, width=4) == []
    assert sorted(backlog.settled) == list(range(50))
    assert backlog.most <= 4


async def test_a_failure_is_reported_and_stops_nothing() -> None:
    """The other jobs are still settled."""
    backlog = FakeBacklog(10)
    backlog.broken = {3}
    assert await _run(backlog, width=2) == [("settle", "ValueError")]
    assert sorted(backlog.settled) == list(range(10))


async def test_a_store_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first lease fails, the next one works."""
    monkeypatch.setattr(claim_backlog, "_BROKEN", 0.01)
    backlog = FakeBacklog(2)
    backlog.refusals = 1
    assert await _run(backlog, width=2) == [("settle", "OSError")]
    assert sorted(backlog.settled) == [0, 1]


async def test_nothing_is_leased_under_a_clock_that_somebody_contradicts() -> None:
    """Each lease asks first; once the clock is right, everything is settled."""
    backlog, stop = FakeBacklog(4), asyncio.Event()
    asked: list[ClockReading] = []

    async def is_wrong(now: ClockReading) -> bool:
        asked.append(now)
        assert not backlog.settled or len(asked) > 3
        return len(asked) < 3

    settler = Settler(
        backlog=backlog,  # type: ignore[arg-type]
        clock=builders.reading,
        report=lambda _name, error: pytest.fail(str(error)),
        width=8,
        is_wrong=is_wrong,
    )
    async with asyncio.timeout(10):
        running = asyncio.create_task(settler.run(stop=stop))
        await backlog.done.wait()
        stop.set()
        await running
    assert sorted(backlog.settled) == list(range(4))
    assert asked[:3] == [builders.reading()] * 3
