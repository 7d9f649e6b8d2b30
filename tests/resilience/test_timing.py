"""The campaign that times answers about another platform's things: its statistic, and its calls."""

from itertools import product
from random import Random

import pytest

from tools.support.namings import NAMINGS
from tools.torture import rank_test, timing
from tools.torture.campaign import Options


def _dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - to be repeatable, not secret


def _drawn(dice: Random, count: int, *, shift: float = 0.0) -> list[float]:
    """Return times with a long tail, rounded so that some are equal."""
    return [round(dice.lognormvariate(5, 0.3) + shift, 1) for _ in range(count)]


def _above(first: list[float], second: list[float]) -> float:
    return sum((a > b) + (a == b) / 2 for a, b in product(first, second)) / len(first) / len(second)


@pytest.mark.parametrize("seed", range(5))
def test_the_statistic_is_that_of_shuffled_samples(seed: int) -> None:
    """The share of shuffles that differ as much as the samples is p, and the count of pairs is the effect."""
    dice = _dice(seed)
    first, second = _drawn(dice, 30, shift=20.0 * seed), _drawn(dice, 25)
    found = rank_test.compare(first, second)
    distance, together, farther = abs(_above(first, second) - 0.5), [*first, *second], 0
    assert found.above == pytest.approx(_above(first, second))
    for _ in range(1_000):
        dice.shuffle(together)
        farther += abs(_above(together[:30], together[30:]) - 0.5) >= distance - 1e-12
    assert found.p == pytest.approx(farther / 1_000, abs=0.05)


def test_without_a_difference_none_is_found() -> None:
    """Of samples of one distribution, p is below a level as often as the level says."""
    dice = _dice(1)
    found = [rank_test.compare(_drawn(dice, 40), _drawn(dice, 40)).p for _ in range(600)]
    assert 0.02 < sum(p < 0.05 for p in found) / len(found) < 0.08


def test_a_small_shift_is_found_in_many_values() -> None:
    """A tenth of the time, in a thousand values with a long tail."""
    dice = _dice(1)
    found = rank_test.compare(_drawn(dice, 1_000, shift=15.0), _drawn(dice, 1_000))
    assert found.p < timing.LEVEL / len(NAMINGS)
    assert found.by == pytest.approx(15.0, abs=5.0)


def test_equal_values_differ_in_nothing() -> None:
    """If all values are equal there is no spread to compare with."""
    assert rank_test.compare([1.0] * 20, [1.0] * 20) == rank_test.Comparison(1.0, 0.5, 0.0)


def test_few_values_are_refused() -> None:
    """The approximation needs 20 of each."""
    with pytest.raises(ValueError, match="too few"):
        rank_test.compare([1.0] * 19, [1.0] * 20)


def test_a_significant_difference_is_a_loss() -> None:
    """Beside comparisons that find none, the one that differs is named."""
    dice, found = _dice(1), {naming: timing.Times() for naming in NAMINGS[:3]}
    for number, times in enumerate(found.values()):
        times.foreign, times.unknown = _drawn(dice, 100, shift=90.0 * (number == 1)), _drawn(dice, 100)
    tally = timing.report(found)
    assert (tally.faults, tally.lost) == (600, 1)
    assert tally.complaints[0].startswith(str(NAMINGS[1]))


def test_the_campaign_calls_in_both_ways() -> None:
    """As many calls of each naming about another's thing as about nobody's; no time is asserted."""
    tally = timing.run(Options(count=20, only="get_status("))
    assert tally.faults == 2 * 20
    assert [each["call"] for each in tally.details] == ["vault.get_status(account_token)"]
