"""A platform's public accounts in a running vault: applications, limits, and what the log tells."""

from pathlib import Path

from idvault_client import Vault
from idvault_client.testing import invent_organization
from tests.demo.public_account import PublicAccountSteps
from tests.support.house import House
from tests.support.sandbox import Registry, invent


def test_a_company_opens_one_and_a_person_gets_no_second(
    house: House, vault: Vault, registry: Registry, tmp_path: Path
) -> None:
    """The steps of the demo."""
    company, person = invent_organization(), invent()
    registry.add_organizations(company)
    registry.add(person)
    steps = PublicAccountSteps(company=company, person=person)
    steps.open(vault)
    steps.operate(vault)
    steps.limit(vault)
    steps.file(house.session.ready_file, tmp_path)
