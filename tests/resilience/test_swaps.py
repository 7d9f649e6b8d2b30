"""Swapped and changed records in small: every swap among a few accounts; what opens is counted."""

import pytest

from tests.resilience import swaps
from tests.resilience.campaign import Options


async def test_no_swap_opens() -> None:
    """Three accounts: six swaps, each in three ways."""
    assert await swaps.swaps(3) == [False] * 18


def test_what_opens_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change is a fault, and each that opened is lost and told with its group."""

    async def changed(what: object) -> list[bool]:
        return [what == 100, False]

    monkeypatch.setattr(swaps, "swaps", changed)
    monkeypatch.setattr(swaps, "flips", changed)
    tally = swaps.run(Options(count=100))
    assert (tally.faults, tally.lost, tally.complaints) == (6, 1, ["swaps: 1 undetected"])
