"""Who may get one more public account: the limit per person or organisation at a relying party.

- Live public accounts are counted by the owner's random person id: a second token does not evade the limit.
- One that is closed, expired or rejected does not count. One that comes back after an appeal may exceed the
  limit, which then only keeps new ones out.
- One whose owner's account was erased counts while a sanction of either is in force: an erasure is no way to
  replace a sanctioned one.
- One that changes its owner counts, too, if it is the same person's already. Otherwise the only one
  that a person at the limit could take over would be the person's own, and that would reveal whose it is.
- The answer has one word for every cause (RejectReason.OWNER_NOT_ELIGIBLE): it does not say that another
  token belongs to the same owner. Only the owner learns that the limit is reached, on the page of a
  verification that has matched.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from idvault.domain import account as account_rules
from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.error import PreconditionError
from idvault.domain.public_account import public_account as rules
from idvault.domain.public_account.category import PublicAccountKind
from idvault.domain.public_account.values import LIVE, PublicAccount


@dataclass(frozen=True, slots=True)
class PublicAccountLimits:
    """The operator's settings. days: how long an approval or a renewal lasts."""

    individual: int = 1
    organization: int = 5
    days: int = 365

    def of(self, kind: PublicAccountKind) -> int:
        """Return how many public accounts an owner of a kind may have."""
        return self.individual if kind is PublicAccountKind.INDIVIDUAL else self.organization


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """What the vault knows about a person or organisation.

    person_barred: closed, or suspended by a sanction of scope PERSON, which the status of this token need not
    show yet. owned: its public accounts that were last stored as live, with their owners' accounts.
    """

    person_barred: bool
    owned: tuple[tuple[PublicAccount, Account], ...]


def is_eligible(
    *,
    public_account: PublicAccount,
    owner: Account,
    facts: OwnerFacts,
    limits: PublicAccountLimits,
    today: date,
    now: datetime,
) -> bool:
    """Return whether an owner may have this public account live beside those that count."""
    try:
        rules.admit(owner=owner, today=today, now=now)
    except PreconditionError:
        return False
    full = is_full(owned=facts.owned, kind=public_account.kind, limits=limits, today=today, now=now)
    return not full and not facts.person_barred


def is_full(
    *,
    owned: Iterable[tuple[PublicAccount, Account]],
    kind: PublicAccountKind,
    limits: PublicAccountLimits,
    today: date,
    now: datetime,
) -> bool:
    """Return whether an owner has as many live public accounts as it may have (LIMIT_REACHED)."""
    return _live(owned, today, now) >= limits.of(kind)


def _live(owned: Iterable[tuple[PublicAccount, Account]], today: date, now: datetime) -> int:
    return sum(_counts(each, owner, today, now) for each, owner in owned)


def _counts(public_account: PublicAccount, owner: Account, today: date, now: datetime) -> bool:
    before = replace(owner, state=AccountState.VERIFIED) if owner.state is AccountState.ERASED else owner
    shown = rules.present(public_account=public_account, owner=before, today=today, now=now)
    if shown.state not in LIVE or before is owner:
        return shown.state in LIVE
    standings = (shown.standing, account_rules.fall(account=owner, now=now).standing)
    return any(standing is not Standing.GOOD for standing in standings)
