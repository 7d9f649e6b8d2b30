"""An account after the first verification: renewed, expired, limited, never taken over."""

from datetime import timedelta

import pytest

from idvault_client import FailureReason, State, TooManyAttempts, Vault
from tests.support.house import House
from tools.support.sandbox import Person, Registry, claim, verify, wait_for


def test_same_person_renews(vault: Vault, registry: Registry) -> None:
    """The owner verifies again under the same token: VERIFIED, with a higher revision."""
    person = registry.newcomer()
    first = verify(vault, person)
    second = verify(vault, person, account_token=first.account_token)
    assert second.succeeded
    assert second.account_token == first.account_token
    assert second.status.revision > first.status.revision


def test_other_person_is_not_the_owner(vault: Vault, registry: Registry) -> None:
    """Somebody else's valid identity for the account is DIFFERENT_OWNER and changes nothing."""
    first = verify(vault, registry.newcomer())
    taken = verify(vault, registry.newcomer(), account_token=first.account_token)
    assert taken.failure_reason is FailureReason.DIFFERENT_OWNER
    assert vault.get_status(first.account_token) == first.status


def test_failed_renewal_changes_nothing(vault: Vault, registry: Registry) -> None:
    """A mismatch on renewal leaves the account VERIFIED until its expiry."""
    person = registry.newcomer()
    first = verify(vault, person)
    failed = verify(vault, Person(registry.newcomer().name, person.number), account_token=first.account_token)
    assert failed.failure_reason is FailureReason.MISMATCH
    assert vault.get_status(first.account_token) == first.status


def test_rejected_sign_up_may_try_again(vault: Vault, registry: Registry) -> None:
    """After a mismatch the right name succeeds under the same token."""
    person = registry.newcomer()
    failed = verify(vault, Person(registry.newcomer().name, person.number))
    again = verify(vault, person, account_token=failed.account_token)
    assert again.succeeded
    assert again.account_token == failed.account_token


def test_newer_claim_supersedes_a_waiting_one(vault: Vault, registry: Registry) -> None:
    """A second claim for a pending account replaces the first, which is FAILED, SUPERSEDED."""
    person = registry.newcomer()
    registry.behave("down")
    first = claim(vault, person)
    registry.behave("normal")
    second = verify(vault, person, account_token=first.account_token)
    assert second.succeeded
    assert vault.get_verification(first.request_id).failure_reason is FailureReason.SUPERSEDED


def test_sixth_account_is_refused_after_a_match(vault: Vault, registry: Registry) -> None:
    """A person has at most five accounts; the sixth is refused only after the identity matches."""
    person = registry.newcomer()
    assert all(verify(vault, person).succeeded for _ in range(5))
    assert verify(vault, person).failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED
    stranger = Person(registry.newcomer().name, person.number)
    assert verify(vault, stranger).failure_reason is FailureReason.MISMATCH


def test_repeated_mismatches_are_limited(vault: Vault, registry: Registry) -> None:
    """After five mismatches of one person within an hour, the next try must wait and is not checked."""
    number = registry.newcomer().number
    for _ in range(5):
        assert verify(vault, Person(registry.newcomer().name, number)).failed
    before = registry.charged()
    with pytest.raises(TooManyAttempts) as caught:
        verify(vault, Person(registry.newcomer().name, number))
    assert caught.value.code == "RESOURCE_EXHAUSTED"
    assert registry.charged() == before


def test_a_stranger_keeps_nobody_from_verifying_again(vault: Vault, registry: Registry) -> None:
    """With a number's attempts used up, its owner's account is verified again; a new account must wait."""
    owner = registry.newcomer()
    account_token = verify(vault, owner).account_token
    for _ in range(5):
        assert verify(vault, Person(registry.newcomer().name, owner.number)).failed
    with pytest.raises(TooManyAttempts) as caught:
        verify(vault, owner)
    assert caught.value.retry_after is not None
    assert verify(vault, owner, account_token=account_token).succeeded


def test_a_refusal_does_not_tell_whose_number_it_is(vault: Vault, registry: Registry) -> None:
    """An account with a record that names another person at its limit gets a mismatch without a check."""
    mine, other = registry.newcomer(), registry.newcomer()
    account_token = verify(vault, mine).account_token
    for _ in range(5):
        assert verify(vault, Person(registry.newcomer().name, other.number)).failed
    before = registry.counters()
    answer = verify(vault, other, account_token=account_token)
    assert answer.failure_reason is FailureReason.MISMATCH
    after = registry.counters()
    assert (after["charged"], after["check"]) == (before["charged"], before["check"])


def test_verification_expires_on_its_day_and_is_renewed(own_house: House) -> None:
    """On its expire_date an account is EXPIRED; its owner can verify it again."""
    with own_house.vault() as vault:
        person = own_house.registry.newcomer()
        first = verify(vault, person)
        token = first.account_token
        own_house.shift(timedelta(days=364))
        assert not wait_for(lambda: not vault.get_status(token).is_verified, patience=1)
        own_house.shift(timedelta(days=366))
        assert wait_for(lambda: vault.get_status(token).state is State.EXPIRED)
        expired = vault.get_status(token)
        assert expired.revision > first.status.revision
        again = verify(vault, person, account_token=token)
        assert again.succeeded
        assert again.status.revision > expired.revision


def test_claim_without_an_answer_ends_after_48_hours(own_house: House) -> None:
    """After 48 hours without an answer the claim fails, and its intake is deleted."""
    with own_house.vault() as vault:
        own_house.registry.behave("down")
        pending = claim(vault, own_house.registry.newcomer())
        assert pending.pending
        own_house.shift(timedelta(hours=49))
        assert wait_for(lambda: vault.get_verification(pending.request_id).failed)
        ended = vault.get_verification(pending.request_id)
        assert ended.failure_reason is FailureReason.REGISTRY_TIMED_OUT
        assert own_house.query("select count(*) from intakes") == [(0,)]
