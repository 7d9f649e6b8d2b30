"""Signing up: a person's name and number are checked, and only a status is revealed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from idvault_client import (
    Consent,
    FailureReason,
    FieldCode,
    InvalidFields,
    NotFound,
    Reason,
    State,
    Vault,
    residence_permit,
    resident_id,
)
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


def test_unknown_person_is_a_mismatch(vault: Vault) -> None:
    """For a registry that does not distinguish unknown from wrong, both are MISMATCH."""
    assert verify(vault, invent()).failure_reason is FailureReason.MISMATCH


def _malformed() -> list[tuple[str, str, str, FieldCode]]:
    person = invent()
    future = "11000030000101001"
    return [
        (person.name, with_wrong_check(person.number), "document.number", FieldCode.CHECK_DIGIT),
        (person.name, person.number[:-1], "document.number", FieldCode.LENGTH),
        (person.name, "", "document.number", FieldCode.REQUIRED),
        (person.name, "!" + person.number[1:], "document.number", FieldCode.CHARACTER),
        (person.name, "990000" + person.number[6:], "document.number", FieldCode.REGION),
        (person.name, "110000199902300010"[:17] + "0", "document.number", FieldCode.BIRTH_DATE),
        (person.name, future + "9", "document.number", FieldCode.FUTURE_DATE),
        ("", person.number, "real_name", FieldCode.REQUIRED),
        ("某" * 33, person.number, "real_name", FieldCode.LENGTH),
        ("某\n一", person.number, "real_name", FieldCode.CHARACTER),
    ]


@pytest.mark.parametrize("case", range(len(_malformed())))
def test_malformed_field_is_named_without_its_value(vault: Vault, registry: Registry, case: int) -> None:
    """A malformed value is INVALID_ARGUMENT with the field and a code, and the registry is not called."""
    name, number, field, code = _malformed()[case]
    before = registry.counters()
    with pytest.raises(InvalidFields) as caught:
        verify(vault, Person(name, number))
    assert caught.value.code == "INVALID_ARGUMENT"
    assert field in caught.value.fields
    if code not in (FieldCode.BIRTH_DATE, FieldCode.FUTURE_DATE, FieldCode.REGION):
        assert caught.value.fields[field] is code
    else:
        # A wrong check digit may be reported first.
        assert caught.value.fields[field] in (code, FieldCode.CHECK_DIGIT)
    assert not number or number not in str(caught.value)
    assert registry.counters() == before


def test_both_fields_are_told_at_once(vault: Vault) -> None:
    """A form with two wrong fields gets both in one answer."""
    with pytest.raises(InvalidFields) as caught:
        verify(vault, Person("", "1"))
    assert set(caught.value.fields) == {"real_name", "document.number"}


def test_unsupported_document_is_refused(vault: Vault) -> None:
    """A document type that the registry does not check is UNSUPPORTED_DOCUMENT."""
    with pytest.raises(InvalidFields) as caught:
        vault.verify_individual(
            invent().name,
            residence_permit("810000199408230021"),
            consent=Consent("terms-3", datetime.now(UTC)),
            request_id=uuid4(),
        )
    assert caught.value.reason is Reason.UNSUPPORTED_DOCUMENT


@pytest.mark.parametrize(
    ("policy", "days", "field"),
    [("", 0, "consent.policy_version"), ("terms-3", 2, "consent.agree_time")],
)
def test_consent_is_required(vault: Vault, policy: str, days: int, field: str) -> None:
    """A claim without a consent, or with a future one, is CONSENT_MISSING."""
    person = invent()
    consent = Consent(policy, datetime.now(UTC) + timedelta(days=days))
    with pytest.raises(InvalidFields) as caught:
        vault.verify_individual(person.name, resident_id(person.number), consent=consent, request_id=uuid4())
    assert caught.value.reason is Reason.CONSENT_MISSING
    assert field in caught.value.fields


@pytest.mark.parametrize("kind", ["minority", "rare_character", "private_use", "renamed"])
def test_names_of_every_kind_are_verified(house: House, vault: Vault, kind: str) -> None:
    """Names with a separator, beyond the BMP, with a private-use twin, and of renamed people are verified."""
    found = house.population(kind)
    assert verify(vault, Person(found["name"], found["number"])).succeeded


def test_other_dots_are_the_separator(house: House, vault: Vault) -> None:
    """A minority name typed with a different dot is the same name."""
    found = house.population("minority")
    assert verify(vault, Person(found["name"].replace("·", "•"), found["number"])).succeeded


def test_former_name_does_not_match(house: House, vault: Vault) -> None:
    """A renamed person does not match under the former name."""
    found = house.population("renamed")
    answer = verify(vault, Person(found["former_name"], found["number"]))
    assert answer.failure_reason is FailureReason.MISMATCH


def test_private_use_spelling_is_asked_second(house: House, vault: Vault, registry: Registry) -> None:
    """A name with a twin spelling needs two checks, each with a separate id."""
    found = house.population("private_use")
    before = registry.charged()
    answer = verify(vault, Person(found["name"], found["number"]))
    assert answer.succeeded
    assert registry.charged() == before + 2
    assert len(set(house.ais(answer.account_token))) == 2


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
        assert (payload.identity.name, payload.identity.document.number) == (person.name, person.number)
        with pytest.raises(open_record.NotOpenedError):
            open_record.open_record(
                house.ready, account_token=token, custodians=[left_out], passphrase=b"development"
            )


def test_failed_sign_up_leaves_no_record(house: House, vault: Vault) -> None:
    """Nothing is sealed for a person who was not verified."""
    token = verify(vault, invent()).account_token
    with pytest.raises(open_record.NoRecordError):
        open_record.read_record(house.ready, account_token=token)


def test_account_of_another_platform_is_not_found(house: House, vault: Vault, registry: Registry) -> None:
    """A second platform's read of a token, or claim for it, gets the same NOT_FOUND as an unknown token."""
    person = registry.newcomer()
    token = verify(vault, person).account_token
    with house.vault("platform-b") as other:
        errors = []
        for asked in (token, "acct_" + "0" * 26):
            with pytest.raises(NotFound) as caught:
                other.get_status(asked)
            # Each error has an id of its own, and nothing else that differs.
            shown = str(caught.value).replace(caught.value.request_id or "no id", "")
            errors.append((caught.value.code, caught.value.reason, shown))
        with pytest.raises(NotFound):
            verify(other, person, account_token=token)
        batch = other.batch_get_statuses([token])
    assert errors[0] == errors[1]
    assert batch.statuses == ()
    assert batch.unknown_account_tokens == (token,)


def test_same_person_has_unrelated_tokens(house: House, vault: Vault, registry: Registry) -> None:
    """Two platforms that verify one person get unrelated tokens."""
    person = registry.newcomer()
    with house.vault("platform-b") as other:
        tokens = {verify(vault, person).account_token, verify(other, person).account_token}
    assert len(tokens) == 2
