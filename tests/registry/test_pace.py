"""The pace of calls: whatever holds processes up, no second has more calls than the registry's cap."""

import asyncio
import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.registry.ports import InTurn, at_any_time
from idvault.registry.wrapped import BudgetedRegistry
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import LATENESS, RegistryAnswer, pace
from tests.registry.scripted import MemoryBudget
from tests.support.mock_registry import FIXTURE, ai, identity

KNOWN = identity(*FIXTURE)
_START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_LONGEST_WAY = 0.1
_SECOND = 1_000_000


class _Time:
    """Simulated time in which many tasks sleep at once; nothing but sleeping takes time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._number = 0

    def now(self) -> datetime:
        return _START + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._number += 1
        heapq.heappush(self._sleepers, (self.seconds + seconds, self._number, woken))
        await woken.wait()

    async def run(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        """Let everybody run until nobody can, then move on to the next who wakes."""
        while not all(task.done() for task in tasks):
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers:
                at, _, woken = heapq.heappop(self._sleepers)
                self.seconds = max(self.seconds, at)
                woken.set()


class _Process:
    """A process that stops now and then: whoever should wake in a stop wakes at its end."""

    def __init__(self, time: _Time, stops: Sequence[tuple[float, float]]) -> None:
        self._time = time
        self._stops = stops

    async def sleep(self, seconds: float) -> None:
        await self._time.sleep(seconds)
        for begin, length in self._stops:
            if begin <= self._time.seconds < begin + length:
                await self._time.sleep(begin + length - self._time.seconds)


class _Registry:
    """Notes when calls leave and when they arrive."""

    name_limit = 32
    document_types = frozenset({DocumentType.RESIDENT_ID})
    can_query = True

    def __init__(self, process: _Process, time: _Time, draw: Callable[[], float]) -> None:
        self._process, self._time, self._draw = process, time, draw
        self.sent: list[float] = []
        self.arrived: list[float] = []

    def admits(self) -> bool:
        return True

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        return await self._call(in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        return await self._call(in_turn)

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        return await self._call(in_turn)

    async def _call(self, in_turn: InTurn) -> RegistryAnswer:
        await self._process.sleep(self._draw())
        if not await in_turn():
            return RegistryAnswer.NO_TURN
        self.sent.append(self._time.seconds)
        self.arrived.append(self._time.seconds + min(self._draw(), _LONGEST_WAY))
        return RegistryAnswer.MATCH


def busiest(times: Sequence[float]) -> int:
    """Return the most calls in any second, counted in the whole microseconds of the product's times.

    As floats, 2.4 is less than a second after 1.4000000000000001.
    """
    ordered = sorted(round(each * _SECOND) for each in times)
    return max((bisect_left(ordered, at + _SECOND) - number for number, at in enumerate(ordered)), default=0)


async def _load(
    cap: float, stops: Sequence[Sequence[tuple[float, float]]], delays: Sequence[float], callers: int
) -> tuple[list[float], list[float]]:
    """Let processes call as fast as they may; return when calls were sent and when they arrived."""
    time, store, drawn = _Time(), MemoryBudget(), iter(range(10**9))

    def draw() -> float:
        return delays[next(drawn) % len(delays)]

    registries, tasks = [], []
    for each in stops:
        process = _Process(time, each)
        registry = _Registry(process, time, draw)
        budgeted = BudgetedRegistry(
            inner=registry,
            provider="nppa",
            main=store,
            checks_per_second=pace(cap),
            queries_per_second=pace(cap),
            clock=time.now,
            sleep=process.sleep,
            alarm=lambda _provider: None,
        )
        registries.append(registry)

        async def call(budgeted: BudgetedRegistry = budgeted) -> None:
            for _ in range(3):
                await budgeted.check(ai=ai(1), identity=KNOWN, patience=5.0)

        tasks += [asyncio.create_task(call()) for _ in range(callers)]
    await time.run(tasks)
    return [at for one in registries for at in one.sent], [at for one in registries for at in one.arrived]


_STOPS = st.lists(st.tuples(st.floats(0, 4), st.floats(0.01, 3)), max_size=4)
_DELAYS = st.lists(st.floats(0, 0.5), min_size=1, max_size=7)


@given(cap=st.sampled_from([1, 5, 20]), stops=st.lists(_STOPS, min_size=1, max_size=3), delays=_DELAYS)
def test_no_second_has_more_than_the_cap(
    cap: float, stops: list[list[tuple[float, float]]], delays: list[float]
) -> None:
    """Processes stop, connections are slow, calls bunch on their way: the cap holds at both ends."""
    sent, arrived = asyncio.run(_load(cap, stops, delays, callers=8))
    assert busiest(sent) <= cap
    assert busiest(arrived) <= cap


def test_nothing_is_lost_where_nothing_is_late() -> None:
    """The pace is used whole: calls leave at their slots, and all are sent."""
    sent, _ = asyncio.run(_load(20, [[], []], [0.0], callers=8))
    assert len(sent) == 48
    assert max(sent) == pytest.approx(47 / pace(20))


def test_a_stop_of_all_processes_is_recovered_from() -> None:
    """After a stop calls go on at the pace; they do not leave together, and none waits for ever."""
    stop = [(0.3, 1.0)]
    sent, _ = asyncio.run(_load(20, [stop, stop], [0.0], callers=8))
    after = [at for at in sent if at >= 1.3]
    assert busiest(after) <= pace(20) * (1 + LATENESS) + 1
    assert len(sent) > 30
