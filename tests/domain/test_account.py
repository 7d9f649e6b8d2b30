"""The published status."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.account import rules as account_rules
from idvault_verify import account as verify_account
from idvault_verify.account import Account, AccountState, Standing, StandingPeriod
from tools.support import builders
from tools.support.builders import NOW, TODAY


def test_a_new_account_is_a_pending_sign_up() -> None:
    """The account is not verified yet, and its revision is 1."""
    fresh = account_rules.new(
        account_token=builders.TOKEN,
        relying_party="platform-a",
        subject_kind=verify_account.SubjectKind.INDIVIDUAL,
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
    shown = account_rules.project(account=account, today=TODAY, now=NOW)
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
    assert account_rules.project(account=stored, today=TODAY, now=NOW) == account_rules.project(
        account=due, today=TODAY, now=NOW
    )


HOUR = timedelta(hours=1)
SOURCES = st.lists(
    st.builds(
        StandingPeriod,
        st.sampled_from([standing for standing in Standing if standing is not Standing.GOOD]),
        st.none() | st.integers(-3, 12).map(lambda hours: NOW + hours * HOUR),
    ),
    max_size=6,
)


def highest(sources: list[StandingPeriod], now: datetime) -> Standing:
    """Return the highest standing that applies at a time."""
    applying = [each.standing for each in sources if each.until is None or each.until > now]
    return max(applying, key=account_rules.severity, default=Standing.GOOD)


def seen(account: Account, now: datetime) -> tuple[Standing, datetime | None, int]:
    shown = account_rules.project(account=account, today=TODAY, now=now)
    return shown.standing, shown.standing_until, shown.revision


@given(sources=SOURCES)
def test_the_highest_source_counts_at_any_time(sources: list[StandingPeriod]) -> None:
    """At any hour the published standing is the highest that applies, and its end is when it changes."""
    account = account_rules.sanction(account=builders.account(), sources=sources, now=NOW)
    for hour in range(14):
        now = NOW + hour * HOUR
        standing, until, _ = seen(account, now)
        assert standing is highest(sources, now)
        assert until is None or until > now
        later = [now + more * HOUR for more in range(1, 14)]
        changes = [at for at in later if highest(sources, at) is not standing]
        assert next(iter(changes), None) == until


@given(first=SOURCES, second=SOURCES, hour=st.integers(0, 8))
def test_revisions_stay_in_order(
    first: list[StandingPeriod], second: list[StandingPeriod], hour: int
) -> None:
    """An end that is stored late, or by the next act, changes no revision that was shown before."""
    account = account_rules.sanction(account=builders.account(), sources=first, now=NOW)
    then = NOW + hour * HOUR
    stored = account_rules.fall(account=account, now=then)
    assert all(seen(stored, then + more * HOUR) == seen(account, then + more * HOUR) for more in range(14))
    changed = account_rules.sanction(account=account, sources=second, now=then)
    assert changed == account_rules.sanction(account=stored, sources=second, now=then)
    before, after = seen(account, then), seen(changed, then)
    assert after[2] == before[2] + (before[:2] != after[:2])


@given(first=SOURCES, added=SOURCES, hour=st.integers(0, 8))
def test_a_source_is_added_to_what_is_seen(
    first: list[StandingPeriod], added: list[StandingPeriod], hour: int
) -> None:
    """The schedule in the account's row is enough: the result is as if all sources had been read again."""
    account = account_rules.sanction(account=builders.account(), sources=first, now=NOW)
    then = NOW + hour * HOUR
    schedule = account_rules.schedule(account=account, now=then)
    assert account_rules.sanction(
        account=account, sources=[*schedule, *added], now=then
    ) == account_rules.sanction(account=account, sources=[*first, *added], now=then)


def test_nothing_in_force_is_good() -> None:
    """Without a source the standing is GOOD and has no end."""
    limited = builders.account(standing=Standing.PUBLISHING_LIMITED, standing_until=NOW + HOUR)
    free = account_rules.sanction(account=limited, sources=[], now=NOW)
    assert (free.standing, free.standing_until, free.revision) == (
        Standing.GOOD,
        None,
        limited.revision + 1,
    )


def test_an_end_counts_to_the_second() -> None:
    """The standing applies until its end, and no longer."""
    closed = builders.account(standing=Standing.CLOSED, standing_until=NOW + HOUR)
    second = timedelta(seconds=1)
    assert seen(closed, NOW + HOUR - second)[0] is Standing.CLOSED
    assert seen(closed, NOW + HOUR) == (Standing.GOOD, None, closed.revision + 1)


def test_a_new_number_follows_the_ends_that_have_come() -> None:
    """The standing stays as it is shown, and the revision is the next one."""
    closed = builders.account(standing=Standing.CLOSED, standing_until=NOW + HOUR)
    assert seen(account_rules.renumber(account=closed, now=NOW), NOW) == (
        Standing.CLOSED,
        NOW + HOUR,
        closed.revision + 1,
    )
    later = account_rules.renumber(account=closed, now=NOW + HOUR)
    assert seen(later, NOW + HOUR) == (Standing.GOOD, None, closed.revision + 2)
