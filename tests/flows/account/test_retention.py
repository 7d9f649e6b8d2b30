"""Expiry and clean-up of accounts and requests, as a platform sees them.

The sweeps themselves are called, because the worker runs them and no method does.
"""

from idvault.core.tables.claim import persons
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from tests.support.refusal import reason_of
from tools.support import sql
from tools.support.flow_world import World, at
from tools.support.notice_world import person

DAY = 86_400
# The tests begin at noon of a day of the deployment's zone.
MIDNIGHT = 30 * DAY + DAY // 2
"""When that day is 30 days old."""


async def test_confirmations_run_out(world: World) -> None:
    """The published expiry is stored, once."""
    token = (await world.claim()).account_token
    platform = world.client(seconds=365 * DAY)
    assert await world.retention.expire_accounts(now=at(364 * DAY), limit=10) == 0
    shown = await platform.get_status(token)
    assert await world.retention.expire_accounts(now=at(365 * DAY), limit=10) == 1
    assert await world.retention.expire_accounts(now=at(365 * DAY), limit=10) == 0
    stored = await platform.get_status(token)
    assert stored == shown
    assert stored.state is AccountState.EXPIRED


async def test_an_expired_account_is_verified_again_by_its_owner(world: World) -> None:
    """The account keeps its slot, and the new revision is the highest."""
    claim = await world.claim()
    await world.retention.expire_accounts(now=at(365 * DAY), limit=10)
    again = await world.claim(2, token=claim.account_token, seconds=365 * DAY)
    assert again.status.state is AccountState.VERIFIED
    assert again.status.revision == claim.status.revision + 2


async def test_accounts_that_never_succeeded_go_after_30_days(world: World) -> None:
    """The request of a removed account is unknown; verified accounts stay."""
    kept = await world.claim()
    world.registry.verdict = RegistryAnswer.MISMATCH
    gone = await world.claim(2)
    assert await world.retention.remove_abandoned(now=at(MIDNIGHT - 1), limit=10) == 0
    assert await world.retention.remove_abandoned(now=at(MIDNIGHT), limit=10) == 1
    platform = world.client(seconds=MIDNIGHT)
    assert (await platform.get_status(kept.account_token)).state is AccountState.VERIFIED
    assert await reason_of(platform.get_status(gone.account_token)) == Reason.ACCOUNT_NOT_FOUND
    assert await reason_of(platform.get_verification(gone.request_id)) == Reason.REQUEST_NOT_FOUND


async def test_the_log_tells_not_which_sign_up_failed(world: World) -> None:
    """Of five of a day the two that failed go in the same run, though hours passed between them."""
    tokens = []
    for number, hours in enumerate((0, 2, 5, 9, 11), 1):
        failed = number in (2, 5)
        world.registry.script.append(RegistryAnswer.MISMATCH if failed else RegistryAnswer.MATCH)
        claim = await world.claim(number, person(number), seconds=hours * 3_600)
        tokens += [claim.account_token] if failed else []
    for seconds in (30 * DAY + 2 * 3_600 + 60, MIDNIGHT - 1):
        assert await world.retention.remove_abandoned(now=at(seconds), limit=10) == 0
    assert await world.retention.remove_abandoned(now=at(MIDNIGHT), limit=1) == 1
    platform = world.client(seconds=MIDNIGHT)
    assert await reason_of(platform.get_status(min(tokens))) == Reason.ACCOUNT_NOT_FOUND
    assert (await platform.get_status(max(tokens))).state is AccountState.REJECTED
    assert await world.retention.remove_abandoned(now=at(MIDNIGHT), limit=10) == 1


async def test_whom_a_removed_account_named_is_forgotten(world: World) -> None:
    """Unless something else is known of the person: an account, or a claim that is open."""
    known, open_ = person(2), person(3)
    for number, who in enumerate((person(1), known, open_), start=1):
        world.registry.script.append(RegistryAnswer.MISMATCH)
        await world.claim(number, who)
    assert await sql.count(world.database, persons) == 3
    late = MIDNIGHT
    world.registry.script.extend([RegistryAnswer.MATCH, RegistryAnswer.NOT_SENT])
    await world.claim(4, known, seconds=late)
    await world.claim(5, open_, seconds=late)
    assert await world.retention.remove_abandoned(now=at(late), limit=10) == 3
    assert await sql.count(world.database, persons) == 2
    (ended,) = await world.work(seconds=late + 60)
    assert ended is not None
    assert ended.state is ClaimState.SUCCEEDED


async def test_requests_are_forgotten_after_seven_days(world: World) -> None:
    """Requests are deleted; the account stays."""
    claim = await world.claim()
    assert await world.retention.purge_requests(now=at(7 * DAY)) == 0
    assert await world.retention.purge_requests(now=at(7 * DAY + 1)) == 1
    assert await reason_of(world.claimed(seconds=7 * DAY + 1)) == Reason.REQUEST_NOT_FOUND
    found = await world.client(seconds=7 * DAY + 1).get_status(claim.account_token)
    assert found.state is AccountState.VERIFIED
