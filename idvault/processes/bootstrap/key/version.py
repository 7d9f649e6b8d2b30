"""Announces and follows the versions of an edge's keys, at its start and every ten seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.key.acts import KeyVersionFlow
from idvault.key.ports import KeyRing, KeyVersionStore
from idvault.key.store.version import SqlKeyVersionStore
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_version import KeyVersion
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError

_PERIOD = 10.0


def wire_key_versions(*, store: KeyVersionStore, keys: KeyRing, entropy: Entropy) -> KeyVersionFlow:
    """Connect the flow to its ports; production and tests differ only in the ports."""
    return KeyVersionFlow(store=store, keys=keys, events=EventFactory(entropy=entropy))


async def follow_keys(stack: AsyncExitStack, base: Base, keys: LocalKeyProvider) -> None:
    """Follow the versions until the stack closes; raises what stops a start: KeyConflictError and others."""
    flow = wire_key_versions(store=SqlKeyVersionStore(database=base.main), keys=keys, entropy=ENTROPY)
    tracker = KeyVersionTracker(clock=base.clock, flow=flow)
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
    flow: KeyVersionFlow
    _lacking: list[KeyVersion] = field(default_factory=list, init=False)

    async def once(self) -> None:
        """Announce and follow; warn of a version that will be used in less than an hour and is not here."""
        for new in await self.flow.follow(now=self.clock()):
            log().info("key_announced", kind=new.purpose, version=new.version)
        lacking = await self.flow.lacking(now=self.clock())
        for each in lacking:
            if each not in self._lacking:
                log().warning("key_lacking", kind=each.purpose, version=each.version)
        self._lacking = lacking
