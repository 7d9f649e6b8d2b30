"""When a form is flooded: when it gets far more reports in a day than it usually does.

- The vault counts the reports of each platform's form on the hosted pages, by the operator's days. Calls of
  the platform are not counted, so none of them makes a form flooded.
- The limit of a day is ten times the median of the 28 days before, and at least 100. A number that was
  reached on 14 of these days is usual: nobody keeps a form flooded at one level for longer.
- A report beyond the limit came by a flooded form; those up to the limit did not, and neither does one of
  another channel or of a trusted flagger, which is counted all the same. What was filed before stays owed.
- A flooded form's report keeps its deadline. If it is undecided then, `tipoff:flood:miss` is logged in place
  of the misses of reply and solution: everybody can count those, too.
"""

from collections.abc import Sequence

DAYS = 28
_TIMES, _LEAST = 10, 100


def limit(counts: Sequence[int]) -> int:
    """Return how many reports of a day are those of a form that is not flooded.

    counts: of each of the 28 days before that had any.
    """
    usual = sorted((*counts, *[0] * DAYS))[-DAYS:][DAYS // 2]
    return max(_LEAST, _TIMES * usual)


def is_flooded(*, filed: int, most: int) -> bool:
    """Return whether a day's report of this number came by a flooded form. most: the limit of the day."""
    return filed > most


def begins(*, filed: int, most: int) -> bool:
    """Return whether the flood begins with this report, which is logged once a day."""
    return filed == most + 1
