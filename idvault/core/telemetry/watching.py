"""Keeps the health of a process up to date: the beat of its event loop, and a look every two seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from idvault.core.telemetry.health import ProcessHealth
from idvault.core.telemetry.logs import describe, log

BEAT, PERIOD, MINUTE = 1.0, 2.0, 60.0
Look = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns why the process is not ready, by check; empty if it is."""


async def ignore(_ready: bool) -> None:
    """No-op observer: most processes have no load balancer that asks them over gRPC."""


async def follow(
    health: ProcessHealth, look: Look, *, tell: Callable[[bool], Awaitable[None]] = ignore
) -> None:
    """Beat and look until cancelled. tell: receives the result of each look."""
    await asyncio.gather(_beat(health), _looks(health, look, tell))


async def every_minute(read: Callable[[], Awaitable[None]]) -> None:
    """Read a process's figures once a minute until cancelled."""
    while True:
        try:
            await read()
        except Exception as error:  # a file that cannot be read must not end the process
            log().warning("vitals_not_read", **describe(error))
        await asyncio.sleep(MINUTE)


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _beat(health: ProcessHealth) -> None:
    while True:
        health.beat()
        await asyncio.sleep(BEAT)


async def _looks(health: ProcessHealth, look: Look, tell: Callable[[bool], Awaitable[None]]) -> None:
    before: Mapping[str, str] = {}
    while True:
        try:
            found = await look()
        except Exception as error:  # a process whose checks fail is not ready, and goes on looking
            log().error("health_not_known", **describe(error))
            found = {"process": "a check failed: see this process's logs"}
        health.looked(found)
        if found.keys() != before.keys():
            if found:
                log().warning("not_ready", why=" ".join(found))
            else:
                log().info("ready_again")
        before = found
        await tell(not found)
        await asyncio.sleep(PERIOD)
