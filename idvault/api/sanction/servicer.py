"""SanctionService: moderators and the sanctions that they sign, for platforms."""

from dataclasses import dataclass

from idvault.api.edge.call import Caller
from idvault.api.sanction import convert, imposition
from idvault.api.sanction.appeal import AppealMethods
from idvault.domain.clock import ClockReading
from idvault.flows.sanction.moderator import ModeratorFlow
from idvault.flows.sanction.sanction import SanctionFlow
from idvault.v1 import sanction_pb2 as pb


@dataclass(kw_only=True, eq=False, repr=False)
class SanctionServicer(AppealMethods):
    """Converts, calls one flow, converts back."""

    moderators: ModeratorFlow
    sanctions: SanctionFlow

    async def RegisterModerator(
        self,
        request: pb.RegisterModeratorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Moderator:
        """Register a moderator's key."""
        call = convert.call(
            request.request_id,
            "RegisterModerator",
            request.public_key,
            caller=caller,
            signature=request.signature,
            registers=True,
        )
        found = await self.moderators.register(call, public_key=request.public_key, now=now)
        return convert.moderator(found)

    async def RevokeModerator(
        self,
        request: pb.RevokeModeratorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Moderator:
        """Revoke a moderator."""
        moderator_id = convert.an_id(request.moderator_id, "moderator_id")
        call = convert.call(request.request_id, "RevokeModerator", moderator_id, caller=caller)
        return convert.moderator(await self.moderators.revoke(call, moderator_id=moderator_id, now=now))

    async def ImposeSanction(
        self, request: pb.ImposeSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """Impose or propose a sanction."""
        wanted, fields = imposition.read(request, now=now)
        call = convert.call(
            request.request_id, "ImposeSanction", *fields, caller=caller, signature=request.signature
        )
        return convert.sanction(await self.sanctions.impose(call, wanted=wanted, now=now))

    async def ConfirmSanction(
        self,
        request: pb.ConfirmSanctionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Sanction:
        """Put a proposed sanction into force."""
        sanction_id = convert.an_id(request.sanction_id, "sanction_id")
        call = convert.call(
            request.request_id, "ConfirmSanction", sanction_id, caller=caller, signature=request.signature
        )
        return convert.sanction(await self.sanctions.confirm(call, sanction_id=sanction_id, now=now))

    async def LiftSanction(
        self, request: pb.LiftSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """End a sanction before its end, or withdraw a proposal."""
        sanction_id = convert.an_id(request.sanction_id, "sanction_id")
        fields = (sanction_id, request.reason)
        call = convert.call(
            request.request_id, "LiftSanction", *fields, caller=caller, signature=request.signature
        )
        lifted = await self.sanctions.lift(call, sanction_id=sanction_id, reason=request.reason, now=now)
        return convert.sanction(lifted)

    async def GetSanction(
        self, request: pb.GetSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """Return one sanction as of now."""
        sanction_id = convert.an_id(request.sanction_id, "sanction_id")
        found = await self.sanctions.get(relying_party=caller.name, sanction_id=sanction_id, now=now)
        return convert.sanction(found)

    async def ListSanctions(
        self, request: pb.ListSanctionsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListSanctionsResponse:
        """Return a page of sanctions, oldest first."""
        account_token, after, limit = convert.page(request)
        found, following = await self.sanctions.list(
            relying_party=caller.name,
            account_token=account_token,
            state=convert.state(request.state),
            after=after,
            limit=limit,
            now=now,
        )
        return pb.ListSanctionsResponse(
            sanctions=[convert.sanction(each) for each in found], next_page_token=following
        )
