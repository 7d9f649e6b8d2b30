"""DrillService, for custodians: open the share of a synthetic record, and sign that it was opened."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.custody.drill import acts
from idvault.custody.drill.acts import PassCommand, ShownDrill
from idvault.custody.drill.rules import DrillStanding
from idvault.disclosure.acts.disclosure import DisclosureContext
from idvault.disclosure.api import auditor as disclosure_auditor
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.v1 import drill_pb2, transparency_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799  # the last second of the year 9999


def pass_command(request: drill_pb2.PassDrillRequest, *, caller: Caller) -> PassCommand:
    """Return a custodian's report of a passed drill; raises InvalidError."""
    return PassCommand(
        call=repetition.asked_by_member(request, caller),
        record_id=request.record_id,
        quorum_id=request.quorum_id,
        signed_at=_seconds(request.sign_time),
        signature=request.signature,
        code=request.code,
    )


def shown(value: ShownDrill) -> drill_pb2.Drill:
    """Return the message of a drill record for one custodian."""
    place = value.member.place
    return drill_pb2.Drill(
        record=convert.sealed_record(value.record),
        share_index=place,
        sealed_share=value.record.shares[place - 1],
        entry=convert.logged(value.proofs.entries[0]),
        checkpoint=transparency_pb2.Checkpoint(note=value.proofs.note),
        pass_time=_time(value.standing.passed_at),
        due_time=_time(value.standing.due_at),
    )


def passed(value: DrillStanding) -> drill_pb2.PassedDrill:
    """Return the message of a passed drill."""
    return drill_pb2.PassedDrill(pass_time=_time(value.passed_at), due_time=_time(value.due_at))


def _seconds(value: Timestamp) -> datetime:
    """Return a time in whole seconds; the signed content has no fraction of a second."""
    if value.nanos or not 0 <= value.seconds <= _LATEST:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("sign_time", FieldCode.CHARACTER))
    return _EPOCH + timedelta(seconds=value.seconds)


def _time(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(value)
    return timestamp


@dataclass(kw_only=True, eq=False, repr=False)
class DrillServicer:
    """The methods of drills."""

    context: DisclosureContext

    async def GetDrill(
        self,
        request: drill_pb2.GetDrillRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.Drill:
        """Return the drill record of the current quorum."""
        return shown(await acts.get(self.context, actor_id=caller.actor_id, now=now))

    async def PassDrill(
        self,
        request: drill_pb2.PassDrillRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> drill_pb2.PassedDrill:
        """Accept a custodian's signature."""
        command = pass_command(request, caller=caller)
        return passed(await acts.complete(self.context, command, now=now))

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
        found = disclosure_auditor.finding(request.finding)
        await acts.report(self.context, actor_id=caller.actor_id, finding=found, now=now)
        return drill_pb2.ReportDrillFindingResponse()
