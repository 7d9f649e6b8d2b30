"""An organisation signs up: name and code are checked as for a person, and only a category is revealed."""

from dataclasses import replace

from idvault_client import FailureReason, SubjectKind, Vault
from idvault_client.testing import SyntheticOrganization, invent_organization
from idvault_verify.organization import OrganizationCategory
from tests.support.house import House
from tools.support import open_record, traces
from tools.support.sandbox import (
    Registry,
    claim_organization,
    fetch,
    match_organization,
    represent,
    verify_organization,
    wait_for,
)


def newcomer(registry: Registry, *, pair: str = "91") -> SyntheticOrganization:
    """Return an organisation that is new to the registry."""
    made = invent_organization(pair=pair)
    registry.add_organizations(made)
    return made


def test_an_organization_is_verified_and_shows_its_category(
    house: House, vault: Vault, registry: Registry
) -> None:
    """Once its representative was there, the status has the category; the registry is called once."""
    before = registry.charged()
    answer = verify_organization(vault, newcomer(registry, pair="93"), ready=house.ready)
    assert answer.succeeded
    assert answer.status.is_verified
    assert answer.status.subject_kind is SubjectKind.ORGANIZATION
    assert answer.status.organization_category is OrganizationCategory.COOPERATIVE
    assert answer.receipt is not None
    assert registry.charged() == before + 1
    assert vault.get_status(answer.account_token) == answer.status


def test_no_code_is_told(house: House, vault: Vault, registry: Registry) -> None:
    """No element is in an answer, file or metric, whether they match or not, nor is it told which differs."""
    who = newcomer(registry)
    answers = [
        verify_organization(vault, who, ready=house.ready),
        match_organization(vault, replace(who, name=invent_organization().name)),
        match_organization(vault, replace(who, representative=invent_organization().representative)),
    ]
    assert [answer.succeeded for answer in answers] == [True, False, False]
    assert {answer.failure_reason for answer in answers[1:]} == {FailureReason.ELEMENT_MISMATCH}
    told = f"{answers} {[vault.get_status(answer.account_token) for answer in answers]}"
    metrics = "".join(fetch(url).decode() for url in house.ready["metrics"].values())
    canaries = [who.number, who.name, who.representative.number, who.representative.name]
    kept = traces.search(traces.files(house.state, without=[]), canaries)
    assert not [hit.path for hit in kept]
    assert not [text for text in (told, metrics) for canary in canaries if canary in text]


def test_one_that_does_not_operate_is_not_verified(vault: Vault, registry: Registry) -> None:
    """A company that was deregistered, or has lost its licence, gets no badge."""
    for status in ("deregistered", "licence_revoked"):
        gone = replace(invent_organization(), status=status)
        registry.add_organizations(gone)
        answer = match_organization(vault, gone)
        assert answer.failure_reason is FailureReason.ORGANIZATION_NOT_OPERATING
        assert not vault.get_status(answer.account_token).is_verified


def test_what_waits_is_settled_by_the_worker(house: House, vault: Vault, registry: Registry) -> None:
    """During an outage the claim waits, sealed; the worker checks it once; then its representative comes."""
    who = newcomer(registry)
    registry.behave("down")
    answer = claim_organization(vault, who)
    assert answer.pending
    assert answer.status.organization_category is None
    registry.reset()
    assert wait_for(lambda: not vault.get_verification(answer.request_id).pending)
    represent(vault, who, ready=house.ready, account_token=answer.account_token)
    assert vault.get_status(answer.account_token).organization_category is OrganizationCategory.COMPANY
    assert registry.charged() == 1
    rows = house.query("select resends from jobs where account_token = ?", answer.account_token)
    assert rows == [(0,), (0,)]


def test_custodians_open_what_was_sealed(house: House, vault: Vault, registry: Registry) -> None:
    """Type, code and name are in the record, with the representative, and in no database column."""
    who = newcomer(registry)
    answer = verify_organization(vault, who, ready=house.ready)
    payload = open_record.open_record(
        house.ready,
        account_token=answer.account_token,
        custodians=house.ready["quorum"]["custodians"][:2],
        passphrase=b"development",
    )
    assert (payload.named.name, payload.named.document.number) == (who.name, who.number)
    assert payload.named.subject_kind.value == "ORGANIZATION"
    person = payload.named.representative
    assert person is not None
    assert (person.name, person.document.number) == (who.representative.name, who.representative.number)
