"""An organisation signs up: name and code are checked as for a person, and only a category is revealed."""

from idvault_client import SubjectKind, Vault
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


def test_no_code_is_told(house: House, vault: Vault, registry: Registry) -> None:
    """Code and name are in no answer, file or metric, whether they match or not."""
    who = newcomer(registry)
    answers = [
        verify_organization(vault, who),
        verify_organization(vault, SyntheticOrganization(invent_organization().name, who.number)),
    ]
    assert [answer.succeeded for answer in answers] == [True, False]
    told = f"{answers} {[vault.get_status(answer.account_token) for answer in answers]}"
    metrics = "".join(fetch(url).decode() for url in house.ready["metrics"].values())
    kept = traces.search(traces.files(house.state, without=[]), [who.number, who.name])
    assert not [hit.path for hit in kept]
    assert not [text for text in (told, metrics) if who.number in text or who.name in text]


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
    assert (payload.named.name, payload.named.document.number) == (who.name, who.number)
    assert payload.identity.subject_kind.value == "ORGANIZATION"
