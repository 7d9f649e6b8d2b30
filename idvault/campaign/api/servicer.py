"""CampaignService: legacy accounts, campaigns and invitations, for platforms."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from idvault.campaign.acts import CampaignFlow
from idvault.campaign.api import convert
from idvault.campaign.invitation.acts import InvitationFlow
from idvault.campaign.legacy_account.acts import ImportCommand, RowResult
from idvault.campaign.rules import Verb
from idvault.core.edge.call import Caller
from idvault.v1 import campaign_pb2 as pb
from idvault.verify.clock import ClockReading


class LegacyAccounts(Protocol):
    """Imports of legacy accounts, counted or not (flows.campaign.legacy_account.LegacyAccountFlow)."""

    async def import_chunk(self, command: ImportCommand, *, now: ClockReading) -> list[RowResult]:
        """Import a chunk."""
        ...


@dataclass(kw_only=True, eq=False, repr=False)
class CampaignServicer:
    """Converts, calls one flow, converts back."""

    legacy: LegacyAccounts
    campaigns: CampaignFlow
    invitations: InvitationFlow
    zone: tzinfo

    async def ImportLegacyAccounts(
        self,
        request: pb.ImportLegacyAccountsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ImportLegacyAccountsResponse:
        """Import a chunk of legacy accounts."""
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
        """Return one campaign."""
        campaign_id = convert.campaign_id(request.campaign_id)
        return convert.campaign(await self.campaigns.get(relying_party=caller.name, campaign_id=campaign_id))

    async def ListCampaigns(
        self, request: pb.ListCampaignsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListCampaignsResponse:
        """Return a page of campaigns."""
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
        """Pause a campaign."""
        return await self._move(request, Verb.PAUSE, caller, now)

    async def ResumeCampaign(
        self, request: pb.ResumeCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Resume a campaign."""
        return await self._move(request, Verb.RESUME, caller, now)

    async def EndCampaign(
        self, request: pb.EndCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """End a campaign permanently."""
        return await self._move(request, Verb.END, caller, now)

    async def ClaimDueInvitations(
        self,
        request: pb.ClaimDueInvitationsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ClaimDueInvitationsResponse:
        """Return a batch of due invitations under a lease."""
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
        """Return the invitation to show to an account's owner on an occasion, if any."""
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
        """Record an event of an invitation."""
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
        """Return the progress of a campaign."""
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
