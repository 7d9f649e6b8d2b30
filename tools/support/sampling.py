"""How many cases of a long table the tests try: a sample of each kind, every one by `scripts/torture whole`.

For tables that one fault in the code would fail in many rows. What is drawn is always the same, so that a
failure repeats.
"""

from collections.abc import Callable, Hashable, Iterable
from itertools import chain
from typing import TypeVar

from tools.support import walks

T = TypeVar("T")


def sampled(
    cases: Iterable[T], most: int, *, turn: int = 0, kind: Callable[[T], Hashable] = lambda _: None
) -> list[T]:
    """Return at most so many cases of each kind, evenly from first to last; in full all of them, in order.

    turn: another number draws other cases, for a table that is tried more than once.
    """
    given = list(cases)
    if walks.TENTHS >= walks.FULL:
        return given
    kinds: dict[Hashable, list[int]] = {}
    for number, case in enumerate(given):
        kinds.setdefault(kind(case), []).append(number)
    drawn = (_drawn(numbers, most * walks.TENTHS, turn) for numbers in kinds.values())
    return [given[number] for number in sorted(chain.from_iterable(drawn))]


def is_tried(number: int, *, one_in: int) -> bool:
    """Return whether to try the case of a number, where they are not known before; in full every one."""
    return walks.TENTHS >= walks.FULL or number % one_in == 0


def _drawn(numbers: list[int], most: int, turn: int) -> list[int]:
    size = len(numbers)
    if size <= most:
        return numbers
    return [numbers[(each * size // most + turn) % size] for each in range(most)]
