"""When a form is flooded: the limit of a day, and how long somebody can keep a form flooded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.tip_off.flood import rules as flood_rules

LEAST = 100


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        ((), LEAST),
        ((1,) * 28, LEAST),
        ((10,) * 28, LEAST),
        ((11,) * 28, 110),
        ((5_000,) * 28, 50_000),
        ((5_000,) * 14, 50_000),
        ((5_000,) * 13, LEAST),
        ((20,) * 15 + (1_000_000,) * 13, 200),
        ((0, 40) * 14, 400),
    ],
)
def test_the_limit_of_a_day(counts: tuple[int, ...], limit: int) -> None:
    """Ten times what was reached on 14 of the 28 days before, and at least 100; empty days count."""
    assert flood_rules.limit(counts) == limit
    assert flood_rules.limit(tuple(reversed(counts))) == limit
    assert not flood_rules.is_flooded(filed=limit, most=limit)
    assert flood_rules.is_flooded(filed=limit + 1, most=limit)
    begun = [filed for filed in range(1, limit + 3) if flood_rules.begins(filed=filed, most=limit)]
    assert begun == [limit + 1]


@given(st.integers(0, 1_000_000), st.lists(st.integers(0, 2_000_000), max_size=28))
def test_a_flood_ends(volume: int, history: list[int]) -> None:
    """The same number every day is that of a flooded form on at most 14 days, whatever came before."""
    flooded = 0
    for _ in range(60):
        flooded += flood_rules.is_flooded(filed=volume, most=flood_rules.limit(history[-flood_rules.DAYS :]))
        history.append(volume)
    assert flooded <= 14


@given(st.lists(st.integers(0, 1_000_000), max_size=28), st.integers(0, 1_000_000))
def test_a_usual_day_is_no_flood(history: list[int], filed: int) -> None:
    """A day with no more reports than ten times most of the days before floods nothing."""
    usual = [each for each in history if filed <= 10 * each]
    if len(usual) >= 14:
        assert not flood_rules.is_flooded(filed=filed, most=flood_rules.limit(history))
