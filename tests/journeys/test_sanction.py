"""Sanctions of a running vault: what clients' feeds tell, and the worker; all else is shown by the demo."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from idvault_client import Standing, Vault, testing
from idvault_client.sanctions import Degree, ModeratorKey, SanctionState, Scope
from idvault_client.testing import invent_organization
from tests.support.house import House
from tools.support.sanction_world import reasons
from tools.support.sandbox import Registry, verify_organization, wait_for


def newcomer(house: House, vault: Vault, registry: Registry) -> str:
    """Return the account of a new company."""
    company = invent_organization()
    registry.add_organizations(company)
    return verify_organization(vault, company, ready=house.ready).account_token


def moderator(vault: Vault) -> ModeratorKey:
    return testing.moderator(vault)


def test_an_end_comes_by_itself(house: House, vault: Vault, registry: Registry) -> None:
    """Status and feed fall at the end that they tell, and the worker stores it."""
    token, key = newcomer(house, vault, registry), moderator(vault)
    end = (datetime.now(UTC) + timedelta(seconds=4)).replace(microsecond=0)
    warned = vault.sanctions.impose(token, Degree.WARN, replace(reasons(), end_at=end), key=key)
    assert vault.statuses.wait(30)
    assert wait_for(lambda: vault.get_status(token).standing is Standing.GOOD)
    assert datetime.now(UTC) >= end
    assert vault.statuses.get(token).standing is Standing.GOOD
    assert wait_for(
        lambda: any(
            each.sanction_id == warned.sanction_id
            for each in vault.sanctions.list_page(account_token=token, state=SanctionState.LAPSED).sanctions
        )
    )
    assert vault.get_status(token).revision == 5


def test_the_feed_tells_what_an_account_follows(house: House, vault: Vault, registry: Registry) -> None:
    """The owner's other account changes in the feed at its renewal, and not before."""
    company = invent_organization()
    registry.add_organizations(company)
    named, other = [verify_organization(vault, company, ready=house.ready).account_token for _ in range(2)]
    first, second = moderator(vault), moderator(vault)
    assert vault.statuses.wait(30)
    end = datetime.now(UTC) + timedelta(days=3)
    proposed = vault.sanctions.impose(
        named,
        Degree.LIMIT,
        replace(reasons(), end_at=end),
        key=first,
        measure="no-video",
        scope=Scope.PERSON,
    )
    vault.sanctions.confirm(proposed, key=second)
    assert wait_for(lambda: vault.statuses.get(named).standing is Standing.PUBLISHING_LIMITED)
    assert vault.statuses.get(other).standing is Standing.GOOD
    assert verify_organization(vault, company, ready=house.ready, account_token=other).status.is_verified
    assert wait_for(lambda: vault.statuses.get(other).standing is Standing.PUBLISHING_LIMITED)
    shown = vault.statuses.get(other).standing_until
    assert shown is not None
    assert end <= shown < end + timedelta(days=1)
    assert (shown.hour, shown.minute, shown.second) == (0, 0, 0)
