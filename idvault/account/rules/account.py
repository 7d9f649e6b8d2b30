"""The published status of an account and its life cycle.

- An account is VERIFIED until its expire_date, which is the first EXPIRED day.
- A status holds the kind, state, standing, assurance, the two dates and the revision, plus the category of
  an organisation that has been verified, and the time of a requested erasure. It holds nothing else.
- A standing may have an end. When it comes, the next of the standings that follow applies, and GOOD after the
  last one.
- The revision grows by one with every published change, with every appeal that is filed or decided, and with
  every step of an erasure, so that the change feed tells of it. An expiry or an end of a standing that is due
  counts even before it is stored.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from idvault.verify.account import (
    Account,
    AccountState,
    Assurance,
    Standing,
    StandingPeriod,
    Status,
    SubjectKind,
)


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
        Assurance.NONE,
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
        shown.assurance,
        shown.revision,
        shown.verify_date,
        shown.expire_date,
        shown.organization_category,
        shown.standing_until,
        shown.erase_at,
    )
