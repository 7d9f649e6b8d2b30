"""Reading statuses, as platforms do."""

from idvault_verify.error import Reason
from tests.support.refusal import reason_of
from tools.support.flow_world import World

UNKNOWN = "acct_0123456789abcdefghjkmnpqrs"


async def test_statuses_are_their_owners_alone(world: World) -> None:
    """A batch has those of single reads in the order asked, and names what is unknown or foreign."""
    tokens = [(await world.claim(number)).account_token for number in range(3)]
    asked = [tokens[2], UNKNOWN, tokens[0], tokens[1]]
    platform = world.client()
    single = [await platform.get_status(token) for token in asked if token != UNKNOWN]
    found = await platform.batch_get_statuses(asked)
    assert (list(found.statuses), found.unknown_account_tokens) == (single, (UNKNOWN,))
    stranger = world.client(party="platform-b")
    assert await reason_of(stranger.get_status(tokens[0])) == Reason.ACCOUNT_NOT_FOUND
    foreign = await stranger.batch_get_statuses(tokens)
    assert (foreign.statuses, foreign.unknown_account_tokens) == ((), tuple(tokens))
