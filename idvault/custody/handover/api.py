"""The calls of CustodianService with which a replaced custodian hands over its shares."""

from dataclasses import dataclass

from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import PAGE_FIELD, page_size
from idvault.custody.handover import acts
from idvault.custody.handover.acts import EndCommand, HandOverCommand
from idvault.disclosure.acts.disclosure import DisclosureContext
from idvault_verify import handover as rules
from idvault_verify import token
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.handover import HandedShare
from idvault_verify.record import SealedRecord
from idvault_verify.v1 import disclosure_pb2


@dataclass(kw_only=True, eq=False, repr=False)
class HandoverMethods:
    """The methods about the shares that a replaced custodian hands over."""

    context: DisclosureContext

    async def ListSharesToHandOver(
        self,
        request: disclosure_pb2.ListSharesToHandOverRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.ListSharesToHandOverResponse:
        """List the caller's sealed shares."""
        found = await acts.shares(
            self.context,
            actor_id=caller.actor_id,
            quorum_id=request.quorum_id,
            after=_after(request.page_token),
            limit=page_size(request.page_size, usual=rules.MOST_SHARES, most=rules.MOST_SHARES),
            now=now,
        )
        return disclosure_pb2.ListSharesToHandOverResponse(
            shares=[_share(record, found.place) for record in found.records],
            next_page_token=found.after,
            left_out_count=found.left_out,
            waiting_count=found.waiting,
        )

    async def HandOverShares(
        self,
        request: disclosure_pb2.HandOverSharesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.HandOverSharesResponse:
        """Store the caller's re-sealed shares."""
        command = HandOverCommand(
            call=repetition.asked_by_member(request, caller),
            quorum_id=request.quorum_id,
            shares=[_handed(share) for share in request.shares],
            signature=request.signature,
        )
        moved = await acts.hand_over(self.context, command, now=now)
        return disclosure_pb2.HandOverSharesResponse(handed_count=moved)

    async def EndHandOver(
        self,
        request: disclosure_pb2.EndHandOverRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> disclosure_pb2.EndHandOverResponse:
        """End the caller's hand-over for good."""
        command = EndCommand(
            call=repetition.asked_by_member(request, caller),
            quorum_id=request.quorum_id,
            signature=request.signature,
        )
        left = await acts.end(self.context, command, now=now)
        return disclosure_pb2.EndHandOverResponse(left_count=left)


def _after(page_token: str) -> str:
    """Return the last account of the previous page. The caller has seen it, so the token may contain it."""
    if page_token:
        try:
            token.check(page_token)
        except InvalidError:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation(PAGE_FIELD, FieldCode.CHARACTER)) from None
    return page_token


def _share(record: SealedRecord, place: int) -> disclosure_pb2.ShareToHandOver:
    return disclosure_pb2.ShareToHandOver(
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.share_quorum_id(place),
        sealed_share=record.shares[place - 1],
        share_hash=record.share_hashes[place - 1],
    )


def _handed(share: disclosure_pb2.HandedShare) -> HandedShare:
    return HandedShare(
        share.account_token, share.record_id, share.quorum_id, share.share_hash, share.resealed_share
    )
