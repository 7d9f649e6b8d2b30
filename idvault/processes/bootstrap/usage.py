"""Stores what a process counts of platforms' usage, and what the worker and the commands do with it."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.loop import Task, pause
from idvault.core.telemetry.logs import describe, log
from idvault.platform.usage import acts
from idvault.platform.usage.rules import MonthlyUsage
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.operator import main_database
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError

_PERIOD, _STORED_PERIOD = 10.0, 3_600.0


def follow_usage(stack: AsyncExitStack, base: Base, vault: Vault, *, period: float = _PERIOD) -> None:
    """Store what the process counts every ten seconds, and when the stack closes."""
    stop = asyncio.Event()

    async def repeat() -> None:
        is_last = False
        while not is_last:
            await pause(stop, period)
            is_last = stop.is_set()
            try:
                await acts.flush(vault, base.clock(), base.usage)
            except IdvaultError as error:
                log().warning("usage_not_stored", **describe(error))

    task = asyncio.create_task(repeat())

    async def close() -> None:
        # What is being stored is neither put back nor stored yet: it is not cancelled.
        stop.set()
        await task

    stack.push_async_callback(close)


def usage_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's task: count what each platform has stored, for the present month."""

    async def count(now: ClockReading) -> None:
        await acts.count_stored(vault, now, month=this_month(base.settings, now.real))

    return [Task("stored_usage", _STORED_PERIOD, count)]


def this_month(settings: Settings, now: datetime) -> str:
    """Return the month in the operator's time zone, YYYY-MM."""
    return f"{now.astimezone(settings.zone):%Y-%m}"


async def usage_of_month(settings: Settings, month: str) -> list[MonthlyUsage]:
    """Return every platform's month; raises InvalidError."""
    async with main_database(settings) as main:
        return await acts.of_month(vault_of(main), month)
