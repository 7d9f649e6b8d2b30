"""Owners of public accounts: how many one may have, who publishes for them, transfers, and filings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Self

from idvault.account import rules as account_rules
from idvault.core.policy import PublicAccountLimits
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import (
    GONE,
    GRACE_DAYS,
    LIVE,
    PublicAccount,
    PublicProfile,
    TransferOffer,
)
from idvault_verify import public_account as category
from idvault_verify.account import Account, AccountState, Standing, SubjectKind
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, PreconditionError, Reason, Violation
from idvault_verify.public_account import PublicAccountCategory, PublicAccountKind, PublicAccountState

_OPENED = frozenset({*LIVE, PublicAccountState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Owned:
    """A public account, its owner's account and those of its operators, all as they are stored."""

    public_account: PublicAccount
    owner: Account
    operators: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """When an act happens. zone: the deployment's time zone."""

    now: ClockReading
    zone: tzinfo

    @property
    def today(self) -> date:
        """The business day in the deployment's time zone."""
        return self.now.today(self.zone)

    @property
    def time(self) -> datetime:
        """The business time."""
        return self.now.business


@dataclass(frozen=True, slots=True)
class Version:
    """What an act left of a public account. owner_closed: whether its owner's account was closed then."""

    public_account: PublicAccount
    owner_closed: bool


@dataclass(frozen=True, slots=True)
class Closing:
    """A CLOSE in force, with a public account of its account. alone: only this public account is its target.

    since, until: when it came into force and when it ends, None without an end.
    """

    public_account: PublicAccount
    alone: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What the vault knows about a person or organisation.

    person_barred: closed, or suspended by a sanction of scope PERSON, which the status of this token need not
    show yet. owned: its public accounts that were last stored as live, with their owners' accounts. closings:
    of its accounts and public accounts; must not have been read before `owned`.
    """

    person_barred: bool
    owned: tuple[tuple[PublicAccount, Account], ...]
    closings: tuple[Closing, ...]

    @classmethod
    def of(cls, owned: Sequence[Owned], closings: Sequence[Closing], *, person_barred: bool = False) -> Self:
        """Return the facts of what was read, `owned` first."""
        pairs = tuple((each.public_account, each.owner) for each in owned)
        return cls(person_barred, pairs, tuple(closings))


def is_eligible(
    *,
    public_account: PublicAccount,
    owner: Account,
    facts: OwnerFacts,
    limits: PublicAccountLimits,
    zone: tzinfo,
    now: datetime,
) -> bool:
    """Return whether an owner may have this public account live beside those that count.

    - Live public accounts are counted by the owner's random person id: a second token does not evade the
      limit.
    - One that its owner closed, that has expired or was rejected does not count. One that a standing closes
      counts, because it comes back: also when an account still follows a sanction of its person that has
      ended.
    - While a sanction is in force that closed a public account, or its owner's account with it, its person
      gets no other one: under no token, by no transfer, and whatever has become of the closed one since. One
      that had expired, or that its owner had closed, before the account was closed is not one that the
      sanction closed.
    - One whose owner's account was erased, or is REVOKED, counts while a sanction of either is in force:
      neither is a way to replace a sanctioned one.
    - One that changes its owner counts, too, if it is the same person's already. Otherwise the only one that
      a person at the limit could take over would be the person's own, and that would reveal whose it is.
    - The answer has one word for every cause (RejectReason.OWNER_NOT_ELIGIBLE): it does not say that another
      token belongs to the same owner. Only the owner learns that the limit is reached, on the page of a
      verification that has matched.
    """
    try:
        public_account_rules.admit(owner=owner, today=now.astimezone(zone).date(), now=now)
    except PreconditionError:
        return False
    full = is_full(facts=facts, kind=public_account.kind, limits=limits, zone=zone, now=now)
    return not full and not facts.person_barred


def is_full(
    *,
    facts: OwnerFacts,
    kind: PublicAccountKind,
    limits: PublicAccountLimits,
    zone: tzinfo,
    now: datetime,
) -> bool:
    """Return whether an owner can have no further one: at the limit, or one is closed (LIMIT_REACHED)."""
    today = now.astimezone(zone).date()
    live = sum(_counts(each, owner, today, now) for each, owner in facts.owned)
    return live >= limits.of(kind) or any(_bars(each, zone, now) for each in facts.closings)


def _bars(closing: Closing, zone: tzinfo, now: datetime) -> bool:
    if closing.until is not None and closing.until <= now:
        return False
    closed = closing.public_account
    if closing.alone:
        return True
    if closed.state not in _OPENED or closed.expire_date is None:
        return False
    return closing.since.astimezone(zone).date() < closed.expire_date + timedelta(days=GRACE_DAYS)


def _counts(public_account: PublicAccount, owner: Account, today: date, now: datetime) -> bool:
    shown = public_account_rules.let_standing_fall(
        public_account=public_account_rules.fall(public_account=public_account, today=today), now=now
    )
    if shown.state not in LIVE or owner.state not in GONE:
        return shown.state in LIVE
    standings = (shown.standing, account_rules.fall(account=owner, now=now).standing)
    return any(standing is not Standing.GOOD for standing in standings)


MOST_OPERATORS = 50
_BARRING = frozenset({Standing.RENEWAL_SUSPENDED, Standing.CLOSED})


@dataclass(frozen=True, slots=True)
class PublicAccountOperator:
    """An operator, and whether the account may publish now.

    - An organisation names up to 50 of them, while its public account is live and it may renew itself.
    - An operator may publish as long as the account is VERIFIED and below RENEWAL_SUSPENDED, and the public
      account is ACTIVE and below RENEWAL_SUSPENDED, too. A removal counts from the next read on.
    - A transfer removes all of them: they were the former owner's.
    """

    account_token: str
    may_publish: bool


def add(
    *,
    public_account: PublicAccount,
    owner: Account,
    operators: Sequence[str],
    added: Account,
    today: date,
    now: datetime,
) -> PublicAccount:
    """Return the public account with one more operator, whose right is a published change.

    operators: the tokens of the others. Raises PreconditionError (PUBLIC_ACCOUNT_NOT_LIVE,
    OPERATOR_NOT_ELIGIBLE, and what the rules' `admit` raises of the owner) and InvalidError (TOO_MANY_ITEMS).
    """
    live = public_account_rules.check_live(public_account=public_account, owner=owner, today=today, now=now)
    public_account_rules.admit(owner=owner, today=today, now=now)
    if live.standing in _BARRING:
        raise PreconditionError(Reason.RENEWAL_SUSPENDED)
    if live.kind is PublicAccountKind.INDIVIDUAL or not _may_operate(added, today, now):
        raise PreconditionError(Reason.OPERATOR_NOT_ELIGIBLE)
    if len(operators) >= MOST_OPERATORS:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("account_token", FieldCode.LENGTH))
    return replace(live, revision=live.revision + 1)


def remove(*, public_account: PublicAccount, today: date, now: datetime) -> PublicAccount:
    """Return the public account without this operator; allowed in every state."""
    fallen = public_account_rules.fall(public_account=public_account, today=today)
    fallen = public_account_rules.let_standing_fall(public_account=fallen, now=now)
    return replace(fallen, revision=fallen.revision + 1)


def shown(*, operator: Account, profile: PublicProfile, today: date, now: datetime) -> PublicAccountOperator:
    """Return an operator as of now."""
    publishes = profile.state is PublicAccountState.ACTIVE and profile.standing not in _BARRING
    return PublicAccountOperator(operator.account_token, publishes and _may_operate(operator, today, now))


def _may_operate(operator: Account, today: date, now: datetime) -> bool:
    status = account_rules.project(account=operator, today=today, now=now)
    verified = status.state is AccountState.VERIFIED and status.subject_kind is SubjectKind.INDIVIDUAL
    return verified and status.standing not in _BARRING


OFFER_LIFETIME = timedelta(days=14)


def offer(
    *,
    public_account: PublicAccount,
    owner: Account,
    receiver: Account,
    disputed: bool,
    today: date,
    now: datetime,
) -> PublicAccount:
    """Return the public account with an offer to another account.

    Raises InvalidError (INVALID_MESSAGE, account_token) for the owner itself, and PreconditionError
    (PUBLIC_ACCOUNT_NOT_LIVE, SANCTION_OPEN, KIND_DIFFERS, and what the rules' `admit` raises of the
    receiver).

    - Only a live public account is offered, to a verified account of the same platform whose public accounts
      would be of the same kind. A new offer replaces the one before. After 14 days an offer counts no more.
    - Neither an offer nor an acceptance is possible under a sanction, a proposal or an appeal.
    - The new owner must be eligible as for an application (public_account.rules.owner).
    - The category becomes the new owner's. A declared one ends, because the licence was the former owner's,
      and so do the rights of operators. Term and standing stay. The day of the transfer is public.
    """
    if receiver.account_token == owner.account_token:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("account_token", FieldCode.CHARACTER))
    live = public_account_rules.check_live(public_account=public_account, owner=owner, today=today, now=now)
    public_account_rules.check_clear(public_account=live, owner=owner, disputed=disputed, now=now)
    _check_receiver(live, receiver, today, now)
    return replace(live, offer=TransferOffer(receiver.account_token, now), revision=live.revision + 1)


def accept(
    *,
    public_account: PublicAccount,
    owner: Account,
    receiver: Account,
    eligible: bool,
    disputed: bool,
    today: date,
    now: datetime,
) -> PublicAccount:
    """Return the public account of its new owner.

    Raises PreconditionError (PUBLIC_ACCOUNT_NOT_LIVE, TRANSFER_NOT_OFFERED, SANCTION_OPEN, KIND_DIFFERS,
    OWNER_NOT_ELIGIBLE, and what the rules' `admit` raises of the receiver).
    """
    live = public_account_rules.check_live(public_account=public_account, owner=owner, today=today, now=now)
    if offered_to(live, now=now) != receiver.account_token:
        raise PreconditionError(Reason.TRANSFER_NOT_OFFERED)
    public_account_rules.check_clear(public_account=live, owner=owner, disputed=disputed, now=now)
    _check_receiver(live, receiver, today, now)
    if not eligible:
        raise PreconditionError(Reason.OWNER_NOT_ELIGIBLE)
    # What is published is the sum of both revisions, which must grow although the new owner's may be lower.
    former, new = (
        account_rules.project(account=each, today=today, now=now).revision for each in (owner, receiver)
    )
    return replace(
        live,
        account_token=receiver.account_token,
        person_id=receiver.person_id or "",
        owner_category=category.category_of(receiver),
        licence=None,
        owner_changed_on=today,
        offer=None,
        revision=live.revision + max(0, former - new) + 1,
    )


def offered_to(public_account: PublicAccount, *, now: datetime) -> str | None:
    """Return the account that may accept now, None if there is no valid offer."""
    offer = public_account.offer
    if offer is None or now >= offer.offered_at + OFFER_LIFETIME:
        return None
    return offer.account_token


def _check_receiver(public_account: PublicAccount, receiver: Account, today: date, now: datetime) -> None:
    public_account_rules.admit(owner=receiver, today=today, now=now)
    if category.kind_of(receiver) is not public_account.kind:
        raise PreconditionError(Reason.KIND_DIFFERS)


_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FilingDay:
    """A day, and the time at which its live public accounts are counted.

    - Today they are those of now; on a day in the past those at its end, whatever has changed since.
    - A public account is filed while it is ACTIVE or in GRACE and nothing closes it.
    - A day in the future has no filings yet.
    """

    day: date
    at: datetime


def day_of(day: date | None, *, now: ClockReading, zone: tzinfo) -> FilingDay:
    """Return the day of filings, today for None; raises InvalidError (INVALID_MESSAGE, as_of)."""
    today = now.today(zone)
    if day is None or day == today:
        return FilingDay(today, now.business)
    if day > today:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("as_of", FieldCode.FUTURE_DATE))
    # Two days of the calendar begin at the same local time, however long the day between them is.
    return FilingDay(day, datetime.combine(day + timedelta(days=1), time(), zone) - _MICROSECOND)


def filed(
    *,
    public_account: PublicAccount,
    owner_closed: bool,
    category: PublicAccountCategory | None,
    on: FilingDay,
) -> PublicAccount | None:
    """Return a public account as it was on a day; None if it was not live, or of another category.

    public_account: as the last act until then left it. owner_closed: whether its owner's account was closed.
    """
    shown = public_account_rules.fall(public_account=public_account, today=on.day)
    shown = public_account_rules.let_standing_fall(public_account=shown, now=on.at)
    if owner_closed or shown.standing is Standing.CLOSED or shown.state not in LIVE:
        return None
    return shown if category in (None, shown.category) else None
