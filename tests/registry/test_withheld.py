"""Claims that are not sent look like wrong names that are."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from idvault.registry.wrapped import TimedRegistry, WithheldRegistry
from idvault_verify.registry import DECIDED, RegistryAnswer
from tests.support.mock_registry import ai
from tests.support.registry_session import WIRES, Uncapped, registry_session
from tools.support import builders
from tools.support.fakes.registry import FakeRegistry


@dataclass
class _Room:
    """A registry, and its double that sends no check. takes: seconds between two readings of the clock."""

    registry: FakeRegistry = field(default_factory=FakeRegistry)
    now: float = 100.0
    takes: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timed = TimedRegistry(inner=self.registry, clock=self._clock)
        self.withheld = WithheldRegistry(timed=self.timed, sleep=self._sleep, choose=max)

    def _clock(self) -> float:
        self.now += self.takes
        return self.now

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def sent(self, answer: RegistryAnswer, *, takes: float) -> None:
        """Send a check that takes this many seconds."""
        self.registry.script.append(answer)
        self.takes = takes
        given = await self.timed.check(ai=str(self.now), identity=builders.identity(), patience=9.0)
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


@pytest.mark.parametrize("answer", [RegistryAnswer.IN_PROGRESS, RegistryAnswer.DAILY_LIMIT])
async def test_it_waits_while_a_probe_shows_nothing(answer: RegistryAnswer) -> None:
    """What no probe can see is an example for a minute; a later decided check ends it."""
    room = _Room()
    await room.sent(RegistryAnswer.MATCH, takes=0.5)
    await room.sent(answer, takes=0.125)
    assert await room.ask() == (answer, 0.125)
    room.now += 61
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.5)
    await room.sent(answer, takes=0.125)
    await room.sent(RegistryAnswer.MISMATCH, takes=0.25)
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.5)


@pytest.mark.parametrize("can_query", [True, False])
@pytest.mark.parametrize("answer", [RegistryAnswer.NOT_SENT, RegistryAnswer.UNKNOWN, RegistryAnswer.NO_TURN])
async def test_it_waits_during_an_outage(answer: RegistryAnswer, can_query: bool) -> None:
    """The registry is probed, so that an outage that nobody noticed shows, and its end too.

    The answer takes as long as the probe: how long another call took before would tell whose claim waits.
    """
    room = _Room(registry=FakeRegistry(can_query=can_query))
    await room.sent(RegistryAnswer.MATCH, takes=0.5)
    room.registry.script.append(answer)
    assert await room.ask() == (answer, 0.0)
    await room.sent(answer, takes=0.125)
    room.registry.script.append(answer)
    assert await room.ask() == (answer, 0.0)
    assert await room.ask() == (RegistryAnswer.MISMATCH, 0.5)
    assert (room.registry.probes, room.registry.queries) == (["w", "w", "w"], [])
    assert len(room.registry.checks) == 2


async def test_asking_takes_part_of_the_time() -> None:
    """The whole answer takes as long as a check, the question included."""
    room = _Room()
    await room.sent(RegistryAnswer.MATCH, takes=0.5)
    room.takes = 0.25
    answer, slept = await room.ask()
    assert (answer, slept) == (RegistryAnswer.MISMATCH, 0.25)


async def test_it_describes_the_same_registry() -> None:
    """Limits, documents and whether it can be queried are the registry's."""
    room = _Room(registry=FakeRegistry(can_query=False))
    for one in (room.timed, room.withheld):
        assert (one.name_limit, one.document_types) == (32, room.registry.document_types)
        assert not one.can_query
    assert await room.timed.query(ai="a", patience=1.0) is RegistryAnswer.NOT_FOUND
    assert await room.withheld.probe(ai="a", patience=1.0) is RegistryAnswer.NOT_FOUND


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "mode", ["down", "hang", "maintenance", "source_error", "wrong_signature", "half_answer"]
)
async def test_a_silent_outage_does_not_tell_whose_number_it_is(tmp_path: Path, wire: str, mode: str) -> None:
    """The attack: nobody has called for a while, so only the claim that was not sent would end at once.

    It waits like one that is sent, at both registries, and ends like it afterwards.
    """
    async with registry_session(tmp_path, wire) as session:
        clock = asyncio.get_running_loop().time
        timed = TimedRegistry(inner=Uncapped(inner=session.adapter), clock=clock)
        withheld = WithheldRegistry(timed=timed, sleep=asyncio.sleep, choose=max)
        other = session.known(index=1)
        who = replace(session.known(), name=other.name)

        async def answers(first: int, patience: float) -> tuple[RegistryAnswer, RegistryAnswer]:
            unsent = await withheld.check(ai=ai(first), identity=who, patience=patience)
            return unsent, await timed.check(ai=ai(first + 1), identity=who, patience=patience)

        charged = await session.count("charged")
        await session.registry.behave(mode)
        unsent, sent = await answers(1, 0.5)
        assert not {unsent, sent} & DECIDED
        await session.registry.behave("normal")
        assert await answers(3, 30.0) == (RegistryAnswer.MISMATCH, RegistryAnswer.MISMATCH)
        assert await session.count("charged") - charged <= 2  # only what was sent
