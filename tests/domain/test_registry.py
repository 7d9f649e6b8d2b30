"""The pace of calls to a registry."""

import pytest

from idvault_verify.registry import LATENESS, pace


@pytest.mark.parametrize("cap", [0.5, 1.0, 100.0, 300.0])
def test_a_second_has_no_more_slots_than_the_cap(cap: float) -> None:
    """The slots of a second, and of the time by which calls may be late, are no more than the cap."""
    assert pace(cap) * (1 + LATENESS) < cap
    assert pace(cap) > cap * 0.8
