"""DrillService, for custodians: open the own share of a record of nobody, and sign to have done so."""

from dataclasses import dataclass
from typing import Protocol

from idvault.api import convert
from idvault.api.custody import convert as convert_drill
from idvault.api.disclosure import convert as converted
from idvault.api.edge.call import Caller
from idvault.domain.clock import ClockReading
from idvault.domain.disclosure import HistoryFinding
from idvault.domain.drill import DrillStanding
from idvault.flows.custody.drill import PassCommand, ShownDrill
from idvault.v1 import drill_pb2


class Drills(Protocol):
    """What this edge needs of flows.custody.drill.DrillFlow."""

    async def get(self, *, actor_id: str, now: ClockReading) -> ShownDrill:
        """Return the drill record for one custodian."""
        ...

    async def complete(self, command: PassCommand, *, now: ClockReading) -> DrillStanding:
        """Note that a custodian passed."""
        ...

    async def report(self, *, actor_id: str, finding: HistoryFinding, now: ClockReading) -> None:
        """Log what a custodian's own client refused."""
        ...


@dataclass(kw_only=True, eq=False, repr=False)
class DrillServicer:
    """Converts, calls one flow, converts back."""

    flow: Drills

    async def GetDrill(
        self,
        request: drill_pb2.GetDrillRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.Drill:
        """Answer the drill record of the quorum in force."""
        return convert_drill.shown(await self.flow.get(actor_id=caller.actor_id, now=now))

    async def PassDrill(
        self,
        request: drill_pb2.PassDrillRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.PassedDrill:
        """Take a signature."""
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
