"""DisclosureService, for auditors: request one record, and open it once M custodians released shares."""

from dataclasses import dataclass

from idvault.core.edge import convert, page_token
from idvault.core.edge.call import Caller
from idvault.disclosure.acts.auditor import DisclosureFlow
from idvault.disclosure.acts.custodian import CustodianFlow
from idvault.disclosure.api import convert as converted
from idvault.v1 import disclosure_pb2
from idvault.verify.clock import ClockReading

# Shorter than the longest call, so that there is time for the answer.
LONGEST_WAIT = 8.0
_LIST = "ListDisclosures"


@dataclass(kw_only=True, eq=False, repr=False)
class DisclosureServicer:
    """Converts, calls one flow, converts back."""

    flow: DisclosureFlow
    findings: CustodianFlow

    async def RequestDisclosure(
        self,
        request: disclosure_pb2.RequestDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Store a signed request."""
        found = await self.flow.request(
            actor_id=caller.actor_id,
            request_id=convert.request_id(request.request_id),
            signed=request.signed_request,
            now=now,
        )
        return converted.shown(found)

    async def GetDisclosure(
        self,
        request: disclosure_pb2.GetDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Return one of the caller's disclosures."""
        disclosure_id = converted.disclosure_id(request.disclosure_id)
        found = await self.flow.get(actor_id=caller.actor_id, disclosure_id=disclosure_id, now=now)
        return converted.shown(found)

    async def ListDisclosures(
        self,
        request: disclosure_pb2.ListDisclosuresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ListDisclosuresResponse:
        """List the caller's disclosures."""
        limit = converted.page_size(request.page_size)
        below = page_token.decode(request.page_token, of=_LIST) if request.page_token else None
        found, further = await self.flow.list(actor_id=caller.actor_id, below=below, limit=limit)
        filed, daily = await self.flow.quota(actor_id=caller.actor_id, now=now)
        return disclosure_pb2.ListDisclosuresResponse(
            disclosures=[converted.shown(each) for each in found],
            next_page_token=page_token.encode(further, of=_LIST),
            filed_today_count=filed,
            daily_limit=daily,
        )

    async def CancelDisclosure(
        self,
        request: disclosure_pb2.CancelDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Cancel a disclosure."""
        found = await self.flow.cancel(
            actor_id=caller.actor_id,
            request_id=convert.request_id(request.request_id),
            disclosure_id=converted.disclosure_id(request.disclosure_id),
            now=now,
        )
        return converted.shown(found)

    async def OpenDisclosure(
        self,
        request: disclosure_pb2.OpenDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.OpenedDisclosure:
        """Open a record once, after the opening is in the log."""
        found = await self.flow.open(
            actor_id=caller.actor_id,
            request_id=convert.request_id(request.request_id),
            disclosure_id=converted.disclosure_id(request.disclosure_id),
            code=request.code,
            now=now,
            patience=convert.patience(remaining, longest=LONGEST_WAIT),
        )
        return converted.opened(found)

    async def ConfirmOpening(
        self,
        request: disclosure_pb2.ConfirmOpeningRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Store that the shares open the record."""
        found = await self.flow.confirm(
            actor_id=caller.actor_id,
            request_id=convert.request_id(request.request_id),
            disclosure_id=converted.disclosure_id(request.disclosure_id),
            now=now,
        )
        return converted.shown(found)

    async def ReportShare(
        self,
        request: disclosure_pb2.ReportShareRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ReportShareResponse:
        """Log that a custodian's share is wrong."""
        convert.request_id(request.request_id)
        await self.flow.report_share(
            actor_id=caller.actor_id,
            disclosure_id=converted.disclosure_id(request.disclosure_id),
            custodian=request.custodian,
            now=now,
        )
        return disclosure_pb2.ReportShareResponse()

    async def ReportFinding(
        self,
        request: disclosure_pb2.ReportFindingRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ReportFindingResponse:
        """Log what the caller's client refused."""
        return await report(self.findings, request, caller=caller, now=now)


async def report(
    flow: CustodianFlow, request: disclosure_pb2.ReportFindingRequest, *, caller: Caller, now: ClockReading
) -> disclosure_pb2.ReportFindingResponse:
    """Log what a client refused; repeats within a minute make only one entry."""
    convert.request_id(request.request_id)
    await flow.report(
        actor_id=caller.actor_id,
        disclosure_id=converted.disclosure_id(request.disclosure_id),
        finding=converted.finding(request.finding),
        now=now,
    )
    return disclosure_pb2.ReportFindingResponse()
