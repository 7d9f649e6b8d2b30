"""The mock registry's memory over time. All names and numbers are synthetic."""

from datetime import UTC, datetime, timedelta

import pytest

from idvault.registry.nppa import NppaCode, NppaStatus, Question
from idvault_dev.mock_registry.behaviour import RateGate
from idvault_dev.mock_registry.counting import Counters, DayCaps
from idvault_dev.mock_registry.ledger import Ledger
from idvault_dev.mock_registry.registry_half import RefusedError

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
KNOWN = Question("a" * 32, "某一一", "110000190101010001")


def ledger(*, keep_unheard: bool = True, cap: int = 500) -> Ledger:
    """Return a ledger without people."""
    return Ledger(
        people=[], keep_unheard=keep_unheard, caps=DayCaps(name=cap, number=cap), counters=Counters()
    )


def refused(memory: Ledger, *, now: datetime) -> NppaCode:
    """Return the code with which a query of the known question's id is refused."""
    with pytest.raises(RefusedError) as caught:
        memory.query(KNOWN.ai, now=now)
    return caught.value.code


def test_a_result_lives_48_hours_unheard() -> None:
    """Without a query the result is kept for 48 h; after that the id is free."""
    memory = ledger()
    memory.check(KNOWN, now=START)
    assert memory.query(KNOWN.ai, now=START + timedelta(hours=48)).status is NppaStatus.VERIFIED
    memory = ledger()
    memory.check(KNOWN, now=START)
    assert refused(memory, now=START + timedelta(hours=48, seconds=1)) is NppaCode.NO_SUCH_CHECK
    memory.check(KNOWN, now=START + timedelta(hours=49))
    assert memory.counters.duplicate_ai == 0


def test_a_result_lives_300_seconds_once_it_was_told() -> None:
    """After the first query that returned it, a result is kept for 300 s; later queries add nothing."""
    memory = ledger()
    memory.check(KNOWN, now=START)
    for seconds in (0, 200, 300):
        memory.query(KNOWN.ai, now=START + timedelta(seconds=seconds))
    assert refused(memory, now=START + timedelta(seconds=301)) is NppaCode.NO_SUCH_CHECK


def test_polling_a_check_in_progress_starts_no_clock() -> None:
    """The 300 s start with the query that returns the result."""
    memory = ledger(keep_unheard=False)
    memory.check(KNOWN, now=START, in_progress=True)
    assert memory.query(KNOWN.ai, now=START).status is NppaStatus.IN_PROGRESS
    hour = START + timedelta(hours=1)
    assert memory.settle(KNOWN.ai, NppaStatus.FAILED, now=hour)
    assert memory.query(KNOWN.ai, now=hour).status is NppaStatus.FAILED
    assert refused(memory, now=hour + timedelta(seconds=301)) is NppaCode.NO_SUCH_CHECK


def test_a_check_in_progress_ends_with_48_hours() -> None:
    """A check that is never settled is forgotten."""
    memory = ledger()
    memory.check(KNOWN, now=START, in_progress=True)
    assert not memory.settle(KNOWN.ai, NppaStatus.VERIFIED, now=START + timedelta(hours=49))


def test_daily_caps_begin_anew_at_chinese_midnight() -> None:
    """A cap counts per day in China."""
    memory = ledger(cap=1)
    evening = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)
    memory.check(KNOWN, now=evening)
    again = Question("b" * 32, KNOWN.name, KNOWN.number)
    with pytest.raises(RefusedError) as caught:
        memory.check(again, now=evening)
    assert caught.value.code is NppaCode.RESOURCE_LIMIT
    assert memory.check(again, now=evening + timedelta(minutes=1)).status is NppaStatus.VERIFIED


def test_a_ban_lasts_a_minute() -> None:
    """The call above the cap starts the ban; a minute later calls pass again."""
    gate = RateGate(cap=2)
    assert [gate.admits(0.0), gate.admits(0.5), gate.admits(0.9)] == [True, True, False]
    assert not gate.admits(60.8)
    assert gate.admits(61.0)


def test_a_steady_rate_at_the_cap_passes() -> None:
    """A cap of two allows two calls in any second."""
    gate = RateGate(cap=2)
    assert all(gate.admits(i / 2) for i in range(20))
