"""The operators of an organisation's public account: verified persons' accounts that may publish for it.

- An organisation names up to 50 of them, while its public account is live and it may renew itself.
- An operator may publish as long as the account is VERIFIED and below RENEWAL_SUSPENDED, and the public
  account is ACTIVE and below RENEWAL_SUSPENDED, too. A removal counts from the next read on.
- A transfer removes all of them: they were the former owner's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from idvault.account.rules import account as account_rules
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules import standing as standing_rules
from idvault.public_account.rules.values import PublicAccount, PublicAccountState, PublicProfile
from idvault.verify.account import Account, AccountState, Standing, SubjectKind
from idvault.verify.error import FieldCode, InvalidError, PreconditionError, Reason, Violation
from idvault.verify.public_account import PublicAccountKind

MOST_OPERATORS = 50
_BARRING = frozenset({Standing.RENEWAL_SUSPENDED, Standing.CLOSED})


@dataclass(frozen=True, slots=True)
class PublicAccountOperator:
    """An operator, and whether the account may publish now."""

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
    live = rules.check_live(public_account=public_account, owner=owner, today=today, now=now)
    rules.admit(owner=owner, today=today, now=now)
    if live.standing in _BARRING:
        raise PreconditionError(Reason.RENEWAL_SUSPENDED)
    if live.kind is PublicAccountKind.INDIVIDUAL or not _may_operate(added, today, now):
        raise PreconditionError(Reason.OPERATOR_NOT_ELIGIBLE)
    if len(operators) >= MOST_OPERATORS:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("account_token", FieldCode.LENGTH))
    return replace(live, revision=live.revision + 1)


def remove(*, public_account: PublicAccount, today: date, now: datetime) -> PublicAccount:
    """Return the public account without this operator; allowed in every state."""
    fallen = rules.fall(public_account=public_account, today=today)
    fallen = standing_rules.fall(public_account=fallen, now=now)
    return replace(fallen, revision=fallen.revision + 1)


def shown(*, operator: Account, profile: PublicProfile, today: date, now: datetime) -> PublicAccountOperator:
    """Return an operator as of now."""
    publishes = profile.state is PublicAccountState.ACTIVE and profile.standing not in _BARRING
    return PublicAccountOperator(operator.account_token, publishes and _may_operate(operator, today, now))


def _may_operate(operator: Account, today: date, now: datetime) -> bool:
    status = account_rules.project(account=operator, today=today, now=now)
    verified = status.state is AccountState.VERIFIED and status.subject_kind is SubjectKind.INDIVIDUAL
    return verified and status.standing not in _BARRING
