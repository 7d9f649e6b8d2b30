"""The pages to try in `idvault dev`: their addresses, and the example platform that leads to them."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from idvault_client import Tls, aio
from idvault_client.reasons import FailureReason
from idvault_client.sessions import HostedSession, Proof, SessionPurpose
from idvault_client.testing import MockRegistry
from idvault_dev import example_people
from idvault_dev.commands.invitations import ExampleInvitations
from idvault_dev.example_people import ExamplePeople
from idvault_dev.example_site import ExampleSite, SiteResult, SiteSession, VaultCalls
from idvault_dev.example_texts import text
from idvault_dev.layout import PLATFORMS
from idvault_verify.clock import ClockReading

_VERSION = "example"


def addresses(*, web_url: str, site_url: str, public_url: str) -> dict[str, str]:
    """Return the address of each page to try, by what it is."""
    form = f"{web_url}/r/{PLATFORMS[0]}"
    return {
        "hosted verification": f"{site_url}/verify",
        "invitation": f"{site_url}/invitation",
        "my identity": f"{site_url}/me",
        "people to try": f"{site_url}/people",
        "accounts in my name": f"{web_url}/accounts",
        "report form": form,
        "reporter's page": f"{form}/reply",
        "public supervision": public_url,
        "components": f"{site_url}/components",
    }


@dataclass(frozen=True, kw_only=True)
class _ExamplePlatform:
    """What the example platform asks the vault for. clock: the vault's."""

    vault: aio.Vault
    registry: MockRegistry
    invitations: ExampleInvitations
    clock: Callable[[], ClockReading]

    async def verify(self, return_url: str, locale: str) -> SiteSession:
        made = await self.vault.sessions.create(
            return_url=return_url, policy_version=_VERSION, policy_text=text("terms", locale), locale=locale
        )
        return _session(made)

    async def invitation(self, return_url: str, locale: str) -> SiteSession:
        invited = await self.invitations.invite(locale)
        made = await self.vault.sessions.create(
            return_url=return_url,
            policy_version=_VERSION,
            policy_text=text("terms", locale),
            locale=locale,
            account_token=invited.account_token,
            purpose=SessionPurpose.INVITATION,
            invitation_code=invited.code,
        )
        return _session(made)

    async def identity(self, account_token: str, return_url: str, locale: str) -> SiteSession:
        made = await self.vault.sessions.create_identity(
            account_token,
            return_url=return_url,
            locale=locale,
            policy_version=_VERSION,
            policy_text=text("terms", locale),
        )
        return _session(made)

    async def representative(self, account_token: str, return_url: str, locale: str) -> SiteSession:
        made = await self.vault.sessions.create(
            return_url=return_url,
            policy_version=_VERSION,
            policy_text=text("terms", locale),
            locale=locale,
            account_token=account_token,
            purpose=SessionPurpose.REPRESENTATIVE,
            proof=Proof.HOLDER,
        )
        return _session(made)

    async def bind(self, session_id: str, code: str) -> str:
        return (await self.vault.sessions.bind(session_id, code)).continue_url

    async def result(self, session_id: str) -> SiteResult:
        found = await self.vault.sessions.get(session_id)
        claim = found.verification
        if claim is None:
            return SiteResult(str(found.state))
        waits = claim.failure_reason is FailureReason.REPRESENTATIVE_PENDING
        account = claim.account_token if found.succeeded or waits else ""
        return SiteResult(str(found.state), "" if waits else account, account if waits else "")

    async def people(self) -> ExamplePeople:
        return await asyncio.to_thread(example_people.make, self.registry, today=self.clock().today(UTC))


def site(
    vault: aio.Vault,
    *,
    registry: MockRegistry,
    links: Mapping[str, str],
    port: int,
    clock: Callable[[], ClockReading],
) -> ExampleSite:
    """Return the example platform. clock: the vault's."""
    invitations = ExampleInvitations(vault=vault, clock=clock)
    own = _ExamplePlatform(vault=vault, registry=registry, invitations=invitations, clock=clock)
    calls = VaultCalls(
        verify=own.verify,
        invitation=own.invitation,
        identity=own.identity,
        representative=own.representative,
        bind=own.bind,
        result=own.result,
        people=own.people,
    )
    return ExampleSite(vault=calls, links=links, port=port)


def connect(*, target: str, certificate: Path, key: Path, ca: Path) -> AbstractAsyncContextManager[aio.Vault]:
    """Return the example platform's connection to the vault."""
    return aio.connect(target, tls=Tls(ca, certificate, key), server_name="localhost")


def _session(made: HostedSession) -> SiteSession:
    return SiteSession(made.session_id, made.url)
