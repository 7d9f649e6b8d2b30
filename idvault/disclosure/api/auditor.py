"""DisclosureService, for auditors: request a record, open it once M custodians released shares."""

from collections.abc import Mapping
from dataclasses import dataclass

from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import logged, sealed_record, time_of
from idvault.disclosure.acts import auditor as acts
from idvault.disclosure.acts import custodian as custodian_acts
from idvault.disclosure.acts.auditor import AuditorContext, OpenedRecord
from idvault.disclosure.acts.custodian import Decided, PendingDisclosures
from idvault.disclosure.acts.disclosure import DisclosureContext, ShownDisclosure
from idvault.disclosure.ports import GivenShare
from idvault_verify import disclosure as verify_disclosure
from idvault_verify.clock import ClockReading
from idvault_verify.disclosure import (
    Decision,
    Disclosure,
    DisclosureState,
    HistoryFinding,
    QuorumMember,
    Verdict,
)
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.record import SealedRecord
from idvault_verify.v1 import disclosure_pb2, transparency_pb2

# Each mapping fails at import if the proto lacks a value.
_STATES = {
    state: disclosure_pb2.DisclosureState.Value(f"DISCLOSURE_STATE_{state.name}") for state in DisclosureState
}
_VERDICTS = {verdict: disclosure_pb2.Verdict.Value(f"VERDICT_{verdict.name}") for verdict in Verdict}
_FINDINGS = {disclosure_pb2.Finding.Value(f"FINDING_{finding.name}"): finding for finding in HistoryFinding}


def read_disclosure_id(value: str) -> str:
    """Return a checked id; raises InvalidError (INVALID_MESSAGE)."""
    return verify_disclosure.check_id(value)


def read_record_id(value: str) -> str:
    """Return a checked id of a version, "" for none; raises InvalidError (INVALID_MESSAGE)."""
    return verify_disclosure.check_id(value, field="record_id") if value else ""


def page_size(value: int) -> int:
    """Return the page size: 1 to 100, 20 for 0; raises InvalidError (INVALID_MESSAGE)."""
    return convert.page_size(value, usual=20, most=100)


def finding(value: int) -> HistoryFinding:
    """Return a client's finding; raises InvalidError (INVALID_MESSAGE) for an unknown value."""
    for number, word in _FINDINGS.items():
        if number == value:
            return word
    raise InvalidError(Reason.INVALID_MESSAGE, Violation("finding", FieldCode.CHARACTER))


def shown(value: ShownDisclosure) -> disclosure_pb2.Disclosure:
    """Return the message of a disclosure, for its auditor and who decided it."""
    found = value.filed.disclosure
    message = disclosure_pb2.Disclosure(
        disclosure_id=found.disclosure_id,
        account_token=found.account_token,
        record_id=found.record_id,
        state=_STATES[found.state],
        create_time=time_of(found.created_at),
        expire_time=time_of(found.expire_at),
        openings=found.openings,
        opened=found.opened,
        threshold=value.filed.threshold,
        decisions=_decisions(found, value.denials),
        signed_request=value.signed_request,
    )
    if found.disclosed_at is not None:
        message.disclose_time.FromDatetime(found.disclosed_at)
    if found.confirmed_at is not None:
        message.confirm_time.FromDatetime(found.confirmed_at)
    return message


def decided(value: Decided) -> disclosure_pb2.DecidedDisclosure:
    """Return the message of a disclosure after a custodian's act, with the proof of its entry."""
    filed = value.filed
    message = disclosure_pb2.DecidedDisclosure(
        disclosure_id=filed.disclosure.disclosure_id,
        state=_STATES[filed.disclosure.state],
        threshold=filed.threshold,
        decisions=_decisions(filed.disclosure, value.denials),
    )
    if value.proofs is not None:
        message.entry.CopyFrom(logged(value.proofs.entries[0]))
        message.checkpoint.note = value.proofs.note
    return message


def waiting(value: PendingDisclosures) -> disclosure_pb2.PendingDisclosure:
    """Return the message of a waiting request."""
    found = value.filed.disclosure
    return disclosure_pb2.PendingDisclosure(
        disclosure_id=found.disclosure_id,
        signed_request=value.signed_request,
        entry=logged(value.entry),
        create_time=time_of(found.created_at),
        expire_time=time_of(found.expire_at),
        threshold=value.filed.threshold,
        decisions=_decisions(found, value.denials),
        recent_disclosures=value.recent_disclosures,
        record_digest=found.record_digest,
    )


def sealed_share(record: SealedRecord, member: QuorumMember) -> disclosure_pb2.SealedShare:
    """Return the message of one custodian's sealed share."""
    return disclosure_pb2.SealedShare(
        account_token=record.account_token,
        record_id=record.record_id,
        present_quorum_id=record.share_quorum_id(member.place),
        suite=record.suite,
        share_index=member.place,
        sealed_share=record.shares[member.place - 1],
        share_hash=record.share_hashes[member.place - 1],
        record=sealed_record(record),
    )


def opened(value: OpenedRecord) -> disclosure_pb2.OpenedDisclosure:
    """Return the message of an opened record."""
    settlement, requested, opening = value.proofs.entries
    return disclosure_pb2.OpenedDisclosure(
        disclosure=shown(value.shown),
        record=sealed_record(value.checked.record),
        shred_value=value.shred_value,
        shares=[_share(share) for share in value.shares],
        settlement_claim_id=value.checked.claim_id,
        settlement=logged(settlement),
        opening=logged(opening),
        request=logged(requested),
        checkpoint=transparency_pb2.Checkpoint(note=value.proofs.note),
    )


def _share(share: GivenShare) -> disclosure_pb2.ResealedShare:
    return disclosure_pb2.ResealedShare(
        custodian=share.custodian,
        share_index=share.place,
        resealed=share.resealed or b"",
        signed_approval=share.signed,
    )


def _decisions(found: Disclosure, denials: Mapping[str, bytes]) -> list[disclosure_pb2.CustodianDecision]:
    return [_decision(made, denials.get(made.custodian, b"")) for made in found.decisions]


def _decision(made: Decision, denial: bytes) -> disclosure_pb2.CustodianDecision:
    message = disclosure_pb2.CustodianDecision(
        custodian=made.custodian,
        verdict=_VERDICTS[made.verdict],
        decide_time=time_of(made.decided_at),
        signed_denial=denial,
    )
    if made.released_at is not None:
        message.release_time.FromDatetime(made.released_at)
    if made.reported_at is not None:
        message.report_time.FromDatetime(made.reported_at)
    return message


# Shorter than the longest call, so that there is time for the answer.
LONGEST_WAIT = 8.0
_LIST = "ListDisclosures"


@dataclass(kw_only=True, eq=False, repr=False)
class DisclosureServicer:
    """The methods of auditors."""

    context: AuditorContext

    async def RequestDisclosure(
        self,
        request: disclosure_pb2.RequestDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Store a signed request."""
        found = await acts.request(
            self.context,
            repetition.asked_by_member(request, caller),
            signed=request.signed_request,
            record_id=read_record_id(request.record_id),
            now=now,
        )
        return shown(found)

    async def GetDisclosure(
        self,
        request: disclosure_pb2.GetDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Return one of the caller's disclosures."""
        disclosure_id = read_disclosure_id(request.disclosure_id)
        found = await acts.get(self.context, actor_id=caller.actor_id, disclosure_id=disclosure_id, now=now)
        return shown(found)

    async def ListDisclosures(
        self,
        request: disclosure_pb2.ListDisclosuresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ListDisclosuresResponse:
        """List the caller's disclosures."""
        limit = page_size(request.page_size)
        below = convert.read_page_token(request.page_token, of=_LIST) if request.page_token else None
        found, further = await acts.page(self.context, actor_id=caller.actor_id, below=below, limit=limit)
        filed, daily = await acts.quota(self.context, actor_id=caller.actor_id, now=now)
        return disclosure_pb2.ListDisclosuresResponse(
            disclosures=[shown(each) for each in found],
            next_page_token=convert.page_token(further, of=_LIST),
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
        found = await acts.cancel(
            self.context,
            repetition.asked_by_member(request, caller),
            disclosure_id=read_disclosure_id(request.disclosure_id),
            now=now,
        )
        return shown(found)

    async def OpenDisclosure(
        self,
        request: disclosure_pb2.OpenDisclosureRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.OpenedDisclosure:
        """Open a record once, after the opening is in the log."""
        found = await acts.open_record(
            self.context,
            repetition.asked_by_member(request, caller),
            disclosure_id=read_disclosure_id(request.disclosure_id),
            code=request.code,
            now=now,
            patience=convert.patience(remaining, longest=LONGEST_WAIT),
        )
        return opened(found)

    async def ConfirmOpening(
        self,
        request: disclosure_pb2.ConfirmOpeningRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.Disclosure:
        """Store that the shares open the record."""
        found = await acts.confirm(
            self.context,
            repetition.asked_by_member(request, caller),
            disclosure_id=read_disclosure_id(request.disclosure_id),
            now=now,
        )
        return shown(found)

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
        await acts.report_share(
            self.context,
            actor_id=caller.actor_id,
            disclosure_id=read_disclosure_id(request.disclosure_id),
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
        return await report(self.context, request, caller=caller, now=now)


async def report(
    context: DisclosureContext,
    request: disclosure_pb2.ReportFindingRequest,
    *,
    caller: Caller,
    now: ClockReading,
) -> disclosure_pb2.ReportFindingResponse:
    """Log what a client refused; repeats within a minute make only one entry."""
    convert.request_id(request.request_id)
    await custodian_acts.report(
        context,
        actor_id=caller.actor_id,
        disclosure_id=read_disclosure_id(request.disclosure_id),
        finding=finding(request.finding),
        now=now,
    )
    return disclosure_pb2.ReportFindingResponse()
