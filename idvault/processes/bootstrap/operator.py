"""The operator's set-up commands: schema and platforms."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

from idvault.core.act import SYSTEM, Vault
from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.platform import Platform
from idvault.log.acts import stored_log
from idvault.log.acts.stored_log import LogGuard
from idvault.moderator import acts as moderator_acts
from idvault.platform import acts as platform_acts
from idvault.platform.rules import PlatformPages
from idvault.processes import migrations
from idvault.processes.bootstrap.base import ENTROPY, open_pair, urls
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.deployment import acts as deployment
from idvault.processes.migrations import pending
from idvault.processes.migrations.branch import Migration, Phase
from idvault.processes.migrations.pending import State
from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.attest.registration import Registration
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason
from idvault_verify.moderator import Moderator
from idvault_verify.session import Proof


def upgrade_databases(settings: Settings, *, phase: Phase | None = None) -> None:
    """Upgrade both databases, by one phase or both, and give a new pair one deployment id."""
    asyncio.run(_upgrade(settings, phase))


def upgrade_steps(settings: Settings, *, phase: Phase | None) -> list[tuple[str, Migration]]:
    """Return what an upgrade would run, with the database's name; changes nothing."""
    return asyncio.run(pending.steps(*urls(settings), phase=phase))


def database_states(settings: Settings) -> list[State]:
    """Return the schema version of both databases, and whether this program can use them; changes nothing."""
    return asyncio.run(pending.states(*urls(settings)))


async def register_platform(
    settings: Settings, *, name: str, role: str, certificate_pem: bytes, now: ClockReading
) -> Platform:
    """Pin a certificate's key for a platform or monitor; raises DeniedError if it names another caller."""
    spki = _spki(settings, name=name, role=role, pem=certificate_pem)
    async with _vault(settings) as vault:
        return await platform_acts.register(vault, SYSTEM, now, name=name, role=role, spki=spki)


async def present_platform(
    settings: Settings, *, name: str, title: str, origins: tuple[str, ...], colour: str, now: ClockReading
) -> None:
    """Replace how the hosted pages present a platform; raises InvalidError, NotFoundError."""
    async with _vault(settings) as vault:
        await platform_acts.present(vault, SYSTEM, now, name, title=title, origins=origins, colour=colour)


async def accept_proofs(
    settings: Settings, *, name: str, proofs: Collection[Proof], separate_persons: bool, now: ClockReading
) -> None:
    """Replace the proofs that a platform accepts; raises InvalidError, NotFoundError."""
    async with _vault(settings) as vault:
        await platform_acts.accept(vault, SYSTEM, now, name, proofs=proofs, separate_persons=separate_persons)


async def pages_of(settings: Settings, name: str) -> PlatformPages:
    """Return how the hosted pages present a platform."""
    async with _vault(settings) as vault:
        return await platform_acts.pages(vault, name)


async def name_moderator(settings: Settings, registration: Registration, *, now: ClockReading) -> Moderator:
    """Name a moderator of a development deployment, where no operator has a second factor."""
    if not settings.development:
        raise DeniedError(Reason.ACCESS_DENIED)
    async with _vault(settings) as vault:
        return await moderator_acts.name(vault, registration, now=now)


async def revoke_platform(
    settings: Settings, *, name: str, role: str, certificate_pem: bytes, now: ClockReading
) -> Platform:
    """Revoke a certificate's key; raises NotFoundError if it is not registered."""
    spki = _spki(settings, name=name, role=role, pem=certificate_pem)
    async with _vault(settings) as vault:
        return await platform_acts.revoke(vault, SYSTEM, now, name, spki)


class OtherCertificateError(DeniedError):
    """A certificate does not name the caller to register; the text says what it names."""

    def __init__(self, text: str) -> None:
        """Keep the text, which is for the operator."""
        super().__init__(Reason.ACCESS_DENIED)
        self._text = text

    def __str__(self) -> str:
        """Return reason and text."""
        return f"{self.reason.value}: {self._text}"


async def list_platforms(settings: Settings) -> list[Platform]:
    """Return every registered key, also the revoked ones, by name."""
    async with _vault(settings) as vault:
        return await platform_acts.keys(vault)


def _spki(settings: Settings, *, name: str, role: str, pem: bytes) -> str:
    """Return the key of a certificate; raises OtherCertificateError unless it has this name and role."""
    try:
        found = certificate.read(pem)
    except CertificateError as error:
        raise OtherCertificateError(str(error)) from error
    wanted = f"spiffe://{settings.trust_domain}/{role}/{name}"
    if found.spiffe_id != wanted:
        raise OtherCertificateError(f"the certificate names {found.spiffe_id}, not {wanted}")
    return found.spki


@asynccontextmanager
async def _vault(settings: Settings) -> AsyncIterator[Vault]:
    async with main_database(settings) as main:
        guard = None if settings.development else LogGuard(look=partial(stored_log.unsequenced, main))
        yield vault_of(main, guard=guard)


@asynccontextmanager
async def main_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the main database, after checking that both have this version's schema."""
    await migrations.check_current(*urls(settings))
    main = Database(url=urls(settings)[0])
    try:
        yield main
    finally:
        await main.close()


async def _upgrade(settings: Settings, phase: Phase | None) -> None:
    await migrations.upgrade_both(*urls(settings), phase=phase)
    async with open_pair(urls(settings)) as (main, shred):
        await deployment.ensure(main, shred, candidate=ENTROPY.random(16).hex())
