"""Builds the worker's tasks that tell recipients what waits for them."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.notification import acts
from idvault.processes.bootstrap.base import Base
from idvault.processes.notifier.sender import NotifySender
from idvault_verify.clock import ClockReading

_PERIOD, _GAUGES_PERIOD = 2.0, 15.0


def notification_tasks(base: Base, vault: Vault, sender: NotifySender) -> list[Task]:
    """Return the tasks: send what is due, and count."""

    async def send(now: ClockReading) -> None:
        await acts.deliver(vault, now, recipients=sender.recipients(), sender=sender)

    async def read_gauges(now: ClockReading) -> None:
        dead, oldest = await acts.levels(vault)
        base.metrics.notifications_dead.set(dead)
        waited = (now.real - oldest).total_seconds() if oldest else 0.0
        base.metrics.notifications_oldest.set(max(waited, 0.0))

    return [
        Task("notifications", _PERIOD, send),
        Task("notification_gauges", _GAUGES_PERIOD, read_gauges),
    ]
