"""The rules of accounts: published status and life cycle, followers of a sanction, a person's slot.

- An account is VERIFIED until its expire_date, which is the first EXPIRED day.
- A status holds the kind, state, standing, assurances, the two dates and the revision, plus the category of
  an organisation that has been verified, and the time of a requested erasure. It holds nothing else.
- A standing may have an end. When it comes, the next of the standings that follow applies, and GOOD after the
  last one.
- The revision grows by one with every published change, with every appeal that is filed or decided, and with
  every step of an erasure, so that the change feed tells of it. An expiry or an end of a standing that is due
  counts even before it is stored.

A sanction of scope PERSON reaches the person's other accounts at the same relying party:

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
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from idvault_verify.account import (
    NO_ASSURANCE,
    Account,
    AccountState,
    Standing,
    StandingPeriod,
    Status,
    SubjectKind,
)
from idvault_verify.sanction import STANDINGS, Degree


def severity(standing: Standing) -> int:
    """Return the place of a standing, the mildest first."""
    return _SEVERITY[standing]


_SEVERITY = {standing: place for place, standing in enumerate(Standing)}


def new(*, account_token: str, relying_party: str, subject_kind: SubjectKind) -> Account:
    """Return the account of a sign-up whose claim is still pending."""
    return Account(
        account_token,
        relying_party,
        subject_kind,
        AccountState.PENDING,
        Standing.GOOD,
        NO_ASSURANCE,
        revision=1,
    )


def expire(*, account: Account, today: date) -> Account:
    """Return the account as of today: EXPIRED, with the next revision, if its verification has expired."""
    due = (
        account.state is AccountState.VERIFIED
        and account.expire_date is not None
        and account.expire_date <= today
    )
    return replace(account, state=AccountState.EXPIRED, revision=account.revision + 1) if due else account


def fall(*, account: Account, now: datetime) -> Account:
    """Return the account after each standing whose end has come (business time), with a revision for each."""
    while account.standing_until is not None and account.standing_until <= now:
        following = account.later_standings[:1] or (StandingPeriod(Standing.GOOD),)
        account = replace(
            account,
            standing=following[0].standing,
            standing_until=following[0].until,
            later_standings=account.later_standings[1:],
            revision=account.revision + 1,
        )
    return account


def renumber(*, account: Account, now: datetime) -> Account:
    """Return the account with the next revision, after each standing whose end has come."""
    present = fall(account=account, now=now)
    return replace(present, revision=present.revision + 1)


def schedule(*, account: Account, now: datetime) -> list[StandingPeriod]:
    """Return the periods of standing that the account's row already gives, from now on.

    They suffice to add a source. A source that they leave out ends before a higher one, so it never shows.
    """
    shown = fall(account=account, now=now)
    periods = [StandingPeriod(shown.standing, shown.standing_until), *shown.later_standings]
    return [period for period in periods if period.standing is not Standing.GOOD]


def sanction(*, account: Account, sources: Iterable[StandingPeriod], now: datetime) -> Account:
    """Return the account under everything that sets its standing now; the highest counts at any time.

    The revision grows for ends that have come, and if the published standing or its end changes.
    """
    former = fall(account=account, now=now)
    first, *later = _periods(sources, now) or [StandingPeriod(Standing.GOOD)]
    changed = (former.standing, former.standing_until) != (first.standing, first.until)
    return replace(
        former,
        standing=first.standing,
        standing_until=first.until,
        later_standings=tuple(later),
        revision=former.revision + changed,
    )


def _periods(sources: Iterable[StandingPeriod], now: datetime) -> list[StandingPeriod]:
    """Return the standings that will apply one after the other, without those that a higher one outlasts."""
    periods: list[StandingPeriod] = []
    for source in sorted(sources, key=_highest_and_longest_first):
        if source.until is not None and source.until <= now:
            continue
        if not periods or _outlasts(source.until, periods[-1].until):
            periods.append(source)
    return periods


def _highest_and_longest_first(source: StandingPeriod) -> tuple[int, bool, float]:
    end = 0.0 if source.until is None else -source.until.timestamp()
    return -severity(source.standing), source.until is not None, end


def _outlasts(end: datetime | None, other: datetime | None) -> bool:
    return other is not None and (end is None or end > other)


def project(*, account: Account, today: date, now: datetime) -> Status:
    """Return the published status of an account; today is in the deployment's time zone."""
    shown = expire(account=fall(account=account, now=now), today=today)
    return Status(
        shown.account_token,
        shown.subject_kind,
        shown.state,
        shown.standing,
        shown.assurances,
        shown.revision,
        shown.verify_date,
        shown.expire_date,
        shown.organization_category,
        shown.standing_until,
        shown.erase_at,
    )


LIMIT = StandingPeriod(Standing.PUBLISHING_LIMITED)
"""What an enforcement date does to the standing of an account."""


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


@dataclass(frozen=True, slots=True)
class DueFollower:
    """An account that must no longer follow a sanction of its person."""

    account_token: str
    sanction_id: str


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


class Slot(StrEnum):
    """How a matched claim relates to the K accounts that its person may have with one relying party."""

    TAKEN = "TAKEN"  # the account took a slot of this person
    OWNED = "OWNED"  # the account already had one
    FULL = "FULL"  # the person had no free slot


@dataclass(frozen=True, slots=True)
class Facts:
    """What the vault knows about the person and the account when a claim has matched."""

    slot: Slot
    person_closed: bool
    different_owner: bool
    sanctioned: bool = False
