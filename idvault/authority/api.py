"""The methods of AuthorityService, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.authority import acts
from idvault.authority.acts import AuthorityContext
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.sanction.api import page, time
from idvault.sanction.order import api as order_api
from idvault.sanction.order.rules import RecordedOrder
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import authority_pb2 as pb


def issued(value: RecordedOrder, *, now: datetime) -> pb.IssuedOrder:
    """Return the message of an order as its authority reads it, as of now."""
    return pb.IssuedOrder(
        order_id=value.order_id,
        platform=value.relying_party,
        signed_order=b"" if value.issued is None else value.issued.signed,
        state=order_api.STATES[value.state(now=now)],
        issue_time=time(value.recorded_at),
        deadline=time(value.deadline),
        acknowledge_time=time(value.acknowledged_at),
        object_time=time(value.objected_at),
        objection=value.objection,
        carry_out_time=time(value.carried_out_at),
        missed=value.missed(now=now),
        withdraw_time=time(value.withdrawn_at),
        signed_withdrawal=value.withdrawal,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class AuthorityMethods:
    """The methods of AuthorityService."""

    context: AuthorityContext

    async def IssueOrders(
        self, request: pb.IssueOrdersRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.IssueOrdersResponse:
        """Give orders."""
        call = repetition.asked_by_member(request, caller)
        given = await acts.issue(
            self.context, call, now, signed=list(request.signed_orders), code=request.code
        )
        return pb.IssueOrdersResponse(orders=[issued(each, now=now.business) for each in given])

    async def WithdrawOrder(
        self, request: pb.WithdrawOrderRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.IssuedOrder:
        """Withdraw an order."""
        call = repetition.asked_by_member(request, caller)
        withdrawn = await acts.withdraw(
            self.context, call, now, signed=request.signed_withdrawal, code=request.code
        )
        return issued(withdrawn, now=now.business)

    async def GetIssuedOrder(
        self, request: pb.GetIssuedOrderRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.IssuedOrder:
        """Return an order."""
        order_id = moderator_api.an_id(request.order_id, "order_id")
        return issued(await acts.get(self.context.vault, caller.actor_id, order_id), now=now.business)

    async def ListIssuedOrders(
        self,
        request: pb.ListIssuedOrdersRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListIssuedOrdersResponse:
        """Return a page of orders."""
        after, limit = page(request)
        found, following = await acts.page(
            self.context.vault,
            caller.actor_id,
            state=order_api.state(request.state),
            after=after,
            limit=limit,
            now=now,
        )
        return pb.ListIssuedOrdersResponse(
            orders=[issued(each, now=now.business) for each in found], next_page_token=following
        )
