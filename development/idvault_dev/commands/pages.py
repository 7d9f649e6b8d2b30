"""The pages to try in `idvault dev`: their addresses, and the example platform that leads to them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from idvault_client import Tls, aio
from idvault_client.sessions import HostedSession, SessionPurpose
from idvault_dev.commands.invitations import ExampleInvitations
from idvault_dev.example_site import ExampleSite, SiteSession, VaultCalls
from idvault_dev.layout import PLATFORMS
from idvault_verify.clock import ClockReading

_TERMS = "Example terms: we check that your name belongs to your number, and never see either."


def addresses(*, web_url: str, site_url: str, public_url: str) -> dict[str, str]:
    """Return the address of each page to try, by what it is."""
    form = f"{web_url}/r/{PLATFORMS[0]}"
    return {
        "hosted verification": f"{site_url}/verify",
        "invitation": f"{site_url}/invitation",
        "my identity": f"{site_url}/me",
        "accounts in my name": f"{web_url}/accounts",
        "report form": form,
        "reporter's page": f"{form}/reply",
        "public supervision": public_url,
        "components": f"{site_url}/components",
    }


def site(
    vault: aio.Vault, *, links: Mapping[str, str], port: int, clock: Callable[[], ClockReading]
) -> ExampleSite:
    """Return the example platform. clock: the vault's."""
    invitations = ExampleInvitations(vault=vault, clock=clock)

    async def verify(return_url: str, locale: str) -> SiteSession:
        made = await vault.sessions.create(
            return_url=return_url,
            policy_version="example",
            policy_text=_TERMS,
            locale=locale,
        )
        return _session(made)

    async def invitation(return_url: str, locale: str) -> SiteSession:
        invited = await invitations.invite()
        made = await vault.sessions.create(
            return_url=return_url,
            policy_version="example",
            policy_text=_TERMS,
            locale=locale,
            account_token=invited.account_token,
            purpose=SessionPurpose.INVITATION,
            invitation_code=invited.code,
        )
        return _session(made)

    async def identity(account_token: str, return_url: str, locale: str) -> SiteSession:
        made = await vault.sessions.create_identity(account_token, return_url=return_url, locale=locale)
        return _session(made)

    async def bind(session_id: str, code: str) -> str:
        return (await vault.sessions.bind(session_id, code)).continue_url

    async def result(session_id: str) -> tuple[str, str]:
        found = await vault.sessions.get(session_id)
        claim = found.verification
        return str(found.state), claim.account_token if claim and found.succeeded else ""

    calls = VaultCalls(verify=verify, invitation=invitation, identity=identity, bind=bind, result=result)
    return ExampleSite(vault=calls, links=links, port=port)


def connect(*, target: str, certificate: Path, key: Path, ca: Path) -> AbstractAsyncContextManager[aio.Vault]:
    """Return the example platform's connection to the vault."""
    return aio.connect(target, tls=Tls(ca, certificate, key), server_name="localhost")


def _session(made: HostedSession) -> SiteSession:
    return SiteSession(made.session_id, made.url)
