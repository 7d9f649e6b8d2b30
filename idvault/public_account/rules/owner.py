"""Who may get one more public account: the limit per person or organisation at a relying party.

- Live public accounts are counted by the owner's random person id: a second token does not evade the limit.
- One that its owner closed, that has expired or was rejected does not count. One that a standing closes
  counts, because it comes back: also when an account still follows a sanction of its person that has ended.
- While a sanction is in force that closed a public account, or its owner's account with it, its person gets
  no other one: under no token, by no transfer, and whatever has become of the closed one since. One that had
  expired, or that its owner had closed, before the account was closed is not one that the sanction closed.
- One whose owner's account was erased counts while a sanction of either is in force: an erasure is no way to
  replace a sanctioned one.
- One that changes its owner counts, too, if it is the same person's already. Otherwise the only one
  that a person at the limit could take over would be the person's own, and that would reveal whose it is.
- The answer has one word for every cause (RejectReason.OWNER_NOT_ELIGIBLE): it does not say that another
  token belongs to the same owner. Only the owner learns that the limit is reached, on the page of a
  verification that has matched.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from idvault.account.rules import account as account_rules
from idvault.core.policy import PublicAccountLimits
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules import standing as standing_rules
from idvault.public_account.rules.values import GRACE_DAYS, LIVE, PublicAccount, PublicAccountState
from idvault.verify.account import Account, AccountState, Standing
from idvault.verify.error import PreconditionError
from idvault.verify.public_account import PublicAccountKind

_OPENED = frozenset({*LIVE, PublicAccountState.EXPIRED})


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


def is_eligible(
    *,
    public_account: PublicAccount,
    owner: Account,
    facts: OwnerFacts,
    limits: PublicAccountLimits,
    zone: tzinfo,
    now: datetime,
) -> bool:
    """Return whether an owner may have this public account live beside those that count."""
    try:
        rules.admit(owner=owner, today=now.astimezone(zone).date(), now=now)
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
    shown = standing_rules.fall(
        public_account=rules.fall(public_account=public_account, today=today), now=now
    )
    if shown.state not in LIVE or owner.state is not AccountState.ERASED:
        return shown.state in LIVE
    standings = (shown.standing, account_rules.fall(account=owner, now=now).standing)
    return any(standing is not Standing.GOOD for standing in standings)
