"""CampaignService: legacy accounts, campaigns and invitations of instant-messaging backends."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Protocol

from idvault.api.campaign import convert
from idvault.api.edge.call import Caller
from idvault.domain.campaign.campaign import Campaign, CampaignPlan, ReverificationMethod, Verb
from idvault.domain.campaign.invitation import InvitationEvent
from idvault.domain.clock import ClockReading
from idvault.flows.campaign.campaign import Asked
from idvault.flows.campaign.invitation import ShownInvitation, TakenBatch
from idvault.flows.campaign.legacy_account import ImportCommand, RowResult
from idvault.ports.campaign.campaign import CampaignProgress
from idvault.v1 import campaign_pb2 as pb


class LegacyAccounts(Protocol):
    """What this edge needs of flows.campaign.legacy_account.LegacyAccountFlow."""

    async def import_chunk(self, command: ImportCommand, *, now: ClockReading) -> list[RowResult]:
        """Import a chunk."""
        ...


class Campaigns(Protocol):
    """What this edge needs of flows.campaign.campaign.CampaignFlow."""

    async def create(self, asked: Asked, *, plan: CampaignPlan, now: ClockReading) -> Campaign:
        """Make a campaign."""
        ...

    async def move(self, asked: Asked, *, campaign_id: str, verb: Verb, now: ClockReading) -> Campaign:
        """Move a campaign."""
        ...

    async def get(self, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign."""
        ...

    async def list(self, *, relying_party: str, start: int, limit: int) -> tuple[list[Campaign], int | None]:
        """Return a page of campaigns, and where the next one begins."""
        ...

    async def progress(self, *, relying_party: str, campaign_id: str) -> tuple[Campaign, CampaignProgress]:
        """Return a campaign with its figures."""
        ...


class Invitations(Protocol):
    """What this edge needs of flows.campaign.invitation.InvitationFlow."""

    async def take(
        self, asked: Asked, *, campaign_id: str, limit: int, lease: timedelta, now: ClockReading
    ) -> TakenBatch:
        """Take invitations that are due."""
        ...

    async def get(
        self, *, relying_party: str, account_token: str, method: ReverificationMethod, now: ClockReading
    ) -> ShownInvitation:
        """Return whom to invite on an occasion."""
        ...

    async def record(
        self,
        asked: Asked,
        *,
        account_token: str,
        campaign_id: str,
        method: ReverificationMethod,
        event: InvitationEvent,
        now: ClockReading,
    ) -> ShownInvitation:
        """Record what became of an invitation."""
        ...


@dataclass(kw_only=True, eq=False, repr=False)
class CampaignServicer:
    """Converts, calls one flow, converts back."""

    legacy: LegacyAccounts
    campaigns: Campaigns
    invitations: Invitations
    zone: tzinfo

    async def ImportLegacyAccounts(
        self,
        request: pb.ImportLegacyAccountsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ImportLegacyAccountsResponse:
        """Give each account of a chunk a token."""
        command = convert.import_command(request, caller=caller, today=now.today(self.zone))
        return convert.rows(await self.legacy.import_chunk(command, now=now))

    async def CreateCampaign(
        self, request: pb.CreateCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Make a campaign."""
        fields = convert.plan_fields(request.plan)
        asked = convert.asked(request.request_id, "CreateCampaign", *fields, caller=caller)
        made = await self.campaigns.create(asked, plan=convert.plan(request.plan), now=now)
        return convert.campaign(made)

    async def GetCampaign(
        self, request: pb.GetCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Answer one campaign."""
        campaign_id = convert.campaign_id(request.campaign_id)
        return convert.campaign(await self.campaigns.get(relying_party=caller.name, campaign_id=campaign_id))

    async def ListCampaigns(
        self, request: pb.ListCampaignsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListCampaignsResponse:
        """Answer a page of campaigns."""
        start, limit = convert.page(request)
        found = await self.campaigns.list(relying_party=caller.name, start=start, limit=limit)
        return convert.campaigns(*found)

    async def StartCampaign(
        self, request: pb.StartCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Start a campaign."""
        return await self._move(request, Verb.START, caller, now)

    async def PauseCampaign(
        self, request: pb.PauseCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Let a campaign rest."""
        return await self._move(request, Verb.PAUSE, caller, now)

    async def ResumeCampaign(
        self, request: pb.ResumeCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Let a campaign go on."""
        return await self._move(request, Verb.RESUME, caller, now)

    async def EndCampaign(
        self, request: pb.EndCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """End a campaign for ever."""
        return await self._move(request, Verb.END, caller, now)

    async def ClaimDueInvitations(
        self,
        request: pb.ClaimDueInvitationsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ClaimDueInvitationsResponse:
        """Hand out invitations that are due."""
        fields = convert.lease_fields(request)
        taken = await self.invitations.take(
            convert.asked(request.request_id, "ClaimDueInvitations", *fields, caller=caller),
            campaign_id=convert.campaign_id(request.campaign_id),
            limit=convert.batch_size(request),
            lease=convert.lease(request),
            now=now,
        )
        return convert.batch(taken)

    async def GetInvitation(
        self, request: pb.GetInvitationRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Invitation:
        """Answer whether to invite the owner of an account on an occasion."""
        shown = await self.invitations.get(
            relying_party=caller.name,
            account_token=convert.account_token(request.account_token),
            method=convert.occasion(request.occasion),
            now=now,
        )
        return convert.invitation(shown)

    async def RecordInvitationEvent(
        self,
        request: pb.RecordInvitationEventRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Invitation:
        """Record what became of an invitation."""
        fields = (request.account_token, request.campaign_id, request.method, request.event)
        shown = await self.invitations.record(
            convert.asked(request.request_id, "RecordInvitationEvent", *fields, caller=caller),
            account_token=convert.account_token(request.account_token),
            campaign_id=convert.campaign_id(request.campaign_id),
            method=convert.method(request.method),
            event=convert.event(request.event),
            now=now,
        )
        return convert.invitation(shown)

    async def GetCampaignProgress(
        self,
        request: pb.GetCampaignProgressRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.CampaignProgress:
        """Answer how far a campaign has come."""
        campaign_id = convert.campaign_id(request.campaign_id)
        found = await self.campaigns.progress(relying_party=caller.name, campaign_id=campaign_id)
        return convert.progress(*found)

    async def _move(
        self,
        request: pb.StartCampaignRequest
        | pb.PauseCampaignRequest
        | pb.ResumeCampaignRequest
        | pb.EndCampaignRequest,
        verb: Verb,
        caller: Caller,
        now: ClockReading,
    ) -> pb.Campaign:
        method = f"{verb.value.title()}Campaign"
        asked = convert.asked(request.request_id, method, request.campaign_id, caller=caller)
        campaign_id = convert.campaign_id(request.campaign_id)
        return convert.campaign(await self.campaigns.move(asked, campaign_id=campaign_id, verb=verb, now=now))
