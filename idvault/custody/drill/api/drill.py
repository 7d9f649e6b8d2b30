"""DrillService, for custodians: open the share of a synthetic record, and sign that it was opened."""

from dataclasses import dataclass

from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.custody.drill.acts.drill import DrillFlow
from idvault.custody.drill.api import convert as convert_drill
from idvault.disclosure.api import convert as converted
from idvault.v1 import drill_pb2
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class DrillServicer:
    """Converts, calls one flow, converts back."""

    flow: DrillFlow

    async def GetDrill(
        self,
        request: drill_pb2.GetDrillRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.Drill:
        """Return the drill record of the current quorum."""
        return convert_drill.shown(await self.flow.get(actor_id=caller.actor_id, now=now))

    async def PassDrill(
        self,
        request: drill_pb2.PassDrillRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.PassedDrill:
        """Accept a custodian's signature."""
        command = convert_drill.pass_command(request, caller=caller)
        return convert_drill.passed(await self.flow.complete(command, now=now))

    async def ReportDrillFinding(
        self,
        request: drill_pb2.ReportDrillFindingRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.ReportDrillFindingResponse:
        """Log what the caller's client refused."""
        convert.request_id(request.request_id)
        found = converted.finding(request.finding)
        await self.flow.report(actor_id=caller.actor_id, finding=found, now=now)
        return drill_pb2.ReportDrillFindingResponse()
