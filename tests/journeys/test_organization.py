"""An organisation signs up: name and code are checked as for a person, and only a category is revealed."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from idvault_client import (
    Consent,
    FailureReason,
    FieldCode,
    InvalidFields,
    Reason,
    RequestIdReused,
    State,
    SubjectKind,
    Vault,
    resident_id,
    unified_social_credit_code,
)
from idvault_client.testing import SyntheticOrganization, invent_organization
from idvault_verify.organization import OrganizationCategory
from tests.support.house import House
from tools.support import open_record, traces
from tools.support.sandbox import Registry, claim_organization, fetch, verify_organization, wait_for


def newcomer(registry: Registry, *, pair: str = "91") -> SyntheticOrganization:
    """Return an organisation that is new to the registry."""
    made = invent_organization(pair=pair)
    registry.add_organizations(made)
    return made


def test_an_organization_is_verified_and_shows_its_category(vault: Vault, registry: Registry) -> None:
    """The status has the category, here a co-operative; the registry is called once."""
    before = registry.charged()
    answer = verify_organization(vault, newcomer(registry, pair="93"))
    assert answer.succeeded
    assert answer.status.is_verified
    assert answer.status.subject_kind is SubjectKind.ORGANIZATION
    assert answer.status.organization_category is OrganizationCategory.COOPERATIVE
    assert answer.receipt is not None
    assert registry.charged() == before + 1
    assert vault.get_status(answer.account_token) == answer.status


@pytest.mark.parametrize(
    ("pair", "category"),
    [
        ("11", OrganizationCategory.STATE_ORGAN),
        ("12", OrganizationCategory.INSTITUTION),
        ("13", OrganizationCategory.MASS_ORGANIZATION),
        ("51", OrganizationCategory.SOCIAL_ORGANIZATION),
        ("52", OrganizationCategory.SOCIAL_ORGANIZATION),
        ("53", OrganizationCategory.SOCIAL_ORGANIZATION),
        ("91", OrganizationCategory.COMPANY),
        ("92", OrganizationCategory.SOLE_TRADER),
        ("93", OrganizationCategory.COOPERATIVE),
        ("A1", OrganizationCategory.OTHER),
    ],
)
def test_each_category_is_told_and_no_code(
    house: House, vault: Vault, registry: Registry, pair: str, category: OrganizationCategory
) -> None:
    """Code and name are in no answer, file or metric, whatever the outcome."""
    who = newcomer(registry, pair=pair)
    answers = [
        verify_organization(vault, who),
        verify_organization(vault, SyntheticOrganization(invent_organization().name, who.number)),
    ]
    assert [answer.status.organization_category for answer in answers] == [category, None]
    told = f"{answers} {[vault.get_status(answer.account_token) for answer in answers]}"
    metrics = "".join(fetch(url).decode() for url in house.ready["metrics"].values())
    kept = traces.search(traces.files(house.state, without=[]), [who.number, who.name])
    assert not [hit.path for hit in kept]
    assert not [text for text in (told, metrics) if who.number in text or who.name in text]


def test_no_record_and_mismatch_are_different_answers(vault: Vault, registry: Registry) -> None:
    """This registry distinguishes an unknown code from a wrong name; neither shows a category."""
    known = newcomer(registry)
    for who, reason in (
        (invent_organization(), FailureReason.NO_RECORD),
        (SyntheticOrganization(invent_organization().name, known.number), FailureReason.MISMATCH),
    ):
        answer = verify_organization(vault, who)
        assert answer.failure_reason is reason
        assert answer.status.state is State.REJECTED
        assert answer.status.organization_category is None


def test_a_malformed_code_asks_nobody(vault: Vault, registry: Registry) -> None:
    """A wrong check character, and a person's document, are refused with the field."""
    before, who = registry.counters(), invent_organization()
    wrong = who.number[:-1] + ("1" if who.number[-1] != "1" else "2")
    with pytest.raises(InvalidFields) as caught:
        verify_organization(vault, SyntheticOrganization("", wrong))
    assert caught.value.fields == {
        "organization_name": FieldCode.REQUIRED,
        "document.number": FieldCode.CHECK_DIGIT,
    }
    with pytest.raises(InvalidFields) as caught:
        vault.verify_organization(
            who.name, resident_id("110000190101010001"), consent=Consent("terms-3", datetime.now(UTC))
        )
    assert caught.value.reason == Reason.UNSUPPORTED_DOCUMENT
    assert registry.counters() == before


def test_what_waits_is_settled_by_the_worker(house: House, vault: Vault, registry: Registry) -> None:
    """During an outage the claim waits, sealed; then the worker checks it once, and it is verified."""
    who = newcomer(registry)
    registry.behave("down")
    answer = claim_organization(vault, who)
    assert answer.pending
    assert answer.status.organization_category is None
    registry.reset()
    assert wait_for(lambda: vault.get_status(answer.account_token).is_verified)
    assert vault.get_status(answer.account_token).organization_category is OrganizationCategory.COMPANY
    assert registry.charged() == 1
    rows = house.query("select resends from jobs where account_token = ?", answer.account_token)
    assert rows == [(0,)]


def test_a_repeat_is_the_same_claim_and_a_person_is_not(vault: Vault, registry: Registry) -> None:
    """A request id is bound to its method."""
    who, request_id = newcomer(registry), str(uuid4())
    consent = Consent("terms-3", datetime.now(UTC))
    document = unified_social_credit_code(who.number)
    first, again = (
        vault.verify_organization(who.name, document, consent=consent, request_id=request_id) for _ in "12"
    )
    assert (again.account_token, again.status) == (first.account_token, first.status)
    assert registry.charged() == 1
    person = registry.newcomer()
    with pytest.raises(RequestIdReused):
        vault.verify_individual(
            person.name, resident_id(person.number), consent=consent, request_id=request_id
        )


def test_only_the_same_organization_verifies_again(vault: Vault, registry: Registry) -> None:
    """Another organisation is DIFFERENT_OWNER after a match, and the account is unchanged."""
    first = verify_organization(vault, newcomer(registry, pair="12"))
    other = verify_organization(vault, newcomer(registry), account_token=first.account_token)
    assert other.failure_reason is FailureReason.DIFFERENT_OWNER
    assert vault.get_status(first.account_token) == first.status


def test_one_organization_has_as_many_accounts_as_one_person(vault: Vault, registry: Registry) -> None:
    """The sixth account of one code is refused after a match."""
    who = newcomer(registry)
    answers = [verify_organization(vault, who) for _ in range(6)]
    assert [answer.succeeded for answer in answers] == [True] * 5 + [False]
    assert answers[-1].failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED


def test_custodians_open_what_was_sealed(house: House, vault: Vault, registry: Registry) -> None:
    """Type, code and name are in the record, and in no database column."""
    who = newcomer(registry)
    answer = verify_organization(vault, who)
    payload = open_record.open_record(
        house.ready,
        account_token=answer.account_token,
        custodians=house.ready["quorum"]["custodians"][:2],
        passphrase=b"development",
    )
    assert (payload.identity.name, payload.identity.document.number) == (who.name, who.number)
    assert payload.identity.subject_kind.value == "ORGANIZATION"
