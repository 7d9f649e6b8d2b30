"""Claims that are not sent look like wrong names that are."""

import asyncio
from dataclasses import dataclass, field

import pytest

from idvault.domain.registry import DECIDED, RegistryAnswer
from idvault.registry.withheld import PacedRegistry, WithheldRegistry
from tests.support import builders
from tests.support.fakes.registry import FakeRegistry


@dataclass
class _Room:
    """A registry, and its double that sends no check. takes: seconds between two readings of the clock."""

    registry: FakeRegistry = field(default_factory=FakeRegistry)
    now: float = 100.0
    takes: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paced = PacedRegistry(inner=self.registry, clock=self._clock)
        self.withheld = WithheldRegistry(paced=self.paced, sleep=self._sleep, choose=max)

    def _clock(self) -> float:
        self.now += self.takes
        return self.now

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def sent(self, answer: RegistryAnswer, *, takes: float) -> None:
        """Send a check that takes this many seconds."""
        self.registry.script.append(answer)
        self.takes = takes
        given = await self.paced.check(ai=str(self.now), identity=builders.identity(), patience=9.0)
        self.takes = 0.0
        assert given is answer

    async def ask(self, *, patience: float = 2.0) -> tuple[RegistryAnswer, float]:
        """Return a withheld check's answer and the seconds it took."""
        answer = await self.withheld.check(ai="w", identity=builders.identity(), patience=patience)
        return answer, self.slept.pop()


async def test_a_first_claim_takes_a_usual_time() -> None:
    """Without an example the answer still does not come at once."""
    assert await _Room().ask() == (RegistryAnswer.MISMATCH, 0.3)


@pytest.mark.parametrize("answer", sorted(DECIDED))
async def test_the_time_is_that_of_a_check(answer: RegistryAnswer) -> None:
    """Whatever the others' checks decided, a withheld claim is a mismatch after one of their times."""
    room = _Room()
    for seconds in (0.25, 0.75, 0.5):
        await room.sent(answer, takes=seconds)
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.75)
    assert await room.withheld.query(ai="w", patience=1.0) is RegistryAnswer.MISMATCH
    assert len(room.registry.checks) == 3


async def test_a_slow_registry_keeps_it_waiting() -> None:
    """If a check takes longer than the caller's patience, the outcome stays open, as for other claims."""
    room = _Room()
    await room.sent(RegistryAnswer.MATCH, takes=5.0)
    assert await room.ask(patience=2.0) == (RegistryAnswer.UNKNOWN, 2.0)
    assert await room.ask(patience=-1.0) == (RegistryAnswer.UNKNOWN, 0.0)


@pytest.mark.parametrize(
    "answer", [RegistryAnswer.NOT_SENT, RegistryAnswer.IN_PROGRESS, RegistryAnswer.UNKNOWN]
)
async def test_it_waits_during_an_outage(answer: RegistryAnswer) -> None:
    """An answer that decided nothing is an example for a minute; a later decided check ends it."""
    room = _Room()
    await room.sent(RegistryAnswer.MATCH, takes=0.5)
    await room.sent(answer, takes=0.125)
    assert await room.ask() == (answer, 0.125)
    room.now += 61
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.5)
    await room.sent(answer, takes=0.125)
    await room.sent(RegistryAnswer.MISMATCH, takes=0.25)
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.5)


@pytest.mark.parametrize("answer", [RegistryAnswer.NOT_SENT, RegistryAnswer.UNKNOWN, RegistryAnswer.NO_TURN])
async def test_it_waits_during_an_outage_that_nobody_noticed(answer: RegistryAnswer) -> None:
    """Without a fresh example the registry is asked for a check that it does not have: is it there?"""
    room = _Room()
    await room.sent(RegistryAnswer.MATCH, takes=0.5)
    room.registry.script.append(answer)
    assert await room.ask() == (answer, 0.0)
    assert room.registry.queries == ["w"]
    assert len(room.registry.checks) == 1


async def test_asking_takes_part_of_the_time() -> None:
    """The whole answer takes as long as a check, the question included."""
    room = _Room()
    await room.sent(RegistryAnswer.MATCH, takes=0.5)
    room.takes = 0.25
    answer, slept = await room.ask()
    assert (answer, slept) == (RegistryAnswer.MISMATCH, 0.25)


async def test_a_registry_that_cannot_be_asked() -> None:
    """Its last checks are the only example."""
    room = _Room(registry=FakeRegistry(can_query=False))
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.3)
    assert room.registry.queries == []


async def test_it_describes_the_same_registry() -> None:
    """Limits, documents and whether it can be queried are the registry's."""
    room = _Room(registry=FakeRegistry(can_query=False))
    for one in (room.paced, room.withheld):
        assert (one.name_limit, one.document_types) == (32, room.registry.document_types)
        assert not one.can_query
    assert await room.paced.query(ai="a", patience=1.0) is RegistryAnswer.NOT_FOUND
    await asyncio.sleep(0)
