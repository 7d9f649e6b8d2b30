"""A platform and its moderators are told that an authority has given an order, or withdrawn one."""

from typing import Any

from idvault.core.topic import Audience
from idvault.notification import acts
from idvault.notification.rules import Notification, Recipient
from idvault_verify.attest.moderator_key import ModeratorKey
from tools.support import people
from tools.support.authority_world import AuthorityWorld
from tools.support.builders import TOKEN
from tools.support.flow_world import PARTY, at
from tools.support.orders import OFFICE, OTHER_OFFICE
from tools.support.sanction_world import signing

Keys = tuple[ModeratorKey, ModeratorKey]


class KeptSender:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Keep a message."""
        self.sent.append((recipient.name, dict(notification.body)))


async def test_an_objection_is_told_to_its_authority(world: AuthorityWorld, keys: Keys) -> None:
    """The one whose order it is, by its actor id; another one hears nothing."""
    [given] = await world.issue((PARTY, TOKEN))
    order = await world.checked(given)
    await world.asks(1).object_to_order(order, "unknown", key=signing(keys[0], 1))
    recipients = [
        Recipient(name, Audience.AUTHORITY, of=people.roster_member(name, role="authority").actor_id)
        for name in (OFFICE, OTHER_OFFICE)
    ]
    sender = KeptSender()
    await acts.deliver(world.vault, at(2), recipients=recipients, sender=sender)
    assert sender.sent == [(OFFICE, {"order_objected": 1})]


async def test_orders_are_told_to_their_platform(world: AuthorityWorld) -> None:
    """Each platform hears of its own orders, in numbers alone; who listens for another hears nothing."""
    recipients = [
        Recipient("backend", Audience.PLATFORM, of=PARTY),
        Recipient("desk", Audience.MODERATOR, of=PARTY),
        Recipient("other", Audience.PLATFORM, of="platform-c"),
        Recipient("auditor", Audience.AUDITOR),
    ]

    async def told(seconds: float) -> list[tuple[str, dict[str, Any]]]:
        sender = KeptSender()
        await acts.deliver(world.vault, at(seconds), recipients=recipients, sender=sender)
        return sorted(sender.sent)

    first, second = await world.issue((PARTY, TOKEN), ("platform-b", TOKEN))
    assert await told(1) == [("backend", {"order_issued": 1}), ("desk", {"order_issued": 1})]
    await world.withdraw(second, seconds=2)
    assert await told(3) == []
    await world.withdraw(first, seconds=4)
    assert await told(5) == [("backend", {"order_withdrawn": 1}), ("desk", {"order_withdrawn": 1})]
