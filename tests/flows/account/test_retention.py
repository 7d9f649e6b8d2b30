"""Expiry and clean-up of accounts and requests."""

import pytest

from idvault.core.policy import OperatorPolicy
from idvault_verify.account import AccountState
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.databases import Databases
from tools.support.flow_world import World, at, command, open_world

DAY = 86_400


async def test_confirmations_run_out(world: World) -> None:
    """The published expiry is stored, once."""
    claim = await world.verify()
    token = claim.account.account_token
    assert await world.retention.expire_accounts(now=at(364 * DAY), limit=10) == 0
    shown = await world.status.get(relying_party="platform-a", account_token=token, now=at(365 * DAY))
    assert await world.retention.expire_accounts(now=at(365 * DAY), limit=10) == 1
    assert await world.retention.expire_accounts(now=at(365 * DAY), limit=10) == 0
    stored = await world.status.get(relying_party="platform-a", account_token=token, now=at(365 * DAY))
    assert stored == shown
    assert stored.state is AccountState.EXPIRED


async def test_an_expired_account_is_verified_again_by_its_owner(world: World) -> None:
    """The account keeps its slot, and the new revision is the highest."""
    claim = await world.verify()
    await world.retention.expire_accounts(now=at(365 * DAY), limit=10)
    again = await world.verify(command(2, account_token=claim.account.account_token), seconds=365 * DAY)
    assert again.account.state is AccountState.VERIFIED
    assert again.account.revision == claim.account.revision + 2


async def test_accounts_that_never_succeeded_go_after_30_days(world: World) -> None:
    """The request of a removed account is unknown; verified accounts stay."""
    kept = await world.verify()
    world.registry.verdict = RegistryAnswer.MISMATCH
    gone = await world.verify(command(2))
    assert await world.retention.remove_abandoned(now=at(30 * DAY - 1), limit=10) == 0
    assert await world.retention.remove_abandoned(now=at(30 * DAY + 1), limit=10) == 1
    for claim, stays in ((kept, True), (gone, False)):
        token = claim.account.account_token
        found = await world.accounts.get(relying_party="platform-a", account_token=token)
        assert (found is not None) == stays


async def test_the_days_are_the_operators(sqlite_databases: Databases) -> None:
    """A deployment that keeps them for three days removes them after three."""
    policy = OperatorPolicy(5, 365, 90, builders.ZONE, rejected_days=3)
    world = await open_world(sqlite_databases, policy=policy)
    world.registry.verdict = RegistryAnswer.MISMATCH
    await world.verify()
    assert await world.retention.remove_abandoned(now=at(3 * DAY - 1), limit=10) == 0
    assert await world.retention.remove_abandoned(now=at(3 * DAY + 1), limit=10) == 1
    await world.verification.drain()
    await world.database.close()


async def test_requests_are_forgotten_after_seven_days(world: World) -> None:
    """Requests are deleted; the account stays."""
    claim = await world.verify()
    assert await world.retention.purge_requests(now=at(7 * DAY)) == 0
    assert await world.retention.purge_requests(now=at(7 * DAY + 1)) == 1
    with pytest.raises(NotFoundError) as caught:
        await world.get(seconds=7 * DAY + 1)
    assert caught.value.reason is Reason.REQUEST_NOT_FOUND
    assert await world.accounts.get(relying_party="platform-a", account_token=claim.account.account_token)
