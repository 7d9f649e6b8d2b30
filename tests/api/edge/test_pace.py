"""Groups of calls: few calls wait for nobody, many start together, and none waits for long."""

import asyncio
from pathlib import Path

import pytest

from idvault.api.edge.pace import Pace
from tests.support.authority import Authority
from tests.support.edge import GET_STATUS, call, refused, requests, running


@pytest.mark.parametrize(
    ("seconds", "running", "applies"), [(0.001, 7, False), (0.001, 8, True), (0.0, 4_000, False)]
)
def test_when_calls_wait(seconds: float, running: int, applies: bool) -> None:
    """One call at a time loses nothing, and zero seconds turn groups off."""
    assert Pace(seconds=seconds, calls=8).applies(running) is applies


async def test_a_group_starts_in_one_turn() -> None:
    """Whoever waits is started by the same timer, in the order of arrival; the next group by another."""
    pace, started = Pace(seconds=0.05, calls=2), list[int]()

    async def one(number: int) -> None:
        await pace.turn()
        started.append(number)

    first = [asyncio.ensure_future(one(number)) for number in range(5)]
    await first[0]
    await asyncio.sleep(0)
    assert started == [0, 1, 2, 3, 4]
    await one(5)
    assert started[-1] == 5


async def test_who_goes_away_delays_nobody() -> None:
    """A cancelled call leaves its group; the others start."""
    pace = Pace(seconds=0.01, calls=2)
    gone, stays = asyncio.ensure_future(pace.turn()), asyncio.ensure_future(pace.turn())
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert gone.cancelled()


async def test_paced_calls_are_answered(tmp_path: Path, authority: Authority) -> None:
    """Over a real channel every call of a crowd gets its own answer."""
    async with running(tmp_path, authority, pace=Pace(seconds=0.002, calls=2)) as edge:
        channel, body = edge.mine(), requests()[GET_STATUS].SerializeToString()
        answers = await asyncio.gather(*(call(channel, GET_STATUS, body) for _ in range(40)))
        assert len(set(answers)) == 1
        assert len(edge.statuses.asked) == 40


async def test_a_paced_call_keeps_its_time_limit(tmp_path: Path, authority: Authority) -> None:
    """The wait for a group counts as time of the call."""
    async with running(tmp_path, authority, pace=Pace(seconds=30, calls=1), deadline=0.05) as edge:
        told = await refused(edge.mine(), GET_STATUS, requests()[GET_STATUS].SerializeToString())
        assert (told.reason, edge.statuses.asked) == ("STORE_UNAVAILABLE", [])
