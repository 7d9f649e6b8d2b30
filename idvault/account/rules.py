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

A former version of an account's record is kept for 8 days after its successor, and for 8 days after the last
disclosure of it has ended. That is longer than a disclosure request lives (erasure.rules.DELAY), so
that a new verification ends no disclosure.

A verification that was somebody else's is withdrawn (ADR 0066):

| from | verb | to |
|---|---|---|
| VERIFIED, EXPIRED | withdraw | REVOKED |
| REVOKED | a claim succeeds (claim.rules) | VERIFIED |
| REVOKED | erase (erasure.rules) | ERASED |
| REVOKED | reinstate (session.reinstatement.rules) | the state before |

- The account loses its dates, its assurance and its owner; its sanctions, and what it follows, stay.
- The person has a free slot. For 180 days a claim that takes a slot of that person needs the assurance
  HOLDER: else whoever knows name and number begins again.
- Whose the account was is kept longer: until its person could read of the last opening of the record
  (ADR 0088). What it was is kept without an end.
- A reinstated account has its former dates, assurance and owner, and takes a slot. The demand of HOLDER stays
  until its time: it is the person's, not the account's. What a notice ended meanwhile comes back EXPIRED.
- Another person's claim fails while a sanction or a proposal of the account, what it follows, an appeal or a
  live public account is open.

A notice of the registry may have marked a person:

- A claim of a person that it said to be ended does not succeed, unless whoever made it proved to be that
  person.
- Whoever has a new number renews the accounts of the old one. They stay accounts of the old one's person: the
  two are not joined, so each has its own places and sanctions.
- Of two such persons, also over several replacements, a closed one closes both.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from idvault_verify.account import (
    NO_ASSURANCE,
    Account,
    AccountState,
    Assurances,
    Standing,
    StandingPeriod,
    Status,
    SubjectKind,
)
from idvault_verify.notice import NoticeKind
from idvault_verify.organization import OrganizationCategory
from idvault_verify.sanction import STANDINGS, Degree

FORMER_KEPT = timedelta(days=8)
"""How long a former version is kept."""


def former_due_at(*, now: datetime) -> datetime:
    """Return when a version is due whose successor comes now, or whose last disclosure ends now."""
    return now + FORMER_KEPT


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


KEPT_FOR = timedelta(days=180)
"""How long name and number do not suffice again, the record is held, and the account can get it back."""
READ_FOR = timedelta(days=90)
"""How long the person can read of an opening at the end of that, once it is told."""


class WithdrawalCause(StrEnum):
    """Why a verification was withdrawn. DISAVOWAL: its person said so, present, on the operator's page."""

    CONTEST = "CONTEST"
    DISAVOWAL = "DISAVOWAL"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A verification that was withdrawn. withdrawal_id, case_id: 32 lower-case hex digits.

    case_id: of the contest or disavowal. person_id: whose it was, None once that is forgotten. forget_at:
    when the next of two steps is due: its person is free of it (`is_free`), and then forgotten. state to
    organization_category: as they were. ended_at: when the account was verified again. reinstated_at: when it
    got this verification back; reinstate_proposed_by, reinstated_by: the moderators who decided that.
    """

    withdrawal_id: str
    relying_party: str
    account_token: str
    cause: WithdrawalCause
    case_id: str
    person_id: str | None
    withdrawn_at: datetime
    state: AccountState
    assurances: Assurances
    verify_date: date | None
    expire_date: date | None
    organization_category: OrganizationCategory | None
    forget_at: datetime | None
    ended_at: datetime | None = None
    reinstated_at: datetime | None = None
    reinstate_proposed_by: str | None = None
    reinstated_by: str | None = None


def is_verified(*, account: Account) -> bool:
    """Return whether an account has a verification, expired or not, that can be withdrawn."""
    return account.state in (AccountState.VERIFIED, AccountState.EXPIRED)


def withdrawal(
    *, account: Account, withdrawal_id: str, cause: WithdrawalCause, case_id: str, now: datetime
) -> Withdrawal:
    """Return the withdrawal of an account's verification."""
    return Withdrawal(
        withdrawal_id,
        account.relying_party,
        account.account_token,
        cause,
        case_id,
        account.person_id,
        now,
        account.state,
        account.assurances,
        account.verify_date,
        account.expire_date,
        account.organization_category,
        forget_at=now + KEPT_FOR,
    )


def withdraw(*, account: Account, today: date, now: datetime) -> Account:
    """Return the account as REVOKED: nothing of its verification is left, its standing stays."""
    present = expire(account=fall(account=account, now=now), today=today)
    return replace(
        present,
        state=AccountState.REVOKED,
        assurances=NO_ASSURANCE,
        verify_date=None,
        expire_date=None,
        organization_category=None,
        person_id=None,
        open_claim_id=None,
        revision=present.revision + 1,
    )


def can_reinstate(*, account: Account, withdrawal: Withdrawal, now: datetime) -> bool:
    """Return whether an account can get back what a withdrawal took, if its person has a free slot."""
    lasts = withdrawal.forget_at is not None and now < kept_until(withdrawal=withdrawal)
    return account.state is AccountState.REVOKED and withdrawal.ended_at is None and lasts


def reinstate(*, account: Account, withdrawal: Withdrawal, now: datetime) -> Account:
    """Return the REVOKED account as it was before the withdrawal; its standing is that of now."""
    present = fall(account=account, now=now)
    return replace(
        present,
        state=withdrawal.state,
        assurances=withdrawal.assurances,
        verify_date=withdrawal.verify_date,
        expire_date=withdrawal.expire_date,
        organization_category=withdrawal.organization_category,
        person_id=withdrawal.person_id,
        revision=present.revision + 1,
    )


def end_withdrawn(*, withdrawal: Withdrawal, today: date) -> Withdrawal:
    """Return a withdrawal whose VERIFIED verification would come back as EXPIRED from today on."""
    if withdrawal.state is not AccountState.VERIFIED:
        return withdrawal
    last = today if withdrawal.expire_date is None else min(withdrawal.expire_date, today)
    return replace(withdrawal, state=AccountState.EXPIRED, expire_date=last)


def kept_until(*, withdrawal: Withdrawal) -> datetime:
    """Return until when the record is held, and the account can get its verification back."""
    return withdrawal.withdrawn_at + KEPT_FOR


def is_free(*, withdrawal: Withdrawal) -> bool:
    """Return whether name and number of its person suffice again, as far as this withdrawal goes."""
    return withdrawal.forget_at is None or withdrawal.forget_at > kept_until(withdrawal=withdrawal)


def forget(
    *,
    withdrawal: Withdrawal,
    embargo: timedelta,
    is_held: bool,
    accessed_at: datetime | None,
    now: datetime,
) -> Withdrawal:
    """Return the withdrawal after the step that is due, else unchanged.

    The first step frees its person, who still reads what was opened, for a time that depends on nothing but
    the embargo: its end is in the log, and would tell of an opening, or of a withdrawal that was taken back.
    The second one forgets the person, unless requests have kept the record beyond its hold, so that the last
    opening could not be read for long enough, or the embargo is a longer one now. is_held: whether the record
    is still there. accessed_at: when it was last released or opened, None if it never was.
    """
    if withdrawal.forget_at is None or withdrawal.forget_at > now:
        return withdrawal
    # A request of the last day ends within days. Openings of until then move nothing.
    hold_over = kept_until(withdrawal=withdrawal) + FORMER_KEPT
    if not is_free(withdrawal=withdrawal):
        return replace(withdrawal, forget_at=hold_over + embargo + READ_FOR)
    # A record that is there may be opened yet.
    last = now if is_held else max(hold_over, accessed_at or hold_over)
    due = last + embargo + READ_FOR
    if due > now:
        return replace(withdrawal, forget_at=due)
    return replace(withdrawal, person_id=None, forget_at=None)


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


def end(*, account: Account, today: date) -> Account:
    """Return a VERIFIED account as EXPIRED from today on; any other as it is."""
    if account.state is not AccountState.VERIFIED:
        return account
    last = today if account.expire_date is None else min(account.expire_date, today)
    return replace(account, state=AccountState.EXPIRED, expire_date=last, revision=account.revision + 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a notice says of a person. former_id: the person whose number this one's replaced.

    contested: whether the holder of the new number denies that.
    """

    person_id: str
    kind: NoticeKind
    former_id: str | None = None
    contested: bool = False


@dataclass(frozen=True, slots=True)
class Pairing:
    """That a number replaced another one at a platform. former_id: the person of the old number.

    notice_id: the last notice that said so, with which the pairing and what it leads to end.
    """

    party: str
    person_id: str
    former_id: str
    notice_id: str = field(default="", compare=False)


_ENDS = frozenset({NoticeKind.PERSON_ENDED, NoticeKind.ORGANIZATION_ENDED})


def is_ended(*, marks: Iterable[Mark], person_id: str) -> bool:
    """Return whether the registry said that the person is no more."""
    return any(mark.person_id == person_id and mark.kind in _ENDS for mark in marks)


def formers(*, marks: Iterable[Mark], person_id: str) -> set[str]:
    """Return the persons whose accounts a person may renew. marks: the person's, theirs, and so on.

    A contested pairing leads nowhere, nor to what lies behind it.
    """
    pairs = [(mark.person_id, mark.former_id) for mark in marks if mark.former_id and not mark.contested]
    found: set[str] = set()
    last = {person_id}
    while last:
        last = {former for person, former in pairs if person in last} - found
        found |= last
    return found


class Slot(StrEnum):
    """How a matched claim relates to the K accounts that its person may have with one relying party."""

    TAKEN = "TAKEN"  # the account took a slot of this person
    OWNED = "OWNED"  # the account already had one
    FULL = "FULL"  # the person had no free slot


@dataclass(frozen=True, slots=True)
class Facts:
    """What the vault knows about the person and the account when a claim has matched.

    withdrawn: a verification of the person was withdrawn, and the claim would take a slot.
    ended: the registry said that the person is no more. other_proof: the account's owner was proven in a way
    with which the claim's is not joined.
    """

    slot: Slot
    person_closed: bool
    different_owner: bool
    sanctioned: bool = False
    withdrawn: bool = False
    ended: bool = False
    other_proof: bool = False
