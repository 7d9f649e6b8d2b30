"""SanctionService: moderators and the sanctions that they sign, for platforms."""

from dataclasses import dataclass

from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.moderator.api import ModeratorMethods
from idvault.report import api as report_api
from idvault.report.acts.report import MonthFlow
from idvault.sanction import api as sanction_api
from idvault.sanction.acts import SanctionFlow
from idvault.sanction.appeal.api import AppealMethods
from idvault.sanction.operation.api import OperationMethods
from idvault.sanction.order.api import OrderMethods
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class SanctionServicer(ModeratorMethods, AppealMethods, OperationMethods, OrderMethods):
    """Converts, calls one flow, converts back."""

    sanctions: SanctionFlow
    months: MonthFlow

    async def ImposeSanction(
        self, request: pb.ImposeSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """Impose or propose a sanction."""
        wanted, fields = sanction_api.read(request, now=now)
        call = moderator_api.call(
            request.request_id, "ImposeSanction", *fields, caller=caller, signature=request.signature
        )
        return sanction_api.sanction(await self.sanctions.impose(call, wanted=wanted, now=now))

    async def ConfirmSanction(
        self,
        request: pb.ConfirmSanctionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Sanction:
        """Put a proposed sanction into force."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        call = moderator_api.call(
            request.request_id, "ConfirmSanction", sanction_id, caller=caller, signature=request.signature
        )
        return sanction_api.sanction(await self.sanctions.confirm(call, sanction_id=sanction_id, now=now))

    async def LiftSanction(
        self, request: pb.LiftSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """End a sanction before its end, or withdraw a proposal."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        fields = (sanction_id, request.reason)
        call = moderator_api.call(
            request.request_id, "LiftSanction", *fields, caller=caller, signature=request.signature
        )
        lifted = await self.sanctions.lift(call, sanction_id=sanction_id, reason=request.reason, now=now)
        return sanction_api.sanction(lifted)

    async def GetSanction(
        self, request: pb.GetSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """Return one sanction as of now."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        found = await self.sanctions.get(relying_party=caller.name, sanction_id=sanction_id, now=now)
        return sanction_api.sanction(found)

    async def ListSanctions(
        self, request: pb.ListSanctionsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListSanctionsResponse:
        """Return a page of sanctions, oldest first."""
        after, limit = sanction_api.page(request)
        found, following = await self.sanctions.list(
            relying_party=caller.name,
            of=sanction_api.sanction_filter(request),
            state=sanction_api.state(request.state),
            after=after,
            limit=limit,
            now=now,
        )
        return pb.ListSanctionsResponse(
            sanctions=[sanction_api.sanction(each) for each in found], next_page_token=following
        )

    async def GetMonthFigures(
        self,
        request: pb.GetMonthFiguresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.MonthFigures:
        """Return the figures of a month."""
        return report_api.message(
            await self.months.count(relying_party=caller.name, month=request.month, now=now)
        )
