"""SanctionService: moderators and the sanctions that they sign, for platforms."""

from dataclasses import dataclass

from idvault.core.edge.call import Caller
from idvault.moderator.api import ModeratorMethods
from idvault.report import api as report_api
from idvault.report.acts.report import MonthFlow
from idvault.sanction.api import SanctionMethods
from idvault.sanction.appeal.api import AppealMethods
from idvault.sanction.operation.api import OperationMethods
from idvault.sanction.order.api import OrderMethods
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class SanctionServicer(ModeratorMethods, SanctionMethods, AppealMethods, OperationMethods, OrderMethods):
    """The methods of several capabilities."""

    months: MonthFlow

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
