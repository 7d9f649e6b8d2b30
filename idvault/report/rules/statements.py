"""What the weekly published statements of reasons tell of the sanctions of a month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idvault.sanction.rules import publication
from idvault.sanction.rules.publication import LEAST, StatementKind
from idvault.verify.suppression import Elsewhere


@dataclass(frozen=True, slots=True)
class WeekInMonth:
    """The statements of a week that the month touches: all of them, and those within the month.

    is_told: whether the week's file is final. Until then a kind may still gather enough to be told.
    """

    whole: Mapping[StatementKind, int]
    within: Mapping[StatementKind, int]
    is_told: bool


def elsewhere(weeks: Sequence[WeekInMonth], *, field: str) -> Mapping[str, Elsewhere]:
    """Return what is known by cell, a value of this field of the statements."""
    told: dict[str, int] = {}
    doubtful: dict[str, int] = {}
    for week in weeks:
        whole = publication.gather(week.whole)
        for kind, count in publication.gather(week.within).items():
            cell = str(getattr(kind, field).value)
            if not week.is_told:
                doubtful[cell] = doubtful.get(cell, 0) + count
            elif whole[kind] >= LEAST:
                told[cell] = told.get(cell, 0) + count
    return {cell: Elsewhere(told.get(cell, 0), doubtful.get(cell, 0)) for cell in {**told, **doubtful}}
