"""The standings that follow an account's present one, in one column: `STANDING END`, separated by semicolons.

An end is in microseconds since 1970, and `-` for a standing without an end.
"""

from datetime import datetime

from idvault.core.db.types import from_micros, to_micros
from idvault.verify.account import Standing, StandingPeriod

_NO_END = "-"


def pack(periods: tuple[StandingPeriod, ...]) -> str | None:
    """Return the column's text; None if nothing follows."""
    return ";".join(f"{each.standing.value} {_end(each.until)}" for each in periods) or None


def unpack(packed: str | None) -> tuple[StandingPeriod, ...]:
    """Return the standings in the column."""
    return () if packed is None else tuple(_period(*each.split(" ")) for each in packed.split(";"))


def _end(until: datetime | None) -> str:
    return _NO_END if until is None else str(to_micros(until))


def _period(standing: str, end: str) -> StandingPeriod:
    return StandingPeriod(Standing(standing), None if end == _NO_END else from_micros(int(end)))
