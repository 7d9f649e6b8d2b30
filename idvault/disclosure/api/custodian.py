"""The methods of CustodianService about disclosures: list requests, approve or deny them, release a share."""

from dataclasses import dataclass

from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.disclosure.acts import custodian as acts
from idvault.disclosure.acts.custodian import DecideCommand, ReleaseCommand
from idvault.disclosure.acts.disclosure import DisclosureContext
from idvault.disclosure.api import auditor
from idvault.disclosure.api.auditor import LONGEST_WAIT, report
from idvault_verify.clock import ClockReading
from idvault_verify.disclosure import Verdict
from idvault_verify.v1 import disclosure_pb2, transparency_pb2

_LIST = "ListPendingDisclosures"
_LIST_DECIDED = "ListDecidedDisclosures"


@dataclass(kw_only=True, eq=False, repr=False)
class CustodianMethods:
    """The methods of custodians about disclosures."""

    context: DisclosureContext

    async def ListPendingDisclosures(
        self,
        request: disclosure_pb2.ListPendingDisclosuresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ListPendingDisclosuresResponse:
        """List the requests that wait for the caller's decision."""
        limit = auditor.page_size(request.page_size)
        offset = convert.read_page_token(request.page_token, of=_LIST) if request.page_token else 0
        found, further, note = await acts.pending(
            self.context, actor_id=caller.actor_id, offset=offset, limit=limit, now=now
        )
        return disclosure_pb2.ListPendingDisclosuresResponse(
            disclosures=[auditor.waiting(each) for each in found],
            next_page_token=convert.page_token(further, of=_LIST),
            checkpoint=transparency_pb2.Checkpoint(note=note),
        )

    async def ListDecidedDisclosures(
        self,
        request: disclosure_pb2.ListDecidedDisclosuresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ListDecidedDisclosuresResponse:
        """List what the caller has decided."""
        limit = auditor.page_size(request.page_size)
        offset = convert.read_page_token(request.page_token, of=_LIST_DECIDED) if request.page_token else 0
        found, further = await acts.decided(
            self.context, actor_id=caller.actor_id, offset=offset, limit=limit
        )
        return disclosure_pb2.ListDecidedDisclosuresResponse(
            disclosures=[auditor.shown(each) for each in found],
            next_page_token=convert.page_token(further, of=_LIST_DECIDED),
        )

    async def GetSealedShare(
        self,
        request: disclosure_pb2.GetSealedShareRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.SealedShare:
        """Return the caller's sealed share."""
        record, member = await acts.sealed_share(
            self.context,
            actor_id=caller.actor_id,
            disclosure_id=auditor.read_disclosure_id(request.disclosure_id),
            now=now,
        )
        return auditor.sealed_share(record, member)

    async def ApproveDisclosure(
        self,
        request: disclosure_pb2.ApproveDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.DecidedDisclosure:
        """Approve a disclosure; answer once the log has the approval."""
        command = DecideCommand(
            call=repetition.asked_by_member(request, caller),
            disclosure_id=auditor.read_disclosure_id(request.disclosure_id),
            verdict=Verdict.APPROVE,
            signed=request.signed_approval,
            code=request.code,
        )
        patience = convert.patience(remaining, longest=LONGEST_WAIT)
        return auditor.decided(await acts.decide(self.context, command, now=now, patience=patience))

    async def ReleaseShare(
        self,
        request: disclosure_pb2.ReleaseShareRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.DecidedDisclosure:
        """Accept the approved share; answer once the log has the release."""
        command = ReleaseCommand(
            call=repetition.asked_by_member(request, caller),
            disclosure_id=auditor.read_disclosure_id(request.disclosure_id),
            resealed=request.resealed_share,
        )
        patience = convert.patience(remaining, longest=LONGEST_WAIT)
        return auditor.decided(await acts.release(self.context, command, now=now, patience=patience))

    async def DenyDisclosure(
        self,
        request: disclosure_pb2.DenyDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.DecidedDisclosure:
        """Deny a disclosure."""
        command = DecideCommand(
            call=repetition.asked_by_member(request, caller),
            disclosure_id=auditor.read_disclosure_id(request.disclosure_id),
            verdict=Verdict.DENY,
            signed=request.signed_denial,
        )
        return auditor.decided(await acts.decide(self.context, command, now=now))

    async def ReportFinding(
        self,
        request: disclosure_pb2.ReportFindingRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ReportFindingResponse:
        """Log what the caller's client refused."""
        return await report(self.context, request, caller=caller, now=now)
