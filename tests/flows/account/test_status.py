"""Reading statuses."""

import pytest

from idvault_verify.account import AccountState
from idvault_verify.error import NotFoundError, Reason
from tools.support.flow_world import World, at, command

UNKNOWN = "acct_0123456789abcdefghjkmnpqrs"


async def test_a_status_is_its_owners_alone(world: World) -> None:
    """Another relying party's token gives the same error as an unknown one."""
    claim = await world.verify()
    token = claim.account.account_token
    status = await world.status.get(relying_party="platform-a", account_token=token, now=at(0))
    assert (status.account_token, status.state) == (token, AccountState.VERIFIED)
    for party, asked in (("platform-b", token), ("platform-a", UNKNOWN)):
        with pytest.raises(NotFoundError) as caught:
            await world.status.get(relying_party=party, account_token=asked, now=at(0))
        assert caught.value.reason is Reason.ACCOUNT_NOT_FOUND


async def test_packed_accounts_are_their_owners_alone(world: World) -> None:
    """Each text gives the status that a single read gives; an unknown or foreign token has none."""
    tokens = [(await world.verify(command(number))).account.account_token for number in range(3)]
    asked = [tokens[2], UNKNOWN, tokens[0], tokens[1]]
    found = await world.status.packed_many(relying_party="platform-a", account_tokens=asked)
    texts = [token + shown for shown, together in found.items() for token in together.split(",")]
    today = world.status.today(now=at(0))
    unpacked = [world.status.unpack(one, today=today, now=at(0)) for one in texts]
    single = [
        await world.status.get(relying_party="platform-a", account_token=token, now=at(0)) for token in tokens
    ]
    assert {one.account_token: one for one in unpacked} == {one.account_token: one for one in single}
    assert await world.status.packed_many(relying_party="platform-b", account_tokens=tokens) == {}
