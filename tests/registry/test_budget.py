"""The shared rate cap around a registry."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from idvault.registry import store
from idvault.registry.ports import CallTurn, Reserved
from idvault.registry.wrapped import BudgetedRegistry, GuardedRegistry
from idvault_dev.mock_registry.server import Options
from idvault_verify.registry import RegistryAnswer
from tests.registry.scripted import Clock, MemoryBudget, ScriptedRegistry
from tests.support.mock_registry import FIXTURE, ai, identity, running

KNOWN = identity(*FIXTURE)


class Bench:
    """Two processes with one store, each with its wrapper of one registry."""

    def __init__(self, *answers: RegistryAnswer) -> None:
        self.inner, self.store, self.clock = ScriptedRegistry(*answers), MemoryBudget(), Clock()
        self.alarms: list[str] = []
        self.first, self.second = self._process(), self._process()

    def _process(self) -> BudgetedRegistry:
        return BudgetedRegistry(
            inner=self.inner,
            provider="nppa",
            main=self.store,
            checks_per_second=10,
            queries_per_second=20,
            clock=self.clock,
            sleep=self.clock.sleep,
            alarm=self.alarms.append,
        )

    async def check(self, process: BudgetedRegistry, *, patience: float = 2.0) -> RegistryAnswer:
        return await process.check(ai=ai(1), identity=KNOWN, patience=patience)


async def test_processes_share_the_cap() -> None:
    """Each call waits for its slot in any process, and the registry gets the remaining patience."""
    bench = Bench(RegistryAnswer.MATCH)
    start = bench.clock.now
    for process in (bench.first, bench.second, bench.first):
        assert await bench.check(process) is RegistryAnswer.MATCH
    assert bench.clock.now - start == timedelta(seconds=0.2)
    assert bench.clock.slept == pytest.approx([0.1, 0.1])
    assert [patience for _call, patience in bench.inner.calls] == pytest.approx([2.0, 1.9, 1.9])
    assert bench.first.name_limit == 32
    assert bench.first.document_types == bench.inner.document_types


async def test_check_and_query_have_clocks_of_their_own() -> None:
    """A query does not wait for checks, and has a separate gap."""
    bench = Bench(RegistryAnswer.MATCH)
    await bench.check(bench.first)
    for _ in range(2):
        assert await bench.first.query(ai=ai(1), patience=2.0) is RegistryAnswer.MATCH
    assert bench.clock.slept == pytest.approx([0.05])
    assert set(bench.store.next_at) == {"nppa/check", "nppa/query"}


async def test_a_probe_takes_the_turn_of_a_check() -> None:
    """It also takes that of a query, which it is; so it never adds to the calls that the registry counts."""
    bench = Bench(RegistryAnswer.NOT_FOUND)
    for _ in range(2):
        assert await bench.first.probe(ai=ai(1), patience=2.0) is RegistryAnswer.NOT_FOUND
    assert bench.clock.slept == pytest.approx([0.1])
    assert {"nppa/check", "nppa/query"} == set(bench.store.next_at)
    bench.inner.open = False
    assert await bench.first.probe(ai=ai(1), patience=2.0) is RegistryAnswer.NOT_SENT


async def test_a_slot_that_lies_too_late_is_not_taken() -> None:
    """A slot beyond half the patience is not taken: the answer is NO_TURN."""
    bench = Bench(RegistryAnswer.MATCH)
    bench.store.next_at["nppa/check"] = bench.clock.now + timedelta(seconds=0.41)
    before = dict(bench.store.next_at)
    assert await bench.check(bench.first, patience=0.8) is RegistryAnswer.NO_TURN
    assert bench.store.next_at == before
    assert bench.inner.calls == []
    assert await bench.check(bench.first, patience=1.6) is RegistryAnswer.MATCH


async def test_no_slot_is_taken_far_ahead() -> None:
    """However patient a claim is: others would find none before it. It is the queue's, which has turns."""
    bench = Bench(RegistryAnswer.MATCH)
    bench.store.next_at["nppa/check"] = bench.clock.now + timedelta(seconds=0.51)
    turn = bench.second.turn(patience=20.0)
    assert turn is not None
    assert turn.latest == bench.clock.now + timedelta(seconds=0.5)


async def test_a_crowd_of_the_queue_leaves_slots_to_new_claims() -> None:
    """Claims of the queue take their slots shortly before them; a new claim's is the next."""
    bench = Bench(RegistryAnswer.MATCH)
    awake = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await awake.wait()

    bench.first._sleep = sleep
    start = bench.clock.now
    crowd = [asyncio.create_task(bench.check(bench.first, patience=5.0)) for _ in range(20)]
    for _ in range(200):
        await asyncio.sleep(0)
    turn = bench.second.turn(patience=5.0)
    assert turn is not None
    slot = await store.take(bench.store, turn)
    assert slot is not None
    assert slot - start <= timedelta(seconds=0.3)
    awake.set()
    assert {RegistryAnswer.MATCH} <= {*await asyncio.gather(*crowd)}


async def test_a_rate_refusal_pauses_everybody() -> None:
    """RATE_LIMITED pauses checks and queries of all processes for 60 s, and raises the alarm."""
    bench = Bench(RegistryAnswer.RATE_LIMITED, RegistryAnswer.MATCH)
    assert await bench.check(bench.first) is RegistryAnswer.RATE_LIMITED
    assert bench.alarms == ["nppa"]
    assert await bench.check(bench.second) is RegistryAnswer.NO_TURN
    assert await bench.second.query(ai=ai(1), patience=5.0) is RegistryAnswer.NO_TURN
    bench.clock.advance(60)
    assert await bench.check(bench.second) is RegistryAnswer.MATCH


async def test_a_closed_guard_uses_no_slot() -> None:
    """While the guard blocks calls, no slot is taken."""
    bench = Bench(RegistryAnswer.MATCH)
    bench.inner.open = False
    assert await bench.check(bench.first) is RegistryAnswer.NOT_SENT
    assert bench.store.next_at == {}


async def test_without_patience_or_store_nothing_is_sent() -> None:
    """Without time or store nothing is sent; a ban that cannot be stored is enforced by the registry."""
    bench = Bench(RegistryAnswer.RATE_LIMITED)
    assert await bench.check(bench.first, patience=0.0) is RegistryAnswer.NOT_SENT
    bench.store.broken = True
    assert await bench.check(bench.first) is RegistryAnswer.NOT_SENT
    assert bench.inner.calls == []
    bench.store.broken = False

    async def breaks() -> None:
        bench.store.broken = True

    bench.inner._meanwhile = breaks
    assert await bench.check(bench.first) is RegistryAnswer.RATE_LIMITED


async def test_a_ban_of_the_registry_holds_everybody(tmp_path: Path) -> None:
    """All layers together: the registry bans, the budget pauses, and after the ban calls pass again."""
    clock, slots = Clock(), MemoryBudget()
    async with running(tmp_path, options=Options(check_cap=1)) as registry:
        guard = GuardedRegistry(
            inner=registry.adapter,
            provider="nppa",
            clock=clock,
            observe=lambda *_: None,
            alarm=lambda _: None,
        )
        budgeted = BudgetedRegistry(
            inner=guard,
            provider="nppa",
            main=slots,
            checks_per_second=1000,
            queries_per_second=1000,
            clock=clock,
            sleep=clock.sleep,
            alarm=lambda _provider: None,
        )
        answers = [await budgeted.check(ai=ai(i), identity=KNOWN, patience=5.0) for i in range(3)]
        assert answers == [RegistryAnswer.MATCH, RegistryAnswer.RATE_LIMITED, RegistryAnswer.NO_TURN]
        assert (await registry.counters())["check"] == 2
        await registry.admin("POST", "/reset")
        clock.advance(60)
        assert await budgeted.check(ai=ai(5), identity=KNOWN, patience=5.0) is RegistryAnswer.MATCH


async def test_a_reserved_slot_is_used() -> None:
    """The check waits for the reserved slot, takes none itself, and keeps the rest of its patience."""
    bench = Bench(RegistryAnswer.MATCH)
    turn = bench.first.turn(patience=2.0)
    start = bench.clock.now
    assert turn == CallTurn("nppa/check", timedelta(seconds=0.1), start, start + timedelta(seconds=0.5))
    reserved = Reserved(start + timedelta(seconds=0.3))
    answer = await bench.first.check(ai=ai(1), identity=KNOWN, patience=2.0, reserved=reserved)
    assert answer is RegistryAnswer.MATCH
    assert bench.store.next_at == {}
    ((call, left),) = bench.inner.calls
    assert call == "check"
    assert left == pytest.approx(1.7)
    probed = await bench.first.probe(ai=ai(1), patience=2.0, reserved=Reserved(bench.clock.now))
    assert probed is RegistryAnswer.MATCH
    assert "nppa/check" not in bench.store.next_at


async def test_nobody_waits_for_a_slot_of_before_the_clock_went_back() -> None:
    """A clock set back by an hour between the act and the check does not hold the claim for an hour."""
    bench = Bench(RegistryAnswer.MATCH)
    reserved = Reserved(bench.clock.now)
    bench.clock.advance(-3_600)
    answer = await bench.first.check(ai=ai(1), identity=KNOWN, patience=2.0, reserved=reserved)
    assert answer is RegistryAnswer.NO_TURN
    assert (bench.inner.calls, bench.clock.slept) == ([], [])


async def test_a_turn_without_a_slot_sends_nothing() -> None:
    """If the act found no slot in time, the check does not look for one again."""
    bench = Bench(RegistryAnswer.MATCH)
    answer = await bench.first.check(ai=ai(1), identity=KNOWN, patience=2.0, reserved=Reserved(None))
    assert answer is RegistryAnswer.NO_TURN
    assert (bench.inner.calls, bench.store.next_at) == ([], {})


async def test_no_turn_is_asked_for_a_call_that_would_not_be_sent() -> None:
    """Behind an open breaker, or without patience, no slot is reserved; one reserved before is not used."""
    bench = Bench(RegistryAnswer.MATCH)
    assert bench.first.turn(patience=0.0) is None
    bench.inner.open = False
    assert bench.first.turn(patience=2.0) is None
    reserved = Reserved(bench.clock.now)
    answer = await bench.first.check(ai=ai(1), identity=KNOWN, patience=2.0, reserved=reserved)
    assert answer is RegistryAnswer.NOT_SENT
    assert bench.inner.calls == []


async def test_a_call_that_is_late_takes_another_slot() -> None:
    """Held up between slot and departure, it gives its slot up; the call of the next one begins at once."""
    bench = Bench(RegistryAnswer.MATCH)
    delays = [0.3]

    async def connect() -> None:
        if delays:
            bench.clock.advance(delays.pop())

    bench.inner.connecting = connect
    start = bench.clock.now
    assert await bench.check(bench.first) is RegistryAnswer.MATCH
    assert bench.clock.now == start + timedelta(seconds=0.55)
    assert [patience for _call, patience in bench.inner.calls] == pytest.approx([1.7])
    assert bench.store.next_at["nppa/check"] == start + timedelta(seconds=0.65)


@pytest.mark.parametrize("patience", [0.3, 0.9, 2.0])
async def test_a_long_stop_does_not_end_the_calls_of_the_impatient(patience: float) -> None:
    """However late a call was, the next one of a caller with little patience gets a slot that it accepts."""
    bench = Bench(RegistryAnswer.MATCH)
    reserved = Reserved(bench.clock.now)
    bench.clock.advance(30)
    await bench.first.check(ai=ai(1), identity=KNOWN, patience=patience, reserved=reserved)
    assert await bench.check(bench.first, patience=patience) is RegistryAnswer.MATCH


@pytest.mark.parametrize("call", ["check", "query", "probe"])
async def test_a_call_that_is_always_late_is_not_sent(call: str) -> None:
    """Where connecting takes longer than its patience allows, nothing is sent, and the answer says so."""
    bench = Bench(RegistryAnswer.MATCH)

    async def connect() -> None:
        bench.clock.advance(0.7)

    bench.inner.connecting = connect
    identified = {"identity": KNOWN} if call == "check" else {}
    answer = await getattr(bench.first, call)(ai=ai(1), patience=2.0, **identified)
    assert answer is RegistryAnswer.NO_TURN
    assert bench.inner.calls == []


async def test_a_reserved_slot_that_was_missed_is_replaced() -> None:
    """An act that took long to commit leaves a slot in the past; the check does not use it."""
    bench = Bench(RegistryAnswer.MATCH)
    reserved = Reserved(bench.clock.now)
    bench.clock.advance(0.5)
    start = bench.clock.now
    answer = await bench.first.check(ai=ai(1), identity=KNOWN, patience=4.0, reserved=reserved)
    assert answer is RegistryAnswer.MATCH
    assert bench.clock.now == start + timedelta(seconds=0.25)
    assert list(bench.store.next_at) == ["nppa/check"]
