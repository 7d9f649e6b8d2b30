"""The synthetic people of a theft: their names and numbers share a part that a search can find."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from idvault_verify import document
from tools.support.sandbox import Person

MARK = "龘靐"
"""Two characters that begin every name here; by chance they are found nowhere else."""
BORN = "19770707"
_REGION = "110000"
NUMBER_MARK = _REGION + BORN
_GIVEN = "安宁和平清明文远思源若水星河云舒景行知秋"
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Victims:
    """The people by how they were treated up to the theft.

    sealed: verified at once. mismatched: refused. late: waited while the registry was down, verified since.
    waiting: still waiting at the time of the theft.
    """

    sealed: list[Person] = field(default_factory=list)
    mismatched: list[Person] = field(default_factory=list)
    late: list[Person] = field(default_factory=list)
    waiting: list[Person] = field(default_factory=list)

    @property
    def all(self) -> list[Person]:
        return [*self.sealed, *self.mismatched, *self.late, *self.waiting]

    def dictionary(self) -> list[str]:
        """Return the names that a thief would try: all real ones, and as many others."""
        known = {person.name for person in self.all}
        strangers = {MARK + pair for pair in _pairs()} - known
        return sorted(known | set(_random.sample(sorted(strangers), len(known))))


def numbers() -> Iterator[str]:
    """Yield every number of one region and birth date: the small range of these people."""
    for sequence in range(1000):
        body = f"{NUMBER_MARK}{sequence:03}"
        yield body + document.resident_check_character(body=body)


def invent(count: int) -> list[Person]:
    """Return people with different names and numbers within the range."""
    names = _random.sample(_pairs(), count)
    chosen = _random.sample(list(numbers()), count)
    return [Person(MARK + name, number) for name, number in zip(names, chosen, strict=True)]


def _pairs() -> list[str]:
    return [first + second for first in _GIVEN for second in _GIVEN if first != second]
