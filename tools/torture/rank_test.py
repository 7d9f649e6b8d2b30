"""Whether two samples differ: the Mann-Whitney U test, with the normal approximation.

It asks whether a value of one sample tends to be above one of the other, whatever the distribution: times of
calls have long tails, which a test of means would follow. With 20 values or more in each sample, U is nearly
normal; ties are corrected for, and so is the step of U. It needs no library for statistics.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import median

FEWEST = 20
"""With fewer values in a sample the approximation is too coarse."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """p: how likely a difference like this or a larger one is if there is none (two-sided).

    above: how likely a value of the first sample is above one of the second, 0.5 if there is no difference; a
    tie counts half. by: the difference of the medians.
    """

    p: float
    above: float
    by: float


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Compare two samples; raises ValueError if one has fewer than 20 values."""
    if min(len(first), len(second)) < FEWEST:
        raise ValueError("too few values to compare")
    ranks, ties = _ranks([*first, *second])
    pairs, total = len(first) * len(second), len(first) + len(second)
    u = sum(ranks[value] for value in first) - len(first) * (len(first) + 1) / 2
    tied = sum(count**3 - count for count in ties.values()) / (total * (total - 1))
    spread = sqrt(pairs / 12 * (total + 1 - tied))
    distance = max(abs(u - pairs / 2) - 0.5, 0.0)
    p = erfc(distance / spread / sqrt(2)) if spread else 1.0
    return Comparison(p, u / pairs, median(first) - median(second))


def _ranks(values: Sequence[float]) -> tuple[dict[float, float], Counter[float]]:
    """Return the rank of each value, from 1, the mean rank where several are equal; and how many are."""
    counts, ranks, below = Counter(values), {}, 0
    for value in sorted(counts):
        ranks[value] = below + (counts[value] + 1) / 2
        below += counts[value]
    return ranks, counts
