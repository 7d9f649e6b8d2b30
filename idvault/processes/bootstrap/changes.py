"""Looks for changes in a development vault ten times a second, so that the worker's tasks run soon after.

Whatever changes writes an entry of the log, which waits for its index; or the clock file was changed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

from idvault.core.loop import Changes
from idvault.core.telemetry.watching import cancel
from idvault.log.rules import Unsequenced
from idvault.processes.bootstrap.base import Clock
from idvault_verify.error import IdvaultError

_PERIOD = 0.1
Look = Callable[[], Awaitable[Unsequenced]]


def watch_changes(stack: AsyncExitStack, changes: Changes, *, look: Look, clock: Clock) -> None:
    """Tell of changes until the stack closes; does nothing where they make no difference.

    look: reads which entries of the log wait.
    """
    if changes.speed > 1:
        stack.push_async_callback(cancel, asyncio.create_task(_watch(changes, look, clock)))


async def _watch(changes: Changes, look: Look, clock: Clock) -> None:
    shift: timedelta | None = None
    while True:
        now = clock()
        if now.business - now.real != shift or await _waits(look):
            shift = now.business - now.real
            changes.tell()
        await asyncio.sleep(_PERIOD)


async def _waits(look: Look) -> bool:
    try:
        return (await look()).count > 0
    except IdvaultError:
        return False  # a task that needs the database reports it
