"""Public accounts in the client's cache: newest first, and not beyond what it can know."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from idvault_client.backend.public_account import (
    OwnedPublicAccount,
    ReaderProfile,
    ShownOperator,
)
from idvault_client.backend.status import Status
from idvault_client.backend.status_cache import StatusCache
from idvault_verify.account import AccountState, Assurance, Standing, SubjectKind
from idvault_verify.public_account import PublicAccountCategory, PublicAccountKind, PublicAccountState

OWNER, OPERATOR = "acct_" + "0" * 26, "acct_" + "0" * 25 + "1"
FOUND = "a" * 32
TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def public_account(revision: int = 1, **changes: Any) -> OwnedPublicAccount:
    """Return a public account with one operator, with changes of its profile."""
    profile = ReaderProfile(
        public_account_id=FOUND,
        kind=PublicAccountKind.COMPANY,
        category=PublicAccountCategory.COMPANY,
        licence=None,
        state=PublicAccountState.ACTIVE,
        standing=Standing.GOOD,
        since=TODAY,
        owner_changed_on=None,
        revision=revision,
        next_change_date=TODAY + timedelta(days=1),
        standing_until=None,
    )
    operators = (ShownOperator(OPERATOR, may_publish=True),)
    return OwnedPublicAccount(replace(profile, **changes), OWNER, NOW, None, None, operators, None, None)


def status(**changes: Any) -> Status:
    """Return the operator's status, with changes."""
    usual = Status(
        OPERATOR,
        SubjectKind.INDIVIDUAL,
        AccountState.VERIFIED,
        Standing.GOOD,
        Assurance.REGISTRY_MATCH,
        1,
        TODAY,
        None,
    )
    return replace(usual, **changes)


def told(cache: StatusCache, *public_accounts: OwnedPublicAccount, **changes: Any) -> None:
    """Let the cache receive a message at second 0."""
    cache.begin(now=0.0)
    cache.apply(
        changes.get("statuses", [status()]),
        [],
        cursor="c",
        elapsed=0.0,
        caught_up=True,
        today=changes.get("today", TODAY),
        time=NOW,
        public_accounts=public_accounts,
    )


def test_the_newest_is_answered() -> None:
    """The higher revision counts in whatever order both arrive; an unknown one is asked for."""
    cache = StatusCache()
    told(cache, public_account(2, state=PublicAccountState.CLOSED), public_account(1))
    found = cache.public_account(FOUND, now=1.0)
    assert found is not None
    assert found.state is PublicAccountState.CLOSED
    assert cache.public_account("b" * 32, now=1.0) is None
    cache.reset()
    assert cache.public_account(FOUND, now=1.0) is None


def test_an_old_answer_is_none() -> None:
    """Ten seconds after the last message the vault is asked."""
    cache = StatusCache()
    told(cache, public_account())
    assert cache.public_account(FOUND, now=10.0) is not None
    assert cache.public_account(FOUND, now=10.1) is None


def test_a_day_that_changes_it() -> None:
    """From the day of the next change on the vault is asked."""
    cache = StatusCache()
    told(cache, public_account())
    told(cache, today=TODAY + timedelta(days=1))
    assert cache.public_account(FOUND, now=1.0) is None


def test_the_end_of_a_standing() -> None:
    """By the vault's clock and what has passed since."""
    cache = StatusCache()
    told(cache, public_account(standing=Standing.WARNED, standing_until=NOW + 5 * SECOND))
    assert cache.public_account(FOUND, now=4.0) is not None
    assert cache.public_account(FOUND, now=5.0) is None


def test_the_right_of_an_operator_follows_its_status() -> None:
    """A suspended operator may not, whatever was said before; of an unknown one the vault is asked."""
    cache = StatusCache()
    told(cache, public_account())

    def may() -> list[bool]:
        found = cache.public_account(FOUND, now=1.0)
        assert found is not None
        return [each.may_publish for each in found.operators]

    assert may() == [True]
    told(cache, statuses=[status(standing=Standing.RENEWAL_SUSPENDED, revision=2)])
    assert may() == [False]
    told(cache, statuses=[status(revision=3)])
    assert may() == [True]
    told(cache, public_account(2, state=PublicAccountState.GRACE))
    assert may() == [False]
    other = StatusCache()
    told(other, public_account(), statuses=[])
    assert other.public_account(FOUND, now=1.0) is None
