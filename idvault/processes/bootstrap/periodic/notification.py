"""Builds the worker's tasks that tell recipients what waits for them."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

from idvault.core.act import SYSTEM, Vault
from idvault.core.loop import Task
from idvault.notification import acts, rules
from idvault.notification.acts import Trusts
from idvault.processes.bootstrap.base import Base
from idvault.processes.notifier.delivery import Delivery
from idvault.processes.notifier.sender import NotifySender
from idvault_verify.clock import ClockReading

_PERIOD, _GAUGES_PERIOD, _FORGET_PERIOD = 2.0, 15.0, 3_600.0


async def notification_tasks(
    stack: AsyncExitStack,
    base: Base,
    vault: Vault,
    sender: NotifySender,
    *,
    report: Callable[[str, Exception], None],
    trusts: Trusts,
) -> list[Task]:
    """Return the tasks: send what is due, delete what died long ago, and count.

    report: gets what fails in an attempt, which outlives the run that began it. trusts: whether a time is
    confirmed.
    """
    failed = partial(report, "notifications")
    delivery = await stack.enter_async_context(
        Delivery(vault=vault, sender=sender, clock=base.clock, report=failed, trusts=trusts)
    )

    async def look(now: ClockReading) -> None:
        await delivery.look(now, sender.recipients())

    async def read_gauges(now: ClockReading) -> None:
        dead, oldest = await acts.levels(vault)
        base.metrics.notifications_dead.set(dead)
        waited = (now.real - oldest).total_seconds() if oldest else 0.0
        base.metrics.notifications_oldest.set(max(waited, 0.0))

    async def forget(now: ClockReading) -> None:
        await acts.forget_dead(vault, SYSTEM, now, days=rules.DEAD_DAYS)

    return [
        Task("notifications", _PERIOD, look),
        Task("notification_gauges", _GAUGES_PERIOD, read_gauges),
        Task("forget_notifications", _FORGET_PERIOD, forget),
    ]
