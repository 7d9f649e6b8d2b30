"""Who may have one more public account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idvault.core.policy import PublicAccountLimits
from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.rules.owner import Closing, Owned, OwnerFacts, Present
from idvault.public_account.rules.public_account import LIVE
from idvault_verify.account import AccountState, Standing
from idvault_verify.clock import ClockReading
from idvault_verify.public_account import PublicAccountKind, PublicAccountState
from tests.domain.public_account.test_public_account import active, applied, in_state, owner
from tools.support.builders import NOW, TODAY, ZONE

LIMITS = PublicAccountLimits()


def eligible(
    *others: Any,
    barred: bool = False,
    closings: tuple[Closing, ...] = (),
    limits: PublicAccountLimits = LIMITS,
    **changes: Any,
) -> bool:
    return public_account_owner.is_eligible(
        public_account=applied(),
        owner=owner(**changes),
        facts=OwnerFacts(barred, others, closings),
        limits=limits,
        zone=ZONE,
        now=NOW,
    )


def other(state: PublicAccountState, **changes: Any) -> Any:
    """Return another public account of the same person, with its owner's account."""
    return replace(in_state(state), public_account_id="e" * 32), owner(**changes)


def test_the_limits_of_kinds() -> None:
    """One for a person and five for an organisation, unless the operator says otherwise."""
    assert LIMITS.of(PublicAccountKind.INDIVIDUAL) == 1
    assert LIMITS.of(PublicAccountKind.COMPANY) == LIMITS.of(PublicAccountKind.OTHER_ORGANIZATION) == 5


@pytest.mark.parametrize("state", PublicAccountState)
def test_only_live_ones_count(state: PublicAccountState) -> None:
    """An active one and one in grace count; what has ended or waits does not."""
    assert eligible(other(state)) is (state not in LIVE)


@pytest.mark.parametrize("until", [None, NOW, NOW + timedelta(days=9)])
@pytest.mark.parametrize("alone", [True, False])
def test_one_that_a_standing_closes_counts(alone: bool, until: datetime | None) -> None:
    """It comes back when that ends, whatever closes it; an organisation has room for others beside it."""
    closed: Any = {"standing": Standing.CLOSED, "standing_until": until}
    public_account, account = other(PublicAccountState.ACTIVE, **({} if alone else closed))
    known = (replace(public_account, **closed) if alone else public_account, account)
    assert not eligible(known)
    assert eligible(known, limits=PublicAccountLimits(individual=2))


def test_an_own_one_counts_when_it_moves() -> None:
    """A person at the limit takes over neither another's public account nor one of another own account."""
    moved = active()
    facts = OwnerFacts(person_barred=False, owned=((moved, owner()),), closings=())
    given: Any = {"public_account": moved, "owner": owner(), "facts": facts, "zone": ZONE, "now": NOW}
    assert not public_account_owner.is_eligible(**given, limits=LIMITS)
    assert public_account_owner.is_eligible(**given, limits=PublicAccountLimits(individual=2))


def test_an_owner_at_the_limit() -> None:
    """LIMIT_REACHED is as many live ones as the limit, whoever the owner is barred by."""
    given: Any = {"kind": PublicAccountKind.INDIVIDUAL, "limits": LIMITS, "zone": ZONE, "now": NOW}
    assert public_account_owner.is_full(
        facts=OwnerFacts(True, (other(PublicAccountState.ACTIVE),), ()), **given
    )
    assert not public_account_owner.is_full(
        facts=OwnerFacts(True, (other(PublicAccountState.REJECTED),), ()), **given
    )


def test_facts_and_time_of_what_is_read() -> None:
    """Each public account stands with its owner; a day is the deployment's, a time the business one."""
    mine = other(PublicAccountState.ACTIVE)
    facts = OwnerFacts.of([Owned(*mine)], [])
    assert facts == OwnerFacts(person_barred=False, owned=(mine,), closings=())
    late = Present(ClockReading(datetime(2026, 2, 28, 17, tzinfo=UTC), NOW), ZONE)
    assert (late.time, late.today) == (datetime(2026, 2, 28, 17, tzinfo=UTC), TODAY)


def test_a_higher_limit() -> None:
    """The operator's setting decides."""
    assert eligible(other(PublicAccountState.ACTIVE), limits=PublicAccountLimits(individual=2))


def test_other_causes() -> None:
    """A person who is closed, and an owner who could not apply now, are not eligible either."""
    assert eligible()
    assert not eligible(barred=True)
    assert not eligible(standing=Standing.RENEWAL_SUSPENDED)
    assert not eligible(expire_date=TODAY)


def test_an_erasure_is_no_way_to_replace_a_sanctioned_one() -> None:
    """An erased owner's counts while a sanction of it or of the account is in force, if it would be live."""

    def of_erased(state: PublicAccountState, **changes: Any) -> Any:
        public_account, kept = other(state, **changes)
        return public_account, replace(kept, state=AccountState.ERASED)

    public_account, erased = of_erased(PublicAccountState.ACTIVE)
    assert eligible((public_account, erased))
    warned = replace(public_account, standing=Standing.WARNED)
    assert not eligible((warned, erased))
    assert eligible((replace(warned, standing_until=NOW), erased))
    assert not eligible(of_erased(PublicAccountState.ACTIVE, standing=Standing.PUBLISHING_LIMITED))
    assert not eligible(of_erased(PublicAccountState.ACTIVE, standing=Standing.CLOSED))
    assert eligible(of_erased(PublicAccountState.EXPIRED, standing=Standing.WARNED))


def closing(
    state: PublicAccountState = PublicAccountState.ACTIVE,
    *,
    alone: bool,
    since: datetime = NOW - timedelta(days=99),
    until: datetime | None = None,
) -> tuple[Closing]:
    return (Closing(in_state(state), alone, since, until),)


@pytest.mark.parametrize("state", PublicAccountState)
def test_a_closing_of_one_alone_bars_whatever_it_is_now(state: PublicAccountState) -> None:
    """Also one that has expired since, that its owner closed before, or that was only applied for."""
    assert not eligible(closings=closing(state, alone=True))


@pytest.mark.parametrize("state", PublicAccountState)
def test_a_closing_of_an_account_bars_for_what_was_live_then(state: PublicAccountState) -> None:
    """What the owner had closed, what was rejected or only applied for, the closing did not close."""
    opened = {*LIVE, PublicAccountState.EXPIRED}
    assert eligible(closings=closing(state, alone=False)) is (state not in opened)


def test_a_closing_after_the_expiry_closes_nothing() -> None:
    """The first day on which the public account is EXPIRED is one too late."""
    day = in_state(PublicAccountState.EXPIRED).expire_date
    assert day is not None
    begins = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=30)
    expired = PublicAccountState.EXPIRED
    assert eligible(closings=closing(expired, alone=False, since=begins))
    assert not eligible(closings=closing(expired, alone=False, since=begins - timedelta(seconds=1)))


@pytest.mark.parametrize("alone", [True, False])
def test_a_closing_that_has_ended_bars_nobody(alone: bool) -> None:
    """Its end counts to the second."""
    assert eligible(closings=closing(alone=alone, until=NOW))
    assert not eligible(closings=closing(alone=alone, until=NOW + timedelta(microseconds=1)))
