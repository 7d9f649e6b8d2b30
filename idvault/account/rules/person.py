"""What a sanction of scope PERSON does to the other accounts of the same person at the same relying party.

- Nothing changes when it comes into force. The next claim of another account that has matched makes that
  account a follower: it gets the standing of the degree, and neither a statement nor an id of the sanction.
- CLOSE lets no claim of the person succeed. SUSPEND lets none of an account succeed that was verified before.
- A follower's end is the sanction's end, rounded up to a time that many sanctions share: midnight UTC for a
  sanction of up to 30 days, Monday for one of up to 180 days, the first of a month for a longer one. So it is
  at most a quarter longer, or a day.
- When the sanction is lifted, its followers end at their next claim that matches, or after a delay of one to
  72 hours that was drawn for the account, whichever is first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idvault.verify.account import StandingPeriod
from idvault.verify.sanction import STANDINGS, Degree

SHORTEST_DELAY = timedelta(hours=1)
LONGEST_DELAY = timedelta(hours=72)
DELAY_SEED_SIZE = 8
_BY_DAY = timedelta(days=30)
_BY_WEEK = timedelta(days=180)
_DAY = timedelta(days=1)
_BARRING = frozenset({Degree.SUSPEND, Degree.CLOSE})


@dataclass(frozen=True, slots=True)
class PersonSanction:
    """A sanction of scope PERSON that is in force. account_token: the account that it names."""

    sanction_id: str
    account_token: str
    degree: Degree
    started_at: datetime
    end_at: datetime | None


@dataclass(frozen=True, slots=True)
class Follower:
    """A standing that an account has because another account of its owner was sanctioned.

    sanction_id: never leaves the vault. end_at: rounded.
    """

    sanction_id: str
    degree: Degree
    end_at: datetime | None

    @property
    def period(self) -> StandingPeriod:
        """The standing and its end."""
        return StandingPeriod(STANDINGS[self.degree], self.end_at)


def closes(sanctions: Iterable[PersonSanction]) -> bool:
    """Return whether no claim of the person may succeed."""
    return any(sanction.degree is Degree.CLOSE for sanction in sanctions)


def bars(sanctions: Iterable[PersonSanction]) -> bool:
    """Return whether no claim of an account that was verified before may succeed."""
    return any(sanction.degree in _BARRING for sanction in sanctions)


def followers(*, sanctions: Iterable[PersonSanction], account_token: str) -> list[Follower]:
    """Return what an account follows: every sanction of its owner that names another account."""
    return [
        Follower(sanction.sanction_id, sanction.degree, _rounded(sanction))
        for sanction in sanctions
        if sanction.account_token != account_token
    ]


def delay(seed: bytes) -> timedelta:
    """Return the delay that random bytes stand for, in whole seconds."""
    seconds = int((LONGEST_DELAY - SHORTEST_DELAY).total_seconds()) + 1
    return SHORTEST_DELAY + timedelta(seconds=int.from_bytes(seed, "big") % seconds)


def _rounded(sanction: PersonSanction) -> datetime | None:
    end = sanction.end_at
    if end is None:
        return None
    length = end - sanction.started_at
    day = end.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = day if day == end else day + _DAY
    if length <= _BY_DAY:
        return day
    if length <= _BY_WEEK:
        return day + timedelta(days=-day.weekday() % 7)
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
