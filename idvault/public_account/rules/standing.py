"""The standing of a public account: what sanctions of the public account itself give it.

The rules are those of an account's standing (domain.account): the highest of several sanctions in force
counts, each ends only its own, and every end that has come is a revision.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from idvault.account.rules import account as account_rules
from idvault.public_account.rules.values import PublicAccount
from idvault.verify.account import Account, AccountState, Assurance, StandingPeriod, SubjectKind


def sanction(
    *, public_account: PublicAccount, sources: Iterable[StandingPeriod], now: datetime
) -> PublicAccount:
    """Return the public account under everything that sets its standing now."""
    after = account_rules.sanction(account=_carrier(public_account), sources=sources, now=now)
    return _with(public_account, after)


def schedule(*, public_account: PublicAccount, now: datetime) -> list[StandingPeriod]:
    """Return the standings that a public account has from now on, one after the other."""
    return account_rules.schedule(account=_carrier(public_account), now=now)


def fall(*, public_account: PublicAccount, now: datetime) -> PublicAccount:
    """Return the public account after each standing whose end has come, with a revision for each."""
    if public_account.standing_until is None:
        return public_account
    return _with(public_account, account_rules.fall(account=_carrier(public_account), now=now))


def _carrier(public_account: PublicAccount) -> Account:
    """Return an account that has nothing but the standing and the revision."""
    return Account(
        public_account.account_token,
        public_account.relying_party,
        SubjectKind.INDIVIDUAL,
        AccountState.VERIFIED,
        public_account.standing,
        Assurance.NONE,
        public_account.revision,
        standing_until=public_account.standing_until,
        later_standings=public_account.later_standings,
    )


def _with(public_account: PublicAccount, carrier: Account) -> PublicAccount:
    return replace(
        public_account,
        standing=carrier.standing,
        standing_until=carrier.standing_until,
        later_standings=carrier.later_standings,
        revision=carrier.revision,
    )
