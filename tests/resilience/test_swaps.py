"""Swapped and changed records on a small scale: every swap between a few accounts; openings are counted."""

import pytest

from tools.torture import swaps
from tools.torture.campaign import Options


async def test_no_swap_opens() -> None:
    """Three accounts make six swaps, each in three ways."""
    assert await swaps.swaps(3) == [False] * 18


def test_what_opens_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change is a fault; each one that opens is lost and reported with its group."""

    async def changed(what: object) -> list[bool]:
        return [what == 100, False]

    monkeypatch.setattr(swaps, "swaps", changed)
    monkeypatch.setattr(swaps, "flips", changed)
    tally = swaps.run(Options(count=100))
    assert (tally.faults, tally.lost, tally.complaints) == (6, 1, ["swaps: 1 undetected"])
