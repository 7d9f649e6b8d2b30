"""Time limits with one timer: each block ends by its own limit, and only by that."""

import asyncio
from contextlib import suppress

import pytest

from idvault.core.edge import timer as timers
from idvault.core.edge.timer import TimeLimit, Timer


async def _never() -> None:
    await asyncio.get_running_loop().create_future()


async def _limited(timer: Timer, seconds: float) -> None:
    with timer.within(seconds):
        await _never()


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.01, 0.05])
async def test_a_limit_ends_its_block(seconds: float) -> None:
    """A block that takes longer ends with TimeoutError, also if its time is over already."""
    with pytest.raises(TimeoutError):
        await _limited(Timer(), seconds)


async def test_a_block_that_ends_in_time_is_left_alone() -> None:
    """Its task is not cancelled later."""
    timer = Timer()
    with timer.within(0.01) as limit:
        pass
    await asyncio.sleep(0.1)
    assert not limit.expired()


async def test_each_limit_ends_only_its_own_block() -> None:
    """The shorter of two ends first; one that is added later and ends sooner is not late for the first."""
    timer, order = Timer(), list[str]()

    async def block(name: str, seconds: float) -> None:
        with pytest.raises(TimeoutError):
            await _limited(timer, seconds)
        order.append(name)

    long = asyncio.ensure_future(block("long", 60))
    await asyncio.sleep(0)
    # Entered together: their order is that of their limits even if the machine stands still meanwhile.
    await asyncio.gather(block("middle", 0.1), block("short", 0.01))
    assert order == ["short", "middle"]
    assert not long.done()
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long


async def test_a_timer_that_was_idle_is_armed_again() -> None:
    """After its last limit a timer sleeps until there is another."""
    timer = Timer()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await _limited(timer, 0.01)
        await asyncio.sleep(0.05)
    assert timer._armed is None


async def test_the_cancellation_of_somebody_else_passes() -> None:
    """A caller that goes away cancels the call; that is not its time-out."""
    task = asyncio.ensure_future(_limited(Timer(), 30))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_at_the_same_moment_passes() -> None:
    """A call that is cancelled in the turn in which its time is over stays cancelled."""
    limits: list[TimeLimit] = []

    async def call() -> None:
        with Timer().within(30) as limit:
            limits.append(limit)
            await _never()

    task = asyncio.ensure_future(call())
    await asyncio.sleep(0)
    task.cancel()
    limits[0].end()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_in_the_block_passes() -> None:
    """A TimeoutError of somebody else, too, is not that of the limit."""
    with pytest.raises(TimeoutError) as raised, Timer().within(30) as limit:
        raise TimeoutError("another")
    assert str(raised.value) == "another"
    assert not limit.expired()


async def test_nested_limits() -> None:
    """The inner block ends by its limit and the outer one goes on, and the other way round."""
    timer = Timer()
    with timer.within(30):
        with pytest.raises(TimeoutError):
            await _limited(timer, 0.01)
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), timer.within(0.01) as outer, timer.within(30) as inner:
        await _never()
    assert (outer.expired(), inner.expired()) == (True, False)


async def test_a_limit_can_be_ended_early() -> None:
    """A call that makes room for another one ends at once, and only once."""
    timer, limits = Timer(), list[TimeLimit]()

    async def call() -> None:
        with timer.within(30) as limit:
            limits.append(limit)
            await _never()

    task = asyncio.ensure_future(call())
    await asyncio.sleep(0)
    limits[0].end()
    limits[0].end()
    with pytest.raises(TimeoutError):
        await task
    assert task.cancelling() == 0


async def test_of_many_that_end_at_once_some_are_ended_at_a_time() -> None:
    """Other work of the loop runs in between; all end."""
    timer, ended = Timer(), list[int]()

    async def one(number: int) -> None:
        with suppress(TimeoutError):
            await _limited(timer, 0.01)
        ended.append(number)

    tasks = [asyncio.ensure_future(one(number)) for number in range(200)]
    seen = set[int]()
    while len(ended) < len(tasks):
        seen.add(len(ended))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert len(seen) >= 200 // timers._AT_ONCE
