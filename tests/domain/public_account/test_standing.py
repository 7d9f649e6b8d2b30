"""The standing that sanctions of a public account give it."""

from datetime import timedelta

import pytest

from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import PublicAccount
from idvault_verify.account import Standing, StandingPeriod
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.public_account import PublicAccountState
from tests.domain.public_account.test_public_account import DAY, active, close, in_state, owner, renew
from tools.support.builders import NOW, TODAY

HOUR = timedelta(hours=1)


def sanctioned(*periods: StandingPeriod, made: PublicAccount | None = None) -> PublicAccount:
    return public_account_rules.sanction(public_account=made or active(), sources=periods, now=NOW)


def test_the_highest_counts_and_each_end_is_a_revision() -> None:
    """A limit of an hour over a warning of two: both ends come by themselves."""
    made = sanctioned(
        StandingPeriod(Standing.WARNED, NOW + 2 * HOUR),
        StandingPeriod(Standing.PUBLISHING_LIMITED, NOW + HOUR),
    )
    assert (made.standing, made.standing_until, made.revision) == (
        Standing.PUBLISHING_LIMITED,
        NOW + HOUR,
        active().revision + 1,
    )
    assert public_account_rules.schedule(public_account=made, now=NOW) == [
        StandingPeriod(Standing.PUBLISHING_LIMITED, NOW + HOUR),
        StandingPeriod(Standing.WARNED, NOW + 2 * HOUR),
    ]
    later = public_account_rules.let_standing_fall(public_account=made, now=NOW + HOUR)
    assert (later.standing, later.revision) == (Standing.WARNED, made.revision + 1)
    good = public_account_rules.let_standing_fall(public_account=made, now=NOW + 2 * HOUR)
    assert (good.standing, good.standing_until, good.revision) == (Standing.GOOD, None, made.revision + 2)
    assert public_account_rules.let_standing_fall(public_account=active(), now=NOW + DAY) == active()


def test_a_sanction_closes_it_until_its_end() -> None:
    """CLOSED by its own sanction, and back as the day gives it when that ends."""
    made = sanctioned(StandingPeriod(Standing.CLOSED, NOW + HOUR))
    shown = public_account_rules.project(public_account=made, owner=owner(), today=TODAY, now=NOW)
    assert (shown.state, shown.standing, shown.standing_until) == (
        PublicAccountState.CLOSED,
        Standing.CLOSED,
        NOW + HOUR,
    )
    after = public_account_rules.project(public_account=made, owner=owner(), today=TODAY, now=NOW + HOUR)
    assert (after.state, after.standing) == (PublicAccountState.ACTIVE, Standing.GOOD)
    assert after.revision > shown.revision


def test_a_suspended_one_is_not_renewed() -> None:
    """RENEWAL_SUSPENDED of the public account itself is enough."""
    made = sanctioned(StandingPeriod(Standing.RENEWAL_SUSPENDED), made=in_state(PublicAccountState.GRACE))
    with pytest.raises(PreconditionError) as refused:
        renew(made)
    assert refused.value.reason is Reason.RENEWAL_SUSPENDED


def test_nobody_closes_it_to_escape() -> None:
    """While it or its owner has a standing, or one is proposed or appealed, its owner cannot close it."""
    warned = sanctioned(StandingPeriod(Standing.WARNED))
    for made, who, disputed in (
        (warned, owner(), False),
        (active(), owner(standing=Standing.WARNED), False),
        (active(), owner(), True),
    ):
        with pytest.raises(PreconditionError) as refused:
            close(made, who, disputed=disputed)
        assert refused.value.reason is Reason.SANCTION_OPEN
    ended = owner(standing=Standing.WARNED, standing_until=NOW)
    assert close(active(), ended).state is PublicAccountState.CLOSED
