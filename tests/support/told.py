"""What recipients of notifications are told at a time, without a server."""

import asyncio
from collections.abc import Sequence
from typing import Any

from idvault.core.act import Vault
from idvault.notification.rules import Notification, Recipient
from idvault.processes.notifier.delivery import Delivery
from idvault_verify.clock import ClockReading
from tools.support.flow_world import at

Told = list[tuple[str, dict[str, Any]]]


class KeptSender:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: Told = []

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Keep a message."""
        self.sent.append((recipient.name, dict(notification.body)))


async def _trusts(_now: ClockReading) -> bool:
    return True


async def told(
    vault: Vault, recipients: Sequence[Recipient], seconds: float
) -> list[tuple[str, dict[str, Any]]]:
    """Let the worker deliver; return who is told how many things of which kind."""
    sender, failures = KeptSender(), list[Exception]()
    async with Delivery(
        vault=vault, sender=sender, clock=lambda: at(seconds), report=failures.append, trusts=_trusts
    ) as delivery:
        await delivery.look(at(seconds), recipients)
        await asyncio.gather(*delivery.lanes.values())
    assert failures == []
    return sorted(sender.sent)
