"""Announces and follows the versions of an edge's keys, at its start and every ten seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from idvault.core.act import Vault
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.key.acts import version as acts
from idvault.key.ports import KeyRing
from idvault.processes.bootstrap.base import Base
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_version import KeyVersion
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError

_PERIOD = 10.0


async def follow_keys(stack: AsyncExitStack, base: Base, vault: Vault, keys: LocalKeyProvider) -> None:
    """Follow the versions until the stack closes; raises what stops a start: KeyConflictError and others."""
    tracker = KeyVersionTracker(clock=base.clock, vault=vault, keys=keys)
    await tracker.once()
    follow_every(stack, tracker.once)


def follow_every(stack: AsyncExitStack, once: Callable[[], Awaitable[None]]) -> None:
    """Repeat every ten seconds until the stack closes; what fails is logged and tried again."""
    stack.push_async_callback(cancel, asyncio.create_task(_repeat(once)))


async def _repeat(once: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(_PERIOD)
        try:
            await once()
        except (IdvaultError, OSError) as error:
            log().error("keys_not_followed", why=str(error), **describe(error))


@dataclass(kw_only=True, eq=False, repr=False)
class KeyVersionTracker:
    """Tracks the versions, and logs each change and each lack once."""

    clock: Callable[[], ClockReading]
    vault: Vault
    keys: KeyRing
    _lacking: list[KeyVersion] = field(default_factory=list, init=False)

    async def once(self) -> None:
        """Announce and follow; warn of a version that will be used in less than an hour and is not here."""
        for new in await acts.follow(self.vault, self.keys, self.clock()):
            log().info("key_announced", kind=new.purpose, version=new.version)
        lacking = await acts.lacking(self.vault, self.keys, self.clock())
        for each in lacking:
            if each not in self._lacking:
                log().warning("key_lacking", kind=each.purpose, version=each.version)
        self._lacking = lacking
