"""The campaigns of both clients: each method builds a call, makes it, and returns what the answer means.

request_id: a UUID that you saved before the call, so that the same call can be made again; if none is given
the client chooses one. Every method raises VaultError and nothing of gRPC.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol, TypeVar

from idvault.domain.campaign import Campaign, CampaignState, Cohort, Method, Plan, QuietHours, Verb
from idvault.domain.invitation import InvitationEvent, InvitationState
from idvault.domain.legacy_account import Outcome
from idvault_client import campaign_calls as calls
from idvault_client.calls import Call
from idvault_client.campaign_calls import RequestId
from idvault_client.campaign_values import (
    Batch,
    CampaignPage,
    CampaignProgress,
    ImportedRow,
    Invitation,
    LegacyAccount,
)

# All that a caller needs to name.
__all__ = [
    "AioCampaigns",
    "Batch",
    "Campaign",
    "CampaignPage",
    "CampaignProgress",
    "CampaignState",
    "Campaigns",
    "Cohort",
    "ImportedRow",
    "Invitation",
    "InvitationEvent",
    "InvitationState",
    "LegacyAccount",
    "Method",
    "Outcome",
    "Plan",
    "QuietHours",
]

Result = TypeVar("Result")


class Run(Protocol):
    """Makes a call and returns its result."""

    def __call__(self, call: Call[Result]) -> Result:
        """Return the result, or raise VaultError."""
        ...


class AioRun(Protocol):
    """Makes a call and is awaited for its result."""

    async def __call__(self, call: Call[Result]) -> Result:
        """Return the result, or raise VaultError."""
        ...


class Campaigns:
    """Legacy accounts and campaigns, as `Vault.campaigns` gives them."""

    def __init__(self, run: Run) -> None:
        """Take what makes calls."""
        self._run = run

    def import_legacy_accounts(
        self, label: str, accounts: Iterable[LegacyAccount], *, request_id: RequestId = None
    ) -> tuple[ImportedRow, ...]:
        """Import up to 2,000 accounts; return what became of each, in order."""
        return self._run(calls.import_legacy_accounts(label, accounts, request_id=request_id))

    def create(self, plan: Plan, *, request_id: RequestId = None) -> Campaign:
        """Make a campaign; it invites nobody before it is started."""
        return self._run(calls.create(plan, request_id=request_id))

    def get(self, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFound."""
        return self._run(calls.get(campaign_id))

    def list_page(self, *, page_size: int = 100, page_token: str = "") -> CampaignPage:
        """Return a page of campaigns, older first; page_token is empty for the first."""
        return self._run(calls.list_page(page_size, page_token))

    def start(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """Start a draft; raises PreconditionFailed."""
        return self._run(calls.move(Verb.START, campaign_id, request_id=request_id))

    def pause(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """Let a running campaign rest; raises PreconditionFailed."""
        return self._run(calls.move(Verb.PAUSE, campaign_id, request_id=request_id))

    def resume(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """Let a campaign that rests go on; raises PreconditionFailed."""
        return self._run(calls.move(Verb.RESUME, campaign_id, request_id=request_id))

    def end(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """End a campaign for ever, and lift what it limited; raises PreconditionFailed."""
        return self._run(calls.move(Verb.END, campaign_id, request_id=request_id))

    def claim_due_invitations(
        self,
        campaign_id: str,
        *,
        limit: int = 100,
        lease: timedelta | None = None,
        request_id: RequestId = None,
    ) -> Batch:
        """Take up to 1,000 invitations to deliver; lease: for how long they are yours, else 10 minutes."""
        return self._run(calls.claim(campaign_id, limit=limit, lease=lease, request_id=request_id))

    def get_invitation(self, account_token: str, occasion: Method) -> Invitation:
        """Ask whether to invite the owner now; occasion: Method.AT_LOGIN or AT_SENSITIVE_ACTION."""
        return self._run(calls.get_invitation(account_token, occasion))

    def record_invitation_event(
        self,
        account_token: str,
        campaign_id: str,
        *,
        method: Method,
        event: InvitationEvent,
        request_id: RequestId = None,
    ) -> Invitation:
        """Record what became of an invitation, with its campaign and method as it named them."""
        return self._run(
            calls.record(account_token, campaign_id, method=method, event=event, request_id=request_id)
        )

    def progress(self, campaign_id: str) -> CampaignProgress:
        """Return how far a campaign has come; raises NotFound."""
        return self._run(calls.progress(campaign_id))


class AioCampaigns:
    """The same, awaited, as `aio.Vault.campaigns` gives them."""

    def __init__(self, run: AioRun) -> None:
        """Take what makes calls."""
        self._run = run

    async def import_legacy_accounts(
        self, label: str, accounts: Iterable[LegacyAccount], *, request_id: RequestId = None
    ) -> tuple[ImportedRow, ...]:
        """Import up to 2,000 accounts; return what became of each, in order."""
        return await self._run(calls.import_legacy_accounts(label, accounts, request_id=request_id))

    async def create(self, plan: Plan, *, request_id: RequestId = None) -> Campaign:
        """Make a campaign; it invites nobody before it is started."""
        return await self._run(calls.create(plan, request_id=request_id))

    async def get(self, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFound."""
        return await self._run(calls.get(campaign_id))

    async def list_page(self, *, page_size: int = 100, page_token: str = "") -> CampaignPage:
        """Return a page of campaigns, older first; page_token is empty for the first."""
        return await self._run(calls.list_page(page_size, page_token))

    async def start(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """Start a draft; raises PreconditionFailed."""
        return await self._run(calls.move(Verb.START, campaign_id, request_id=request_id))

    async def pause(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """Let a running campaign rest; raises PreconditionFailed."""
        return await self._run(calls.move(Verb.PAUSE, campaign_id, request_id=request_id))

    async def resume(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """Let a campaign that rests go on; raises PreconditionFailed."""
        return await self._run(calls.move(Verb.RESUME, campaign_id, request_id=request_id))

    async def end(self, campaign_id: str, *, request_id: RequestId = None) -> Campaign:
        """End a campaign for ever, and lift what it limited; raises PreconditionFailed."""
        return await self._run(calls.move(Verb.END, campaign_id, request_id=request_id))

    async def claim_due_invitations(
        self,
        campaign_id: str,
        *,
        limit: int = 100,
        lease: timedelta | None = None,
        request_id: RequestId = None,
    ) -> Batch:
        """Take up to 1,000 invitations to deliver; lease: for how long they are yours, else 10 minutes."""
        return await self._run(calls.claim(campaign_id, limit=limit, lease=lease, request_id=request_id))

    async def get_invitation(self, account_token: str, occasion: Method) -> Invitation:
        """Ask whether to invite the owner now; occasion: Method.AT_LOGIN or AT_SENSITIVE_ACTION."""
        return await self._run(calls.get_invitation(account_token, occasion))

    async def record_invitation_event(
        self,
        account_token: str,
        campaign_id: str,
        *,
        method: Method,
        event: InvitationEvent,
        request_id: RequestId = None,
    ) -> Invitation:
        """Record what became of an invitation, with its campaign and method as it named them."""
        return await self._run(
            calls.record(account_token, campaign_id, method=method, event=event, request_id=request_id)
        )

    async def progress(self, campaign_id: str) -> CampaignProgress:
        """Return how far a campaign has come; raises NotFound."""
        return await self._run(calls.progress(campaign_id))
