"""The code of an invitation by link: whose it is, how long it is valid, and how many claims it admits."""

from pathlib import Path
from typing import Any

from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import UsedVersions
from idvault.sealing.request import CurrentFingerprinter, CurrentInvitationCoder, RequestKeys
from idvault_client import Verification
from idvault_verify.account import AccountState
from idvault_verify.campaign import ReverificationMethod
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from tests.support.refusal import reason_of
from tools.support.campaign_world import DAY, CampaignWorld
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import at
from tools.support.people import CHEAP


async def linked(world: CampaignWorld) -> tuple[str, str, Any]:
    """Return an account, the code of its invitation by link, and the campaign."""
    (token,) = await world.members(1)
    campaign = await world.started(methods=(ReverificationMethod.HOSTED_LINK,))
    (shown,) = (await world.take(campaign)).invitations
    assert (shown.method, shown.code_expire_time) == (ReverificationMethod.HOSTED_LINK, at(DAY).business)
    return token, shown.code, campaign


async def verify(
    world: CampaignWorld, token: str, code: str | None, number: int = 1, *, seconds: float = 0
) -> Verification:
    """Claim the account with a code."""
    return await world.claims.claim(number, token=token, code=code, seconds=seconds)


async def test_a_mistyped_name_does_not_use_up_a_code(world: CampaignWorld) -> None:
    """A code admits five claims, however often each is repeated; a sixth is refused."""
    token, code, _ = await linked(world)
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    for number in range(1, 6):
        first = await verify(world, token, code, number)
        assert first.failed
        assert await verify(world, token, code, number) == first
    assert await reason_of(verify(world, token, code, 6)) == Reason.ILLEGAL_TRANSITION
    assert (await verify(world, token, None, 7)).failed


async def test_a_code_is_good_for_one_success(world: CampaignWorld) -> None:
    """After a failed try the code still verifies the owner; then it opens nothing more."""
    token, code, _ = await linked(world)
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    await verify(world, token, code)
    world.claims.registry.verdict = RegistryAnswer.MATCH
    assert (await verify(world, token, code, 2)).status.state is AccountState.VERIFIED
    assert await reason_of(verify(world, token, code, 3)) == Reason.ILLEGAL_TRANSITION


async def test_a_code_is_bound_to_its_account_and_its_day(world: CampaignWorld) -> None:
    """Another account's code, an unknown one and an expired one get the same error."""
    token, code, campaign = await linked(world)
    (other,) = await world.bring("other")
    await world.take(campaign)
    for who, what, when in (
        (other.account_token, code, 0),
        (token, "0" * 26, 0),
        (token, code, DAY),
    ):
        assert await reason_of(verify(world, who, what, seconds=when)) == Reason.ILLEGAL_TRANSITION
    assert (await world.status(token)).state is AccountState.UNVERIFIED


async def test_a_reminder_brings_a_new_code(world: CampaignWorld) -> None:
    """The former code is no longer valid; a repeated request returns the same new code."""
    token, former, campaign = await linked(world)
    await world.record(campaign, token, method=ReverificationMethod.HOSTED_LINK)
    (shown,) = (await world.take(campaign, number=501, seconds=3 * DAY)).invitations
    (again,) = (await world.take(campaign, number=501, seconds=3 * DAY + 60)).invitations
    assert shown == again
    assert shown.code != former
    assert await reason_of(verify(world, token, former, seconds=3 * DAY)) == Reason.ILLEGAL_TRANSITION
    done = await verify(world, token, shown.code, 2, seconds=3 * DAY)
    assert done.status.state is AccountState.VERIFIED


async def test_a_repeat_across_a_rotation_has_the_same_codes(world: CampaignWorld, tmp_path: Path) -> None:
    """A batch that is asked for again under the former request key gives the codes that are stored."""
    sets = {Purpose.REQUEST: KeySet("0", {"0": b"k" * 32, "1": b"n" * 32})}
    path, entropy = tmp_path / "keys", CountingEntropy()
    keys = LocalKeyProvider.create(path, keys=sets, passphrase=b"p", entropy=entropy, cost=CHEAP)
    held = RequestKeys(keys=keys, purpose=Purpose.REQUEST)
    world.servicer.coder = CurrentInvitationCoder(current=lambda: held.current)
    world.vault.fingerprinter = CurrentFingerprinter(keys=held)
    await world.members(1)
    campaign = await world.started(methods=(ReverificationMethod.HOSTED_LINK,))
    (first,) = (await world.take(campaign, number=501)).invitations
    keys.use({"request": UsedVersions(1, frozenset())})
    with held.under("0"):
        (again,) = (await world.take(campaign, number=501)).invitations
    assert again.code == first.code != ""
