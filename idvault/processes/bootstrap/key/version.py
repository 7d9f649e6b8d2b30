"""Follows the versions of a process's keys, at its start and every ten seconds; signers of statuses."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from idvault.core.act import Vault
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.key.acts import version as version_acts
from idvault.key.ports import KeyRing
from idvault.processes.bootstrap.base import Base
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.key_version import KeyVersion
from idvault.sealing.signing import Ed25519Signer
from idvault.status.credential.acts import StatusKeys
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
        for new in await version_acts.follow(self.vault, self.keys, self.clock()):
            log().info("key_announced", kind=new.purpose, version=new.version)
        lacking = await version_acts.lacking(self.vault, self.keys, self.clock())
        for each in lacking:
            if each not in self._lacking:
                log().warning("key_lacking", kind=each.purpose, version=each.version)
        self._lacking = lacking


def status_signer(vault: Vault, keys: LocalKeyProvider, purpose: Purpose) -> StatusKeys:
    """Return the signer with every key that this process has for a purpose."""
    return StatusKeys(vault=vault, signers=_signers(keys, purpose), purpose=purpose.value)


async def follow_status_keys(
    signer: StatusKeys, keys: LocalKeyProvider, purpose: Purpose, *, now: ClockReading
) -> None:
    """Announce the keys that the file has by now; each signs when it is due."""
    await keys.held()
    signer.hold(_signers(keys, purpose))
    await signer.announce(now=now.real)


def _signers(keys: LocalKeyProvider, purpose: Purpose) -> list[Ed25519Signer]:
    held = keys.keys(purpose).versions
    return [Ed25519Signer(keys=KeySet(version, {version: key})) for version, key in held.items()]
