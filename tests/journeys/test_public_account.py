"""What a platform's feed tells of a public account; all else is shown by the demo (test_demo.py)."""

from idvault_client import Vault, testing
from idvault_client.public_accounts import PublicAccountState
from idvault_client.sanctions import Degree
from idvault_client.testing import invent_organization
from tests.support.house import House
from tools.support.sanction_world import reasons
from tools.support.sandbox import Registry, verify_organization, wait_for


def test_the_feed_and_the_cache_tell_a_closing(house: House, vault: Vault, registry: Registry) -> None:
    """Two moderators close a public account: the client's cache says so, and its owner stays verified."""
    company = invent_organization()
    registry.add_organizations(company)
    token = verify_organization(vault, company, ready=house.ready).account_token
    applied = vault.public_accounts.apply(token)
    assert vault.statuses.wait(30)
    found = vault.public_accounts.approve(applied.public_account_id).public_account_id
    assert wait_for(lambda: vault.statuses.public_account(found).profile.publishes)
    first, second = testing.moderator(vault), testing.moderator(vault)
    closing = vault.sanctions.impose(token, Degree.CLOSE, reasons(), key=first, public_account_id=found)
    assert closing.public_account_id == found
    closed = vault.sanctions.confirm(closing, key=second)
    assert wait_for(lambda: vault.statuses.public_account(found).state is PublicAccountState.CLOSED)
    assert vault.statuses.get(token).is_verified
    vault.sanctions.lift(closed, "a mistake", key=first)
    assert wait_for(lambda: vault.statuses.public_account(found).profile.publishes)
