"""Lists of few lengths, because a statement is prepared for each length and kept by each connection."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def padded(values: Iterable[T]) -> list[T]:
    """Return the values, with the last one repeated until their number is a power of two.

    For conditions to which it is all one how often a value is named: IN, or alternatives joined by OR. With
    it lists of up to a thousand values have eleven spellings instead of a thousand.
    """
    found = list(values)
    wanted = 1 << (len(found) - 1).bit_length() if found else 0
    return found + found[-1:] * (wanted - len(found))
