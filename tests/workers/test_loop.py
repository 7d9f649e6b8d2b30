"""Periodic tasks."""

import asyncio

from idvault.core.loop import Changes, Loop, Task, pause
from idvault_verify.clock import ClockReading
from tools.support import builders


async def test_each_task_runs_until_stop_and_gets_the_time() -> None:
    """Both tasks run more than once and receive the clock's time."""
    stop = asyncio.Event()
    seen: list[tuple[str, ClockReading]] = []

    async def note(name: str, now: ClockReading) -> None:
        seen.append((name, now))
        if len([one for one in seen if one[0] == name]) >= 3 and {one[0] for one in seen} == {"a", "b"}:
            stop.set()

    loop = Loop(
        tasks=[Task("a", 0.001, lambda now: note("a", now)), Task("b", 0.001, lambda now: note("b", now))],
        clock=builders.reading,
        report=lambda name, error: None,
    )
    async with asyncio.timeout(60):
        await loop.run(stop=stop)
    assert {now for _, now in seen} == {builders.reading()}


async def test_a_failing_task_is_reported_backs_off_and_stops_no_other() -> None:
    """The healthy task continues; the failing one is tried at growing intervals."""
    stop = asyncio.Event()
    failures: list[tuple[str, str]] = []
    healthy = 0

    async def fail(_: ClockReading) -> None:
        raise ValueError("broken")

    async def work(_: ClockReading) -> None:
        nonlocal healthy
        healthy += 1
        if healthy == 50:
            stop.set()

    loop = Loop(
        tasks=[Task("broken", 0.002, fail), Task("healthy", 0.002, work)],
        clock=builders.reading,
        report=lambda name, error: failures.append((name, type(error).__name__)),
    )
    async with asyncio.timeout(60):
        await loop.run(stop=stop)
    assert set(failures) == {("broken", "ValueError")}
    assert 2 <= len(failures) < 15


async def test_a_task_that_must_not_wait_long_is_tried_again_soon() -> None:
    """The wait never exceeds the task's limit, however often it has failed."""
    stop, failures = asyncio.Event(), 0

    async def fail(_: ClockReading) -> None:
        raise ValueError("broken")

    def count(_name: str, _error: Exception) -> None:
        nonlocal failures
        failures += 1
        if failures == 40:
            stop.set()

    loop = Loop(tasks=[Task("log", 0.001, fail, longest=0.004)], clock=builders.reading, report=count)
    async with asyncio.timeout(60):
        await loop.run(stop=stop)


async def test_a_pause_ends_early_when_stopped() -> None:
    """Stopping does not wait for the longest period."""
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(30):
        await pause(stop, 60)


async def test_a_running_task_is_finished_before_the_loop_returns() -> None:
    """A stop waits for a task that is running."""
    stop = asyncio.Event()
    finished = False

    async def slow(_: ClockReading) -> None:
        nonlocal finished
        stop.set()
        await asyncio.sleep(0.02)
        finished = True

    await Loop(tasks=[Task("slow", 1, slow)], clock=builders.reading, report=lambda n, e: None).run(stop=stop)
    assert finished


async def test_a_change_lets_a_task_run_before_its_period_is_over() -> None:
    """Each change is followed by a run; without one a task waits, and a stop is not delayed."""
    stop, changes = asyncio.Event(), Changes(speed=10_000)
    ran = asyncio.Queue[None]()

    async def work(_: ClockReading) -> None:
        ran.put_nowait(None)

    loop = Loop(
        tasks=[Task("a", 60, work)], clock=builders.reading, report=lambda n, e: None, changes=changes
    )
    running = asyncio.create_task(loop.run(stop=stop))
    async with asyncio.timeout(60):
        await ran.get()
        for _ in range(3):
            changes.tell()
            await ran.get()
        assert ran.empty()
        stop.set()
        await running


async def test_a_change_during_a_run_is_not_missed() -> None:
    """A task that was running then runs again."""
    stop, changes, runs = asyncio.Event(), Changes(speed=10_000), 0

    async def work(_: ClockReading) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            changes.tell()
        else:
            stop.set()

    loop = Loop(
        tasks=[Task("a", 60, work)], clock=builders.reading, report=lambda n, e: None, changes=changes
    )
    async with asyncio.timeout(60):
        await loop.run(stop=stop)
    assert runs == 2


async def test_without_speed_a_change_shortens_nothing() -> None:
    """A worker in production keeps its periods."""
    stop, changes = asyncio.Event(), Changes(speed=1)
    pausing = asyncio.create_task(changes.pause(stop, 60, since=changes.count))
    changes.tell()
    await asyncio.sleep(0)
    assert not pausing.done()
    stop.set()
    async with asyncio.timeout(60):
        await pausing


async def test_a_task_runs_once_before_the_others_begin() -> None:
    """Its failure is reported, and stops nothing."""
    ran: list[str] = []

    async def fail(_: ClockReading) -> None:
        ran.append("log")
        raise ValueError("broken")

    async def other(_: ClockReading) -> None:
        ran.append("other")

    failures: list[str] = []
    loop = Loop(
        tasks=[Task("other", 1, other), Task("log", 1, fail)],
        clock=builders.reading,
        report=lambda name, _: failures.append(name),
    )
    await loop.once("log")
    assert (ran, failures) == (["log"], ["log"])
