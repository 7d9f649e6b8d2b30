"""Signing up: a person's name and number are checked, and only a status is revealed."""

from datetime import timedelta

import pytest

from idvault_client import FailureReason, FieldCode, InvalidFields, State, Vault
from tests.support.house import House
from tools.support import open_record
from tools.support.sandbox import Person, Registry, invent, verify, with_wrong_check


def test_match_is_verified(vault: Vault, registry: Registry) -> None:
    """A person known to the registry is VERIFIED at once, for a year, with one registry call."""
    before = registry.charged()
    answer = verify(vault, registry.newcomer())
    assert answer.succeeded
    assert answer.status.is_verified
    assert answer.status.verify_date is not None
    assert answer.status.expire_date == answer.status.verify_date + timedelta(days=365)
    assert registry.charged() == before + 1
    assert vault.get_status(answer.account_token) == answer.status


def test_mismatch_is_an_answer(vault: Vault, registry: Registry) -> None:
    """Somebody else's number is FAILED with MISMATCH."""
    person, other = registry.newcomer(), registry.newcomer()
    answer = verify(vault, Person(person.name, other.number))
    assert answer.failed
    assert answer.failure_reason is FailureReason.MISMATCH
    assert answer.status.state is State.REJECTED
    assert not answer.status.is_verified


def test_a_malformed_form_asks_nobody(vault: Vault, registry: Registry) -> None:
    """Both wrong fields are told at once, without their values."""
    before, number = registry.counters(), with_wrong_check(invent().number)
    with pytest.raises(InvalidFields) as caught:
        verify(vault, Person("", number))
    assert caught.value.fields == {"real_name": FieldCode.REQUIRED, "document.number": FieldCode.CHECK_DIGIT}
    assert number not in str(caught.value)
    assert registry.counters() == before


@pytest.mark.parametrize("kind", ["minority", "rare_character", "private_use", "renamed"])
def test_names_of_every_kind_are_verified(house: House, vault: Vault, kind: str) -> None:
    """Names with a separator, beyond the BMP, with a private-use twin, and of renamed people are verified."""
    found = house.population(kind)
    assert verify(vault, Person(found["name"], found["number"])).succeeded


def test_record_opens_with_two_custodians_and_not_with_one(
    house: House, vault: Vault, registry: Registry
) -> None:
    """The sealed data is the normalised identity; any two custodians open it, one alone cannot."""
    person = registry.newcomer()
    token = verify(vault, Person(person.name, person.number.lower())).account_token
    names = house.ready["quorum"]["custodians"]
    for left_out in names:
        present = [name for name in names if name != left_out]
        payload = open_record.open_record(
            house.ready, account_token=token, custodians=present, passphrase=b"development"
        )
        assert (payload.named.name, payload.named.document.number) == (person.name, person.number)
        with pytest.raises(open_record.NotOpenedError):
            open_record.open_record(
                house.ready, account_token=token, custodians=[left_out], passphrase=b"development"
            )


def test_same_person_has_unrelated_tokens(house: House, vault: Vault, registry: Registry) -> None:
    """Two platforms that verify one person get unrelated tokens."""
    person = registry.newcomer()
    with house.vault("platform-b") as other:
        tokens = {verify(vault, person).account_token, verify(other, person).account_token}
    assert len(tokens) == 2
