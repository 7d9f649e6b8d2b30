"""Reading statuses, as platforms do."""

import pytest

from idvault_client.errors import NotFound
from idvault_verify.account import AccountState
from idvault_verify.error import Reason
from tools.support.flow_world import World

UNKNOWN = "acct_0123456789abcdefghjkmnpqrs"


async def test_a_status_is_its_owners_alone(world: World) -> None:
    """Another relying party's token gives the same error as an unknown one."""
    token = (await world.claim()).account_token
    status = await world.client().get_status(token)
    assert (status.account_token, status.state) == (token, AccountState.VERIFIED)
    for party, asked in (("platform-b", token), ("platform-a", UNKNOWN)):
        with pytest.raises(NotFound) as caught:
            await world.client(party=party).get_status(asked)
        assert caught.value.reason == Reason.ACCOUNT_NOT_FOUND


async def test_a_batch_is_its_owners_alone(world: World) -> None:
    """It has the statuses of single reads in the order asked, and names what is unknown or foreign."""
    tokens = [(await world.claim(number)).account_token for number in range(3)]
    asked = [tokens[2], UNKNOWN, tokens[0], tokens[1]]
    platform = world.client()
    single = [await platform.get_status(token) for token in asked if token != UNKNOWN]
    found = await platform.batch_get_statuses(asked)
    assert (list(found.statuses), found.unknown_account_tokens) == (single, (UNKNOWN,))
    foreign = await world.client(party="platform-b").batch_get_statuses(tokens)
    assert (foreign.statuses, foreign.unknown_account_tokens) == ((), tuple(tokens))
