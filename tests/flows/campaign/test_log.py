"""Campaigns while the log is unavailable: changes are refused, reads are answered."""

from idvault.campaign.rules import Verb
from idvault_verify.campaign import ReverificationMethod
from idvault_verify.error import Reason, UnavailableError
from tests.support.refusal import reason_of
from tools.support.campaign_world import CampaignWorld
from tools.support.flow_world import at


async def test_a_waiting_log_stops_every_change(world: CampaignWorld) -> None:
    """Each change is refused with LOG_UNAVAILABLE, and an offer can still be read."""
    (token,) = await world.members(1)
    campaign = await world.started(methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN))
    world.guard.refusal = UnavailableError(Reason.LOG_UNAVAILABLE)
    for change in (
        world.bring("user-1"),
        world.create(),
        world.move(campaign, Verb.PAUSE),
        world.take(campaign),
        world.record(campaign, token, method=ReverificationMethod.AT_LOGIN),
        world.enforce(at(0)),
        world.lift(at(0)),
    ):
        assert await reason_of(change) == Reason.LOG_UNAVAILABLE
    assert (await world.offer(token)).due
