"""Keeps small counts that the public log does not tell out of a report, so that nothing published undoes it.

- A cell of 1 to 4 is hidden. Its breakdown's total is public, so other cells are hidden with it, in the fixed
  order of the cells, until together they have at least 5 more than the small ones could have: then each small
  cell may have any number from 1 to 4. If all cells are not enough, all are hidden.
- What is published elsewhere does not count: 12 cases of which 10 are listed are a cell of 2. What may be
  listed later counts as hidden and as listed, whichever hides more.
- Months alone are counted. A longer period adds up what its months show: a cell that is hidden in one of them
  is hidden in the sum. Days that make no whole month show no breakdown. So nothing follows from the
  difference of two periods that does not follow from the months.
- Texts that are cells because they are common: their names alone tell that they have at least 5, so none of
  them is hidden. Until the rest is no small number, the first of them joins it.
- A level is rounded down to a multiple of 5: the difference of two levels does not tell a change of 1 to 4.
- A median needs 5 cases.

Prior knowledge is not guarded against: who knows all cases of a cell but one learns whether there is
another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FEWEST = 5
_LARGEST_SMALL = FEWEST - 1

Cells = Mapping[str, int | None]
"""The published cells of a breakdown: None where the count is hidden."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How many cases of a cell are published elsewhere, and how many may be published there later."""

    told: int = 0
    doubtful: int = 0


_NOWHERE = Elsewhere()


def suppress(
    cells: Mapping[str, int], elsewhere: Mapping[str, Elsewhere] | None = None
) -> dict[str, int | None]:
    """Return the cells as they may be published; their order is the order in which they are hidden.

    elsewhere: what else is published of them.
    """
    known = {name: (elsewhere or {}).get(name, _NOWHERE) for name in cells}
    most = {name: count - known[name].told for name, count in cells.items()}
    least = {name: count - known[name].doubtful for name, count in most.items()}
    small = {name for name in cells if least[name] < FEWEST and most[name] > 0}
    hidden, enough = set(small), _LARGEST_SMALL * len(small) + FEWEST
    for name in cells:
        if not small or sum(least[each] for each in hidden) >= enough:
            break
        hidden.add(name)
    return {name: None if name in hidden else count for name, count in cells.items()}


def common(counts: Mapping[str, int], *, rest: str, total: int) -> dict[str, int | None]:
    """Return the cells of a breakdown by texts, of which counts has the common ones, as it may be published.

    A hidden count beside a common text would be known: of 6 cases, 5 have the text and 1 has not.
    """
    kept, left = beside_rest(counts, rest=total - sum(counts.values()))
    return {**suppress({rest: left}), **kept}


def beside_rest(counts: Mapping[str, int], *, rest: int) -> tuple[dict[str, int], int]:
    """Return the texts that stay, in order, and the rest: while it is a small number, the first joins it."""
    kept = dict(sorted(counts.items()))
    while 0 < rest < FEWEST and kept:
        rest += kept.pop(next(iter(kept)))
    return kept, rest


def add_up(months: Sequence[Cells]) -> dict[str, int | None]:
    """Return the cells of a longer period from those of its months."""
    names = dict.fromkeys(name for month in months for name in month)
    return {name: _sum(month.get(name, 0) for month in months) for name in names}


def round_down(count: int) -> int:
    """Return a level as it may be published."""
    return count - count % FEWEST


def _sum(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
