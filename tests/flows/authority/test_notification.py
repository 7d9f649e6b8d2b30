"""A platform and its moderators are told that an authority has given an order, or withdrawn one."""

import asyncio
from typing import Any

from idvault.core.topic import Audience
from idvault.notification.rules import Notification, Recipient
from idvault.processes.notifier.delivery import Delivery
from tools.support.authority_world import AuthorityWorld
from tools.support.builders import TOKEN
from tools.support.flow_world import PARTY, at


class KeptSender:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Keep a message."""
        self.sent.append((recipient.name, dict(notification.body)))


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
        failures = list[Exception]()
        async with Delivery(
            vault=world.vault, sender=sender, clock=lambda: at(seconds), report=failures.append
        ) as delivery:
            await delivery.look(at(seconds), recipients)
            await asyncio.gather(*delivery.lanes.values())
        assert failures == []
        return sorted(sender.sent)

    first, second = await world.issue((PARTY, TOKEN), ("platform-b", TOKEN))
    assert await told(1) == [("backend", {"order_issued": 1}), ("desk", {"order_issued": 1})]
    await world.withdraw(second, seconds=2)
    assert await told(3) == []
    await world.withdraw(first, seconds=4)
    assert await told(5) == [("backend", {"order_withdrawn": 1}), ("desk", {"order_withdrawn": 1})]
