"""The guard around a registry: time-out, breaker, stop and alarm."""

import asyncio

import pytest

from idvault.registry.wrapped import GuardedRegistry
from idvault_verify.registry import RegistryAnswer
from tests.registry.scripted import Clock, ScriptedRegistry
from tests.support.mock_registry import FIXTURE, Running, ai, identity

KNOWN = identity(*FIXTURE)


class Bench:
    """A guard and its reports."""

    def __init__(self, inner: ScriptedRegistry) -> None:
        self.inner, self.clock = inner, Clock()
        self.observed: list[tuple[str, str, float]] = []
        self.alarms: list[str] = []
        self.guard = GuardedRegistry(
            inner=inner,
            provider="nppa",
            clock=self.clock,
            observe=lambda *what: self.observed.append(what),
            alarm=self.alarms.append,
        )

    async def check(self, *, patience: float = 2.0) -> RegistryAnswer:
        return await self.guard.check(ai=ai(1), identity=KNOWN, patience=patience)

    async def checks(self, count: int) -> list[RegistryAnswer]:
        return [await self.check() for _ in range(count)]


async def test_answers_pass_and_are_observed() -> None:
    """An answer passes unchanged; each sent call is observed with its duration."""
    bench = Bench(
        ScriptedRegistry(
            RegistryAnswer.MATCH, RegistryAnswer.NOT_FOUND, meanwhile=lambda: bench.clock.sleep(0.3)
        )
    )
    assert await bench.check() is RegistryAnswer.MATCH
    assert await bench.guard.query(ai=ai(1), patience=2.0) is RegistryAnswer.NOT_FOUND
    assert await bench.guard.probe(ai=ai(1), patience=2.0) is RegistryAnswer.NOT_FOUND
    assert bench.observed == [("nppa", "MATCH", 0.3), *[("nppa", "NOT_FOUND", 0.3)] * 2]
    assert [call for call, _ in bench.inner.calls] == ["check", "query", "probe"]
    assert bench.guard.name_limit == 32
    assert bench.guard.document_types == bench.inner.document_types


async def test_a_registry_without_patience_is_given_up() -> None:
    """A registry that exceeds the patience leaves the call in doubt."""

    async def forever() -> None:
        await asyncio.Event().wait()

    bench = Bench(ScriptedRegistry(RegistryAnswer.MATCH, meanwhile=forever))
    assert await bench.check(patience=0.05) is RegistryAnswer.UNKNOWN


@pytest.mark.parametrize("trouble", [RegistryAnswer.UNKNOWN, RegistryAnswer.NOT_SENT])
async def test_five_failures_open_the_breaker(trouble: RegistryAnswer) -> None:
    """After five failures in a row nothing is sent for 2 s; then a good answer closes the breaker."""
    bench = Bench(ScriptedRegistry(*[trouble] * 5, RegistryAnswer.MATCH))
    await bench.checks(5)
    assert not bench.guard.admits()
    assert await bench.check() is RegistryAnswer.NOT_SENT
    assert len(bench.inner.calls) == 5
    bench.clock.advance(2)
    assert bench.guard.admits()
    assert await bench.checks(3) == [RegistryAnswer.MATCH] * 3


async def test_a_check_that_is_in_use_is_no_failure() -> None:
    """After a restore many checks are in use at once; the registry works, and nobody is held back."""
    bench = Bench(ScriptedRegistry(*[RegistryAnswer.IN_USE] * 20, RegistryAnswer.MATCH))
    assert await bench.checks(20) == [RegistryAnswer.IN_USE] * 20
    assert await bench.check() is RegistryAnswer.MATCH


async def missed_turn() -> bool:
    return False


async def test_a_missed_turn_tells_nothing_about_the_registry() -> None:
    """It is not counted, neither as an answer nor as a failure, and is no call."""
    bench = Bench(ScriptedRegistry(*[RegistryAnswer.UNKNOWN] * 5, RegistryAnswer.MATCH))
    await bench.checks(4)
    missed = await bench.guard.check(ai=ai(1), identity=KNOWN, patience=2.0, in_turn=missed_turn)
    assert missed is RegistryAnswer.NO_TURN
    assert len(bench.observed) == 4
    await bench.check()
    assert not bench.guard.admits()
    bench.clock.advance(2)
    assert await bench.guard.query(ai=ai(1), patience=2.0, in_turn=missed_turn) is RegistryAnswer.NO_TURN
    assert bench.guard.admits()


async def test_an_answer_between_failures_counts_anew() -> None:
    """Four failures, an answer and four more failures do not open the breaker."""
    bench = Bench(
        ScriptedRegistry(
            *[RegistryAnswer.UNKNOWN] * 4,
            RegistryAnswer.MISMATCH,
            *[RegistryAnswer.UNKNOWN] * 4,
            RegistryAnswer.MATCH,
        )
    )
    await bench.checks(9)
    assert await bench.check() is RegistryAnswer.MATCH


async def test_failed_probes_double_the_pause_up_to_30_seconds() -> None:
    """The pause grows 2, 4, 8, 16, 30, 30 and is 2 s again after a recovery."""
    bench = Bench(ScriptedRegistry(RegistryAnswer.UNKNOWN))
    await bench.checks(5)
    for pause in (2, 4, 8, 16, 30, 30):
        bench.clock.advance(pause - 0.01)
        assert await bench.check() is RegistryAnswer.NOT_SENT
        bench.clock.advance(0.01)
        assert await bench.check() is RegistryAnswer.UNKNOWN
    bench.inner.answers = [RegistryAnswer.MATCH, *[RegistryAnswer.UNKNOWN] * 5, RegistryAnswer.MATCH]
    bench.clock.advance(30)
    await bench.checks(6)
    assert not bench.guard.admits()
    bench.clock.advance(2)
    assert await bench.check() is RegistryAnswer.MATCH


async def test_only_one_call_probes() -> None:
    """During a probe nothing else is sent; after a cancelled probe another may run."""
    gate = asyncio.Event()
    bench = Bench(ScriptedRegistry(*[RegistryAnswer.UNKNOWN] * 5, RegistryAnswer.MATCH))
    await bench.checks(5)
    bench.clock.advance(2)
    bench.inner._meanwhile = lambda: _pass(gate)
    probe = asyncio.create_task(bench.check())
    await asyncio.sleep(0)
    assert len(bench.inner.calls) == 6
    assert await bench.check() is RegistryAnswer.NOT_SENT
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    gate.set()
    assert await bench.check() is RegistryAnswer.MATCH


async def _pass(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_hasty_callers_do_not_open_the_breaker() -> None:
    """Failures with less than a second of patience are not counted."""
    bench = Bench(ScriptedRegistry(*[RegistryAnswer.UNKNOWN] * 20, RegistryAnswer.MATCH))
    for _ in range(20):
        await bench.check(patience=0.2)
    assert await bench.check() is RegistryAnswer.MATCH


async def test_a_refused_caller_stops_and_alarms() -> None:
    """REJECTED_CALLER stops for 60 s with an alarm; a refused probe alarms again; an answer resumes."""
    bench = Bench(
        ScriptedRegistry(RegistryAnswer.REJECTED_CALLER, RegistryAnswer.REJECTED_CALLER, RegistryAnswer.MATCH)
    )
    assert await bench.check() is RegistryAnswer.REJECTED_CALLER
    bench.clock.advance(59.9)
    assert await bench.check() is RegistryAnswer.NOT_SENT
    bench.clock.advance(0.1)
    assert await bench.check() is RegistryAnswer.REJECTED_CALLER
    assert bench.alarms == ["nppa", "nppa"]
    bench.clock.advance(60)
    assert await bench.checks(2) == [RegistryAnswer.MATCH] * 2


async def test_calls_refused_together_alarm_once() -> None:
    """Of many calls refused at once the first alarms; another call's late answer does not resume."""
    gate = asyncio.Event()
    answers = [RegistryAnswer.REJECTED_CALLER] * 8 + [RegistryAnswer.MATCH]
    bench = Bench(ScriptedRegistry(*answers, meanwhile=lambda: _pass(gate)))
    calls = [asyncio.create_task(bench.check()) for _ in range(9)]
    await asyncio.sleep(0)
    assert len(bench.inner.calls) == 9
    gate.set()
    await asyncio.gather(*calls)
    assert bench.alarms == ["nppa"]
    assert not bench.guard.admits()


async def test_it_recovers_with_the_registry(registry: Running) -> None:
    """With the real adapter: an outage opens the breaker, and 2 s after it calls are sent again."""
    clock = Clock()
    guard = GuardedRegistry(
        inner=registry.adapter, provider="nppa", clock=clock, observe=lambda *_: None, alarm=lambda _: None
    )
    await registry.behave("down")
    for i in range(5):
        assert await guard.check(ai=ai(i), identity=KNOWN, patience=2.0) is RegistryAnswer.NOT_SENT
    assert not guard.admits()
    await registry.behave("normal")
    clock.advance(2)
    assert await guard.check(ai=ai(1), identity=KNOWN, patience=2.0) is RegistryAnswer.MATCH
