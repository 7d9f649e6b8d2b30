"""`Vault.campaigns`: legacy accounts, invitations and campaigns; no repr shows a reference or a code.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from idvault_client import codec
from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import act, by
from idvault_client.codec import REQUIRED, Id, Named, ReadBy, given
from idvault_verify.account import MinimumAssurance
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.campaign import (
    Campaign,
    CampaignState,
    Cohort,
    InvitationEvent,
    InvitationState,
    QuietHours,
    plan_hash,
)
from idvault_verify.campaign import CampaignPlan as Plan
from idvault_verify.campaign import ImportResult as Outcome
from idvault_verify.campaign import ReverificationMethod as Method
from idvault_verify.v1 import campaign_pb2 as pb
from idvault_verify.v1.sanction_pb2 import ModeratorSignature

CHUNK_SIZE = 2_000
"""How many accounts one ImportLegacyAccounts takes."""
_SERVICE = pb.DESCRIPTOR.services_by_name["CampaignService"]
_OCCASIONS = {
    Method.AT_LOGIN: pb.GetInvitationRequest.OCCASION_LOGIN,
    Method.AT_SENSITIVE_ACTION: pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION,
}
codec.describe(Cohort, created_from=Named("create_date_from"), created_before=Named("create_date_before"))
codec.describe(QuietHours, zone=Named("time_zone"))
codec.describe(
    Campaign,
    campaign_id=REQUIRED,
    relying_party=ReadBy(lambda _campaign: ""),
    created_at=Named("create_time"),
    started_at=Named("start_time"),
)


@dataclass(frozen=True, slots=True)
class LegacyAccount:
    """An account from before the rule: your own opaque reference, and the day it was opened, YYYY-MM-DD."""

    reference: str = field(repr=False)
    create_date: str


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """The outcome of a row; the violation says why it failed."""

    outcome: Outcome | None
    account_token: str
    violation_field: str = ""
    violation_code: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation of one account; state, method and campaign_id are None where there is none.

    due: whether to show or deliver it now. code: put it into the link of a HOSTED_LINK invitation, and pass
    it to verify_individual as invitation_code. minimum_assurance: what the claim must establish, so which
    proof to demand of a hosted session of the purpose INVITATION.
    """

    account_token: Id
    campaign_id: str | None
    state: InvitationState | None
    method: Method | None
    due: bool
    deliveries: int
    incentive_text: str
    code: str = field(repr=False)
    code_expire_time: datetime | None
    next_due_time: datetime | None
    enforcement_date: date | None
    minimum_assurance: MinimumAssurance | None = None


@dataclass(frozen=True, slots=True)
class InvitationBatch:
    """Invitations to deliver; those without a recorded event become due again after lease_expire_time."""

    invitations: tuple[Invitation, ...]
    lease_expire_time: datetime | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many owners reached each stage; an owner counts once in a stage."""

    invited: int = 0
    shown: int = 0
    opened: int = 0
    later: int = 0
    dismissed: int = 0
    completed: int = 0
    verified: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """The progress of a campaign. days: the funnel by day and method. coverage: verified up to each day.

    With a minimum assurance, whoever has it counts as verified. cohort_size: of accounts that were not
    imported, those that were invited.
    unanswered: owners who were shown the invitation and have given no answer; whoever postponed it has.
    """

    campaign_id: str
    state: CampaignState | None
    cohort_size: int
    total: Funnel
    days: tuple[tuple[date, Method | None, Funnel], ...]
    coverage: tuple[tuple[date, int], ...]
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """A page of campaigns, older first; next_page_token is empty at the end."""

    campaigns: tuple[Campaign, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class _ImportedRows:
    rows: tuple[ImportedRow, ...]


def _rows(answer: pb.ImportLegacyAccountsResponse) -> tuple[ImportedRow, ...]:
    return codec.read(_ImportedRows, answer).rows


def _sign_plan(key: ModeratorKey, method: str, request: Any) -> ModeratorSignature:
    return act(key, method, request, plan_hash(request.plan))


@dataclass(frozen=True, kw_only=True, slots=True)
class AioCampaignClient:
    """Legacy accounts and campaigns. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def import_legacy_accounts(
        self, label: str, accounts: Iterable[LegacyAccount], *, request_id: RequestId = None
    ) -> tuple[ImportedRow, ...]:
        """Import up to 2,000 accounts; return the outcome of each, in order."""
        return await self.run(
            call(
                _SERVICE,
                "ImportLegacyAccounts",
                _rows,
                request_id=chosen_id(request_id),
                label=label,
                accounts=accounts,
            )
        )

    async def create(
        self, plan: Plan, *, key: ModeratorKey | None = None, request_id: RequestId = None
    ) -> Campaign:
        """Create a campaign; it invites nobody before it is started.

        key: of the moderator who does; None if your platform does by itself. Raises PreconditionFailed
        (PROOF_NOT_OFFERED) for a minimum assurance that no proof reaches.
        """
        return await self.run(
            call(
                _SERVICE,
                "CreateCampaign",
                Campaign,
                request_id=chosen_id(request_id),
                plan=plan,
                sign=None if key is None else partial(_sign_plan, key),
            )
        )

    async def get(self, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFound."""
        return await self.run(call(_SERVICE, "GetCampaign", Campaign, campaign_id=campaign_id))

    async def list_page(self, *, page_size: int = 100, page_token: str = "") -> CampaignPage:
        """Return a page of campaigns, older first; page_token is empty for the first page."""
        return await self.run(
            call(_SERVICE, "ListCampaigns", CampaignPage, page_size=page_size, page_token=page_token)
        )

    async def start(
        self, campaign_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
    ) -> Campaign:
        """Start a draft; raises PreconditionFailed. key: as of `create`."""
        return await self._move("StartCampaign", campaign_id, key, request_id)

    async def pause(
        self, campaign_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
    ) -> Campaign:
        """Pause a running campaign; raises PreconditionFailed. key: as of `create`."""
        return await self._move("PauseCampaign", campaign_id, key, request_id)

    async def resume(
        self, campaign_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
    ) -> Campaign:
        """Resume a paused campaign; raises PreconditionFailed. key: as of `create`."""
        return await self._move("ResumeCampaign", campaign_id, key, request_id)

    async def end(
        self, campaign_id: str, *, key: ModeratorKey | None = None, request_id: RequestId = None
    ) -> Campaign:
        """End a campaign for good, and lift the limits it set; raises PreconditionFailed.

        key: as of `create`.
        """
        return await self._move("EndCampaign", campaign_id, key, request_id)

    async def _move(
        self, method: str, campaign_id: str, key: ModeratorKey | None, request_id: RequestId
    ) -> Campaign:
        return await self.run(
            call(
                _SERVICE,
                method,
                Campaign,
                request_id=chosen_id(request_id),
                campaign_id=campaign_id,
                sign=by(key, "campaign_id"),
            )
        )

    async def claim_due_invitations(
        self,
        campaign_id: str,
        *,
        limit: int = 100,
        lease: timedelta | None = None,
        request_id: RequestId = None,
    ) -> InvitationBatch:
        """Lease up to 1,000 invitations to deliver; lease: how long they are yours, by default 10 minutes.

        More may follow an empty batch of a campaign with a minimum assurance.
        """
        return await self.run(
            call(
                _SERVICE,
                "ClaimDueInvitations",
                InvitationBatch,
                request_id=chosen_id(request_id),
                campaign_id=campaign_id,
                max_invitations=limit,
                **given(lease_duration=lease),
            )
        )

    async def get_invitation(self, account_token: str, occasion: Method) -> Invitation:
        """Return whether to invite the owner now; occasion: Method.AT_LOGIN or AT_SENSITIVE_ACTION."""
        if occasion not in _OCCASIONS:
            raise ValueError("occasion must be AT_LOGIN or AT_SENSITIVE_ACTION")
        return await self.run(
            call(
                _SERVICE,
                "GetInvitation",
                Invitation,
                account_token=account_token,
                occasion=_OCCASIONS[occasion],
            )
        )

    async def record_invitation_event(
        self,
        account_token: str,
        campaign_id: str,
        *,
        method: Method,
        event: InvitationEvent,
        request_id: RequestId = None,
    ) -> Invitation:
        """Record what happened to an invitation; campaign_id and method are those of the invitation."""
        return await self.run(
            call(
                _SERVICE,
                "RecordInvitationEvent",
                Invitation,
                request_id=chosen_id(request_id),
                account_token=account_token,
                campaign_id=campaign_id,
                method=method,
                event=event,
            )
        )

    async def progress(self, campaign_id: str) -> CampaignProgress:
        """Return how far a campaign has come; raises NotFound."""
        return await self.run(
            call(_SERVICE, "GetCampaignProgress", CampaignProgress, campaign_id=campaign_id)
        )
