"""Withdrawals as tables: what an account loses, what is kept and until when, and who proves to be present."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from idvault.account import rules as account_rules
from idvault.account.rules import Withdrawal, WithdrawalCause
from idvault.claim import rules as claim_rules
from idvault.erasure import rules as erasure_rules
from idvault.erasure.rules import ErasureTerms
from idvault_verify.account import NO_ASSURANCE, AccountState, Assurance, Standing
from idvault_verify.claim import FailureReason
from idvault_verify.erasure import ErasureOrigin
from idvault_verify.organization import OrganizationCategory
from tools.support import builders
from tools.support.builders import NOW

TODAY = date(2026, 3, 1)
ACCOUNT = builders.account(
    state=AccountState.VERIFIED,
    standing=Standing.WARNED,
    assurances=frozenset({Assurance.REGISTRY_MATCH}),
    verify_date=date(2025, 6, 1),
    expire_date=date(2026, 6, 1),
    person_id="9" * 32,
    open_claim_id="8" * 32,
    organization_category=OrganizationCategory.COMPANY,
    revision=7,
)
TICK = timedelta(microseconds=1)


EMBARGO = timedelta(days=90)
_KEPT = account_rules.withdrawal(
    account=ACCOUNT,
    withdrawal_id="w" * 32,
    cause=WithdrawalCause.CONTEST,
    case_id="c" * 32,
    now=NOW,
)


def _forget(
    withdrawal: Withdrawal,
    now: datetime,
    *,
    is_held: bool = False,
    accessed_at: datetime | None = None,
    embargo: timedelta = EMBARGO,
) -> Withdrawal:
    return account_rules.forget(
        withdrawal=withdrawal, embargo=embargo, is_held=is_held, accessed_at=accessed_at, now=now
    )


def test_a_withdrawal_takes_what_the_verification_gave() -> None:
    """In one revision; an expiry that was due and not stored is one of its own. The standing stays."""
    after = account_rules.withdraw(account=ACCOUNT, today=TODAY, now=NOW)
    assert after == replace(
        ACCOUNT,
        state=AccountState.REVOKED,
        assurances=NO_ASSURANCE,
        verify_date=None,
        expire_date=None,
        person_id=None,
        open_claim_id=None,
        organization_category=None,
        revision=8,
    )
    late = account_rules.withdraw(account=ACCOUNT, today=date(2026, 6, 1), now=NOW)
    assert (late.state, late.revision) == (AccountState.REVOKED, 9)


def test_what_is_kept_of_it() -> None:
    """What the account was for 180 days, and whose until who opened it could be read; to the microsecond."""
    kept = _KEPT
    assert (kept.person_id, kept.state, kept.assurances) == (
        ACCOUNT.person_id,
        AccountState.VERIFIED,
        frozenset({Assurance.REGISTRY_MATCH}),
    )
    assert (kept.verify_date, kept.expire_date) == (ACCOUNT.verify_date, ACCOUNT.expire_date)
    end = NOW + account_rules.KEPT_FOR
    assert kept.forget_at == end
    assert account_rules.kept_until(withdrawal=kept) == end
    assert _forget(kept, end - TICK) is kept
    freed = _forget(kept, end)
    last = end + account_rules.FORMER_KEPT + EMBARGO + account_rules.READ_FOR
    assert freed == replace(kept, forget_at=last)
    assert [account_rules.is_free(withdrawal=each) for each in (kept, freed)] == [False, True]
    assert _forget(freed, last - TICK) is freed
    forgotten = _forget(freed, last)
    assert forgotten == replace(kept, person_id=None, forget_at=None)
    assert account_rules.is_free(withdrawal=forgotten)
    assert _forget(forgotten, last + TICK) is forgotten


def test_requests_that_keep_the_record_keep_its_reader() -> None:
    """As long as it is there somebody can open it; the first step comes in its time all the same."""
    freed = _forget(_KEPT, _KEPT.withdrawn_at + account_rules.KEPT_FOR, is_held=True)
    assert account_rules.is_free(withdrawal=freed)
    assert freed.forget_at is not None
    kept = _forget(freed, freed.forget_at, is_held=True)
    assert kept == replace(freed, forget_at=freed.forget_at + EMBARGO + account_rules.READ_FOR)
    assert kept.forget_at is not None
    assert _forget(kept, kept.forget_at).person_id is None


@pytest.mark.parametrize("days", [-1, 0, 1, 112])
def test_an_opening_after_the_hold_moves_the_end(days: int) -> None:
    """Until its person could read of it for 90 days; one of before moves nothing: the end is public."""
    freed = _forget(_KEPT, _KEPT.withdrawn_at + account_rules.KEPT_FOR)
    due = freed.forget_at
    assert due is not None
    after_hold = _KEPT.withdrawn_at + account_rules.KEPT_FOR + account_rules.FORMER_KEPT
    last = after_hold + timedelta(days=days)
    moved = _forget(freed, due, accessed_at=last)
    if days <= 0:
        assert moved.person_id is None
        return
    end = last + EMBARGO + account_rules.READ_FOR
    assert moved == replace(freed, forget_at=end)
    assert _forget(moved, end - TICK, accessed_at=last) is moved
    assert _forget(moved, end, accessed_at=last).person_id is None


def test_a_longer_embargo_moves_the_end() -> None:
    """The deployment may choose one meanwhile: what is told later is read later. A shorter one does not."""
    freed = _forget(_KEPT, _KEPT.withdrawn_at + account_rules.KEPT_FOR)
    due = freed.forget_at
    assert due is not None
    moved = _forget(freed, due, embargo=2 * EMBARGO)
    assert moved == replace(freed, forget_at=due + EMBARGO)
    assert _forget(freed, due, embargo=EMBARGO / 2).person_id is None


def test_what_has_no_verification_is_not_withdrawn() -> None:
    """Only one that is valid, or has expired."""
    for state in AccountState:
        expected = state in (AccountState.VERIFIED, AccountState.EXPIRED)
        assert account_rules.is_verified(account=replace(ACCOUNT, state=state)) is expected


def test_who_proves_to_be_present() -> None:
    """Name and number alone are a match, and no more; a withdrawn person is told after the other reasons."""
    assert not claim_rules.is_holder(proved=Assurance.REGISTRY_MATCH)
    assert claim_rules.is_holder(proved=Assurance.HOLDER)
    for changes, expected in (
        ({"withdrawn": True}, FailureReason.HOLDER_REQUIRED),
        ({"withdrawn": True, "person_closed": True}, FailureReason.PERSON_CLOSED),
        ({"withdrawn": True, "sanctioned": True}, FailureReason.SANCTIONED),
        ({"withdrawn": True, "different_owner": True}, FailureReason.DIFFERENT_OWNER),
        ({}, None),
    ):
        outcome = claim_rules.confirm(facts=builders.facts(**changes))
        assert outcome.failure_reason is expected


@pytest.mark.parametrize("origin", ErasureOrigin)
def test_an_erasure_of_a_withdrawn_account_waits_longest(origin: ErasureOrigin) -> None:
    """Whoever asks, and whatever was matched just now: the record is perhaps somebody else's."""
    terms = ErasureTerms()
    asked: dict[str, Any] = {"origin": origin, "matched_at": NOW, "terms": terms, "now": NOW}
    assert erasure_rules.waiting(state=AccountState.REVOKED, **asked) == terms.unproved
    assert erasure_rules.waiting(state=AccountState.VERIFIED, **asked) == terms.waiting
