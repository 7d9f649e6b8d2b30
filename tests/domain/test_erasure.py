"""The steps of an erasure, and what happens to the account."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from idvault.account import rules as account_rules
from idvault.account.rules import project
from idvault.disclosure import rules as disclosure_rules
from idvault.erasure import rules as erasure_rules
from idvault.erasure.rules import Erasure, ErasureTerms
from idvault_verify import disclosure as verify_disclosure
from idvault_verify.account import AccountState, Assurance, Standing, StandingPeriod
from idvault_verify.claim import FailureReason
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.error import NotFoundError, PreconditionError, Reason, TransitionError
from idvault_verify.organization import OrganizationCategory
from tools.support.builders import NOW, TODAY, account

DAY = timedelta(days=1)
TERMS = ErasureTerms()
ERASURE, ENTRY = "e" * 32, "f" * 32


def requested(
    *,
    now: datetime = NOW,
    newest: Erasure | None = None,
    origin: ErasureOrigin = ErasureOrigin.PLATFORM,
    matched_at: datetime | None = None,
    **changes: Any,
) -> Erasure:
    return erasure_rules.request(
        account=account(**changes),
        newest=newest,
        erasure_id=ERASURE,
        entry_id=ENTRY,
        origin=origin,
        matched_at=matched_at,
        terms=TERMS,
        now=now,
    )


def cancel(erasure: Erasure, now: datetime) -> Erasure:
    return erasure_rules.cancel(erasure=erasure, entry_id="1" * 32, now=now)


def erase(erasure: Erasure, now: datetime) -> Erasure | None:
    return erasure_rules.erase(erasure=erasure, entry_id="2" * 32, now=now)


def destroy(erasure: Erasure, now: datetime) -> Erasure | None:
    return erasure_rules.destroy(erasure=erasure, entry_id="3" * 32, absent_from=now + DAY, now=now)


def in_state(state: ErasureState) -> Erasure:
    return replace(requested(), state=state)


def test_the_usual_life() -> None:
    """It waits seven days, then it is erased, and eight days later the keys are destroyed."""
    made = requested(now=NOW + timedelta(microseconds=7))
    assert (made.state, made.requested_at, made.erase_at) == (ErasureState.REQUESTED, NOW, NOW + 7 * DAY)
    assert made.due_at == made.erase_at
    assert made.destroy_at == NOW + 15 * DAY
    assert erase(made, made.erase_at - timedelta(microseconds=1)) is None
    erased = erase(made, made.erase_at)
    assert erased is not None
    assert (erased.state, erased.erased_at, erased.entry_id) == (
        ErasureState.ERASED,
        made.erase_at,
        "2" * 32,
    )
    assert erased.due_at == erased.destroy_at == NOW + 15 * DAY
    assert destroy(erased, erased.destroy_at - timedelta(microseconds=1)) is None
    destroyed = destroy(erased, erased.destroy_at)
    assert destroyed is not None
    assert destroyed.absent_from == erased.destroy_at + DAY
    assert (destroyed.state, destroyed.destroyed_at, destroyed.due_at) == (
        ErasureState.DESTROYED,
        erased.destroy_at,
        None,
    )


def test_a_destruction_that_leaves_a_version() -> None:
    """It says until when, in whole seconds; without a hold it says nothing."""
    erased = erase(requested(), NOW + 7 * DAY)
    assert erased is not None
    until = erased.destroy_at + 100 * DAY
    made = erasure_rules.destroy(
        erasure=erased,
        entry_id="3" * 32,
        absent_from=None,
        kept_until=until + timedelta(microseconds=7),
        now=erased.destroy_at,
    )
    assert made is not None
    assert (made.absent_from, made.kept_until) == (None, until)
    assert (destroy(erased, erased.destroy_at) or made).kept_until is None


def test_a_former_version_outlives_every_request_that_was_made_before() -> None:
    """As an erasure's keys do: a new verification ends no disclosure."""
    assert account_rules.former_due_at(now=NOW) - NOW >= erasure_rules.DELAY


def test_the_delay_begins_when_the_account_is_erased() -> None:
    """A worker that was late gives disclosures, which could be requested until then, all of the delay."""
    late = erase(requested(), NOW + 10 * DAY)
    assert late is not None
    assert late.destroy_at == NOW + 18 * DAY


OWNER, PLATFORM = ErasureOrigin.OWNER, ErasureOrigin.PLATFORM
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("origin", "matched", "days"),
    [
        (OWNER, None, 30),
        (OWNER, HOUR, 30),
        (OWNER, 400 * DAY, 30),
        (OWNER, HOUR - INSTANT, 7),
        (OWNER, timedelta(0), 7),
        (OWNER, -INSTANT, 30),
        (PLATFORM, None, 7),
        (PLATFORM, 400 * DAY, 7),
    ],
)
def test_how_long_a_request_waits(origin: ErasureOrigin, matched: timedelta | None, days: int) -> None:
    """On the vault's page 30 days, unless the account was verified within the hour before; else 7."""
    made = requested(origin=origin, matched_at=None if matched is None else NOW - matched)
    assert (made.origin, made.erase_at, made.destroy_at) == (
        origin,
        NOW + days * DAY,
        NOW + (days + 8) * DAY,
    )


@pytest.mark.parametrize("state", [s for s in AccountState if s is not AccountState.ERASED])
def test_no_state_shortens_the_wait(state: AccountState) -> None:
    """An account that cannot be verified waits for 30 days, whatever else is known about it."""
    for standing in Standing:
        assert requested(state=state, standing=standing, origin=OWNER).erase_at == NOW + 30 * DAY


def test_a_step_is_a_revision_of_the_account() -> None:
    """The status has the time of a requested erasure and of no other; what has come due counts, too."""
    former = account(standing=Standing.WARNED, standing_until=NOW, revision=5)
    made = requested()
    told = erasure_rules.told(account=former, erasure=made, now=NOW)
    assert (told.revision, told.erase_at, told.standing) == (7, made.erase_at, Standing.GOOD)
    assert project(account=told, today=TODAY, now=NOW).erase_at == made.erase_at
    for state in (s for s in ErasureState if s is not ErasureState.REQUESTED):
        after = erasure_rules.told(account=told, erasure=in_state(state), now=NOW)
        assert (after.revision, after.erase_at) == (8, None)
    assert erasure_rules.erased(account=told, today=TODAY, now=NOW).erase_at is None


def test_no_disclosure_outlives_the_delay() -> None:
    """The delay covers the longest request, made by a fast clock, and its repeated answer; a day less not."""
    shortest = (
        verify_disclosure.LONGEST_LIFETIME + verify_disclosure.CLOCK_DIFFERENCE + disclosure_rules.REPEAT_TIME
    )
    assert shortest <= erasure_rules.DELAY < shortest + timedelta(days=1)


def test_what_is_proved_waits_no_longer_than_what_is_not() -> None:
    """30 days at most, and no negative time."""
    assert ErasureTerms(waiting=timedelta(days=30)).waiting == ErasureTerms().unproved
    for waiting in (-timedelta(seconds=1), timedelta(days=30, seconds=1)):
        with pytest.raises(ValueError, match="for 30 days at most"):
            ErasureTerms(waiting=waiting)


def test_a_cancellation_in_time() -> None:
    """Until erase_at, and not at it: a due erasure counts as carried out."""
    made = requested()
    cancelled = cancel(made, made.erase_at - timedelta(microseconds=1))
    assert (cancelled.state, cancelled.due_at, cancelled.entry_id) == (
        ErasureState.CANCELLED,
        None,
        "1" * 32,
    )
    assert erase(cancelled, made.erase_at) is None
    with pytest.raises(TransitionError) as refused:
        cancel(made, made.erase_at)
    assert (refused.value.state, refused.value.wanted) == ("ERASED", "CANCELLED")


@pytest.mark.parametrize("state", [s for s in ErasureState if s is not ErasureState.REQUESTED])
def test_only_a_requested_one_is_cancelled(state: ErasureState) -> None:
    """The refusal names both states."""
    with pytest.raises(TransitionError) as refused:
        cancel(in_state(state), NOW)
    assert (refused.value.state, refused.value.wanted) == (state.value, "CANCELLED")
    assert erase(in_state(state), NOW + 99 * DAY) is None


@pytest.mark.parametrize("state", [s for s in ErasureState if s is not ErasureState.ERASED])
def test_only_an_erased_one_is_destroyed(state: ErasureState) -> None:
    """No key is destroyed before."""
    assert destroy(in_state(state), NOW + 99 * DAY) is None


@pytest.mark.parametrize("state", AccountState)
def test_which_accounts_can_be_erased(state: AccountState) -> None:
    """Every account but one that is erased; a second request is refused, one after a cancellation is not."""
    if state is AccountState.ERASED:
        with pytest.raises(PreconditionError) as refused:
            requested(state=state)
        assert refused.value.reason is Reason.ACCOUNT_ERASED
        return
    made = requested(state=state, standing=Standing.CLOSED)
    with pytest.raises(TransitionError) as again:
        requested(state=state, newest=made)
    assert (again.value.state, again.value.wanted) == ("REQUESTED", "REQUESTED")
    assert requested(state=state, newest=cancel(made, NOW)).state is ErasureState.REQUESTED


def test_without_an_erasure() -> None:
    """An account whose erasure was never requested has none."""
    assert erasure_rules.newest_of(requested()).erasure_id == ERASURE
    with pytest.raises(NotFoundError) as missing:
        erasure_rules.newest_of(None)
    assert missing.value.reason is Reason.ERASURE_NOT_FOUND


def test_what_an_erased_account_shows() -> None:
    """State and standing, in one new revision after what has come due; nothing of its verification."""
    former = account(
        state=AccountState.VERIFIED,
        assurances=frozenset({Assurance.REGISTRY_MATCH}),
        verify_date=date(2025, 3, 1),
        expire_date=TODAY,
        person_id="a" * 32,
        open_claim_id="b" * 32,
        organization_category=OrganizationCategory.COMPANY,
        standing=Standing.CLOSED,
        standing_until=NOW,
        later_standings=(StandingPeriod(Standing.WARNED),),
        revision=5,
    )
    erased = erasure_rules.erased(account=former, today=TODAY, now=NOW)
    assert erased == replace(
        former,
        state=AccountState.ERASED,
        assurances=frozenset(),
        verify_date=None,
        expire_date=None,
        open_claim_id=None,
        organization_category=None,
        standing=Standing.WARNED,
        standing_until=None,
        later_standings=(),
        revision=8,
    )


def test_how_its_claim_ends() -> None:
    """As failed, with a reason of its own."""
    assert erasure_rules.CLAIM_ENDED.failure_reason is FailureReason.ERASED
    assert not erasure_rules.CLAIM_ENDED.succeeded


def test_a_promise_begins_after_the_look() -> None:
    """In the first whole second after it: what is promised of a moment was looked at before."""
    looked = timedelta(seconds=2.5)
    since = erasure_rules.promised_from(now=NOW, passed=looked)
    assert since.microsecond == 0
    assert NOW + looked < since <= NOW + looked + timedelta(seconds=1)


def test_a_memo_makes_the_erasure_again() -> None:
    """With the former id and times; a request that still waits there is what takes effect."""
    erased = erase(requested(), NOW + 7 * DAY)
    assert erased is not None
    memo = erasure_rules.memo(erasure=erased)
    again = erasure_rules.repeat(
        memo=memo, relying_party=erased.relying_party, newest=None, entry_id="4" * 32
    )
    assert again == replace(erased, entry_id="4" * 32)
    waiting = replace(requested(), erasure_id="5" * 32)
    for newest, taken in ((waiting, "5" * 32), (cancel(waiting, NOW), ERASURE)):
        found = erasure_rules.repeat(
            memo=memo, relying_party=erased.relying_party, newest=newest, entry_id="4" * 32
        )
        assert found == replace(again, erasure_id=taken)


@pytest.mark.parametrize("state", [ErasureState.REQUESTED, ErasureState.CANCELLED])
def test_only_what_took_effect_is_remembered(state: ErasureState) -> None:
    """A memo of anything else would erase an account that its owner kept."""
    with pytest.raises(ValueError, match="taken effect"):
        erasure_rules.memo(erasure=in_state(state))
