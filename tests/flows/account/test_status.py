"""Reading statuses."""

import pytest

from idvault.domain.account import AccountState
from idvault.domain.error import NotFoundError, Reason
from tests.support.flow_world import World, at, command

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


async def test_a_batch_answers_in_the_order_asked_and_lists_what_is_unknown(world: World) -> None:
    """A repeated token is answered once; an unknown one does not fail the call."""
    tokens = [(await world.verify(command(number))).account.account_token for number in range(3)]
    asked = [tokens[2], UNKNOWN, tokens[0], tokens[2], UNKNOWN, tokens[1]]
    statuses, unknown = await world.status.get_many(
        relying_party="platform-a", account_tokens=asked, now=at(0)
    )
    assert [status.account_token for status in statuses] == [tokens[2], tokens[0], tokens[1]]
    assert unknown == [UNKNOWN]
    nothing, all_unknown = await world.status.get_many(
        relying_party="platform-b", account_tokens=tokens, now=at(0)
    )
    assert (nothing, all_unknown) == ([], tokens)
