"""The published status."""

from datetime import timedelta

import pytest

from idvault.domain import account as account_rules
from idvault.domain.account import AccountState
from tests.support import builders
from tests.support.builders import TODAY


def test_a_new_account_is_a_pending_sign_up() -> None:
    """The account is not verified yet, and its revision is 1."""
    fresh = account_rules.new(
        account_token=builders.TOKEN,
        relying_party="platform-a",
        subject_kind=account_rules.SubjectKind.INDIVIDUAL,
    )
    assert fresh == builders.account()


@pytest.mark.parametrize(
    ("days", "state", "revision"),
    [(1, AccountState.VERIFIED, 4), (0, AccountState.EXPIRED, 5), (-1, AccountState.EXPIRED, 5)],
)
def test_expire_date_is_the_first_expired_day(days: int, state: AccountState, revision: int) -> None:
    """An expiry that is not stored yet is already published, with the next revision."""
    account = builders.account(
        state=AccountState.VERIFIED, expire_date=TODAY + timedelta(days=days), revision=4
    )
    shown = account_rules.project(account=account, today=TODAY)
    assert (shown.state, shown.revision) == (state, revision)


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.VERIFIED])
def test_nothing_else_expires(state: AccountState) -> None:
    """Only a verified account expires."""
    account = builders.account(state=state, expire_date=TODAY)
    assert account_rules.expire(account=account, today=TODAY) == account


def test_a_verified_account_without_expire_date_does_not_expire() -> None:
    """A missing date is not a past one."""
    account = builders.account(state=AccountState.VERIFIED, expire_date=None)
    assert account_rules.expire(account=account, today=TODAY) == account


def test_a_stored_expiry_is_what_was_shown_before() -> None:
    """Storing an expiry changes nothing that a caller can see."""
    due = builders.account(state=AccountState.VERIFIED, expire_date=TODAY)
    stored = account_rules.expire(account=due, today=TODAY)
    assert account_rules.project(account=stored, today=TODAY) == account_rules.project(
        account=due, today=TODAY
    )
