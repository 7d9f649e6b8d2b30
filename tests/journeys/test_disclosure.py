"""An auditor and custodians with their clients, against a whole vault."""

from datetime import timedelta
from pathlib import Path

from idvault_client import Vault
from tests.support.house import House
from tools.demo.disclosure import DisclosureSteps
from tools.support.sandbox import Registry, fetch, verify, wait_for


def test_a_record_is_opened_by_an_auditor_and_two_custodians(
    house: House, vault: Vault, registry: Registry, tmp_path: Path
) -> None:
    """One custodian is not enough; a request that is not in the log gets no share; two open the record."""
    person = registry.newcomer()
    account = verify(vault, person).account_token
    steps = DisclosureSteps(scratch=tmp_path)
    steps.request(house.ready, account_token=account)
    steps.refuse_what_is_not_in_the_log()
    steps.open(name=person.name, number=person.number)
    shown = fetch(house.ready["metrics"]["serve-0"]).decode()
    for verb in ("request", "approve", "open", "refuse"):
        assert f'idvault_disclosures_total{{verb="{verb}"}}' in shown


def test_a_request_that_nobody_decides_expires(own_house: House, tmp_path: Path) -> None:
    """The worker expires it in business time."""
    person = own_house.registry.newcomer()
    with own_house.vault() as vault:
        account = verify(vault, person).account_token
    steps = DisclosureSteps(scratch=tmp_path)
    disclosure_id = steps.file(own_house.ready, account_token=account)
    own_house.shift(timedelta(hours=73))
    assert wait_for(lambda: steps.state(disclosure_id) == "EXPIRED")
