"""Whether a process lives and whether it is ready, as its metrics port tells; looked at every 2 s.

- It lives while its event loop runs: a database or a registry that is away is no reason to restart it.
- It is ready if every check passed at the last look. Before the first look, while it stops, and if the looks
  do not end any more, it is not.
- The text of a reason comes from our code: it has no address and no value.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

from idvault.core.check import Check, look
from idvault.core.telemetry.logs import describe, log

LONGEST_SILENCE = 60.0
"""Seconds without a beat after which the event loop counts as stuck."""
LONGEST_LOOK = 30.0
"""Seconds after which the result of a look is too old to be true."""


class ProcessHealth:
    """Set on the event loop, read by the port's thread."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Start alive, and not ready. seconds: a clock that never goes back."""
        self._seconds = seconds
        self._beat_at = seconds()
        self._looked_at: float | None = None
        self._reasons: dict[str, str] = {}
        self._stops = False

    def beat(self) -> None:
        """Tell that the event loop runs."""
        self._beat_at = self._seconds()

    def looked(self, reasons: Mapping[str, str]) -> None:
        """Set the result of a look: the reason of each check that failed, by its name."""
        self._reasons, self._looked_at = dict(reasons), self._seconds()

    def stop(self) -> None:
        """Stay not ready from now on: the process is stopping."""
        self._stops = True

    def death(self) -> str:
        """Return why the process does not live any more, "" if it does."""
        return "the event loop is stuck" if self._seconds() - self._beat_at > LONGEST_SILENCE else ""

    def reasons(self) -> dict[str, str]:
        """Return why the process is not ready, by check; empty if it is."""
        if self._stops:
            return {"process": "it is stopping"}
        if self._looked_at is None:
            return {"process": "it is starting"}
        if self._seconds() - self._looked_at > LONGEST_LOOK:
            return {"process": "its checks do not end"}
        return self._reasons


BEAT, PERIOD, MINUTE = 1.0, 2.0, 60.0


async def ignore(_ready: bool) -> None:
    """No-op observer: most processes have no load balancer that asks them over gRPC."""


def watch(
    stack: AsyncExitStack,
    health: ProcessHealth,
    checks: Sequence[Check],
    read: Callable[[], Awaitable[None]],
    *,
    tell: Callable[[bool], Awaitable[None]] = ignore,
) -> None:
    """Beat, make the checks every two seconds and read figures every minute, until the stack closes.

    read: sets the metrics of the process's files. tell: receives the result of each look.
    """
    for forever in (_beat(health), _looks(health, checks, tell), _readings(read)):
        stack.push_async_callback(cancel, asyncio.create_task(forever))


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _beat(health: ProcessHealth) -> None:
    while True:
        health.beat()
        await asyncio.sleep(BEAT)


async def _looks(
    health: ProcessHealth, checks: Sequence[Check], tell: Callable[[bool], Awaitable[None]]
) -> None:
    before: Mapping[str, str] = {}
    while True:
        try:
            found = await look(checks)
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


async def _readings(read: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await read()
        except Exception as error:  # a file that cannot be read must not end the process
            log().warning("vitals_not_read", **describe(error))
        await asyncio.sleep(MINUTE)
