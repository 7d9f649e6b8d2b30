"""Groups of calls: few calls wait for nobody, many start together, and none waits for long."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from idvault.core import caller
from idvault.core.edge import pace as paces
from idvault.core.edge.pace import Pace
from tools.support.authority import Authority
from tools.support.edge import GET_STATUS, call, refused, requests, running


@pytest.mark.parametrize(
    ("seconds", "running", "applies"), [(0.001, 2, False), (0.001, 3, True), (0.0, 4_000, False)]
)
def test_when_a_group_is_tried(seconds: float, running: int, applies: bool) -> None:
    """One call at a time loses nothing, and zero seconds turn groups off."""
    assert Pace(seconds=seconds, calls=8).applies(running) is applies


def test_many_calls_are_a_reason_to_try() -> None:
    """Calls that end without waiting are seen one at a time, even from a crowd."""
    pace = Pace(seconds=0.001, calls=8)
    assert [pace.applies(1) for _ in range(64)] == [False] * 63 + [True]
    assert not any(Pace(seconds=0, calls=8).applies(1) for _ in range(200))


@pytest.mark.parametrize(("gathered", "goes_on"), [(7, False), (8, True)])
async def test_groups_go_on_while_enough_calls_gather(
    gathered: int, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three groups in a row that gather too few calls end the groups; a full one is followed by the next."""
    monkeypatch.setattr(paces, "_BETWEEN_TRIALS", 1_000.0)
    pace = Pace(seconds=0.001, calls=8)
    for _ in range(3):
        assert pace.applies(gathered)
        await asyncio.gather(*(pace.turn(number) for number in range(1, gathered + 1)))
    assert pace.applies(1) is goes_on
    assert pace.applies(5) is goes_on


async def test_groups_end_when_calls_get_few_and_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that wait in vain end the groups; after the pause they are tried again."""
    monkeypatch.setattr(paces, "_BETWEEN_TRIALS", 0.0)
    pace = Pace(seconds=0.001, calls=3)
    assert pace.applies(3)
    await asyncio.gather(pace.turn(1), pace.turn(2), pace.turn(3))
    for _ in range(3):
        assert pace.applies(1)
        await pace.turn(1)
    assert not pace.applies(1)
    assert pace.applies(3)


async def test_a_call_joins_a_group_that_gathers() -> None:
    """While a group waits, every call waits with it."""
    pace = Pace(seconds=0.01, calls=8)
    first = asyncio.ensure_future(pace.turn(3))
    await asyncio.sleep(0)
    assert pace.applies(1)
    await first


async def test_a_group_starts_in_one_turn() -> None:
    """Whoever waits is started by the same timer, in the order of arrival; the next group by another."""
    pace, started = Pace(seconds=0.05, calls=2), list[int]()

    async def one(number: int) -> None:
        await pace.turn(number + 1)
        started.append(number)

    first = [asyncio.ensure_future(one(number)) for number in range(5)]
    await first[0]
    await asyncio.sleep(0)
    assert started == [0, 1, 2, 3, 4]
    await one(5)
    assert started[-1] == 5


async def test_a_crowd_of_one_caller_delays_nobody_else() -> None:
    """More calls than a group takes: it takes those of all callers in turn, later groups the others."""
    pace, started = Pace(seconds=0.001, calls=2), list[str]()

    async def one(who: str) -> None:
        with caller.serving(who):
            await pace.turn(300)
        started.append(who)

    crowd = [asyncio.ensure_future(one("platform/crowd")) for _ in range(300)]
    await asyncio.sleep(0)
    await one("platform/single")
    assert len(started) <= paces._GROUP
    await asyncio.gather(*crowd)
    assert len(started) == 301


class _Loop:
    """A loop of the test, whose time goes on only when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, Callable[..., None]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, time: float, callback: Callable[..., None], *_arguments: object) -> None:
        self.due.append((time, callback))

    def create_future(self) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().create_future()

    async def fire(self, *, late: float) -> None:
        """Let the only timer fire, some seconds late, and what it started run."""
        [(time, callback)] = self.due
        self.due.clear()
        self.now = time + late
        callback(self)
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.mark.parametrize("shared", [False, True])
async def test_a_busy_loop_rests_between_groups(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other callers, a group that kept the loop busy is followed by a pause, and a smaller group."""
    loop, pace, started = _Loop(), Pace(seconds=0.001, calls=2), list[int]()
    monkeypatch.setattr(pace, "_loop", loop)

    async def one(number: int) -> None:
        await pace.turn(300, shared=shared)
        started.append(number)

    crowd = [asyncio.ensure_future(one(number)) for number in range(64)]
    await asyncio.sleep(0)
    await loop.fire(late=0.0)
    size = len(started)
    assert size == (paces._SHARED_GROUP if shared else paces._GROUP)
    await loop.fire(late=0.02)
    assert len(started) == (size if shared else 2 * size)
    if shared:
        assert loop.due[0][0] == pytest.approx(loop.now + 0.02)
        await loop.fire(late=0.02)
        assert len(started) == size + size // 2
        await loop.fire(late=10.0)
        assert len(started) == size + size // 2 + paces._GROUP  # who shared the server has long gone
    while loop.due:
        await loop.fire(late=0.0)
    await asyncio.gather(*crowd)
    assert started == list(range(64))


async def test_who_goes_away_delays_nobody() -> None:
    """A cancelled call leaves its group; the others start."""
    pace = Pace(seconds=0.01, calls=2)
    gone, stays = asyncio.ensure_future(pace.turn(1)), asyncio.ensure_future(pace.turn(2))
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
