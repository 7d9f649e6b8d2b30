"""A platform and its moderators are told of orders and withdrawals, and an authority of an objection."""

from idvault.core.topic import Audience
from idvault.notification.rules import Recipient
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.told import told
from tools.support import people
from tools.support.authority_world import AuthorityWorld
from tools.support.builders import TOKEN
from tools.support.flow_world import PARTY
from tools.support.orders import OFFICE, OTHER_OFFICE
from tools.support.sanction_world import signing

Keys = tuple[ModeratorKey, ModeratorKey]


async def test_an_objection_is_told_to_its_authority(world: AuthorityWorld, keys: Keys) -> None:
    """The one whose order it is, by its actor id; another one hears nothing."""
    [given] = await world.issue((PARTY, TOKEN))
    order = await world.checked(given)
    await world.asks(1).object_to_order(order, "unknown", key=signing(keys[0], 1))
    recipients = [
        Recipient(name, Audience.AUTHORITY, of=people.roster_member(name, role="authority").actor_id)
        for name in (OFFICE, OTHER_OFFICE)
    ]
    assert await told(world.vault, recipients, 2) == [(OFFICE, {"order_objected": 1})]


async def test_orders_are_told_to_their_platform(world: AuthorityWorld) -> None:
    """Each platform hears of its own orders, in numbers alone; who listens for another hears nothing."""
    recipients = [
        Recipient("backend", Audience.PLATFORM, of=PARTY),
        Recipient("desk", Audience.MODERATOR, of=PARTY),
        Recipient("other", Audience.PLATFORM, of="platform-c"),
        Recipient("auditor", Audience.AUDITOR),
    ]
    vault = world.vault
    first, second = await world.issue((PARTY, TOKEN), ("platform-b", TOKEN))
    issued, withdrawn = {"order_issued": 1}, {"order_withdrawn": 1}
    assert await told(vault, recipients, 1) == [("backend", issued), ("desk", issued)]
    await world.withdraw(second, seconds=2)
    assert await told(vault, recipients, 3) == []
    await world.withdraw(first, seconds=4)
    assert await told(vault, recipients, 5) == [("backend", withdrawn), ("desk", withdrawn)]
