"""Announces and follows the versions of an edge's keys, at its start and every ten seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from idvault.bootstrap.base import ENTROPY, Base
from idvault.domain.error import IdvaultError
from idvault.flows.key.version import KeyVersionFlow
from idvault.flows.log.events import EventFactory
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.storage.key.version import SqlKeyVersionStore
from idvault.telemetry.logs import describe, log
from idvault.telemetry.watching import cancel

_PERIOD = 10.0


async def follow_keys(stack: AsyncExitStack, base: Base, keys: LocalKeyProvider) -> None:
    """Follow the versions until the stack closes; raises what stops a start: KeyConflictError and others."""
    flow = KeyVersionFlow(
        store=SqlKeyVersionStore(database=base.main), keys=keys, events=EventFactory(entropy=ENTROPY)
    )
    await _once(base, flow)
    follow_every(stack, lambda: _once(base, flow))


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


async def _once(base: Base, flow: KeyVersionFlow) -> None:
    for each in await flow.follow(now=base.clock()):
        log().info("key_announced", kind=each.purpose, version=each.version)
