"""The methods of SanctionService about orders, and their messages."""

from dataclasses import dataclass
from datetime import datetime

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.sanction import api as sanction_api
from idvault.sanction.api import page, time
from idvault.sanction.order import acts
from idvault.sanction.order.rules import RecordedOrder
from idvault_verify import statement
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import AuthorityOrder, OrderState
from idvault_verify.seal import Part
from idvault_verify.v1 import sanction_pb2 as pb

STATES = numbers(OrderState, pb.RecordedOrder.State.Value, "STATE_")


def read(request: pb.RecordOrderRequest) -> tuple[AuthorityOrder, datetime]:
    """Return the order and its deadline; raises InvalidError (INVALID_MESSAGE) naming every wrong part."""
    wrong: list[Violation] = []
    order = sanction_api.read_order(request.order, wrong, "order")
    wrong += [
        Violation(name, code) for name, code in statement.order_codes(order).items() if code is not None
    ]
    deadline = moderator_api.read_time(request.deadline) if request.HasField("deadline") else None
    if deadline is None:
        code = FieldCode.CHARACTER if request.HasField("deadline") else FieldCode.REQUIRED
        wrong.append(Violation("deadline", code))
    if wrong or deadline is None:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
    return order, deadline


def parts(request: pb.RecordOrderRequest) -> tuple[Part, ...]:
    """Return what the moderator signs: all fields in field-number order, as received."""
    order, deadline = request.order, request.deadline
    return order.authority, order.reference, order.order_date, order.digest, deadline.seconds, deadline.nanos


def state(number: int) -> OrderState | None:
    """Return the state to list, None for all; raises InvalidError (INVALID_MESSAGE, state)."""
    if not number:
        return None
    for word, value in STATES.items():
        if value == number:
            return word
    raise InvalidError(Reason.INVALID_MESSAGE, Violation("state", FieldCode.CHARACTER))


def message(value: RecordedOrder, *, now: datetime) -> pb.RecordedOrder:
    """Return the message of an order as of now."""
    return pb.RecordedOrder(
        order_id=value.order_id,
        order=sanction_api.order_message(value.order),
        deadline=time(value.deadline),
        record_time=time(value.recorded_at),
        state=STATES[value.state(now=now)],
        carry_out_time=time(value.carried_out_at),
        signed_order=b"" if value.issued is None else value.issued.signed,
        acknowledge_time=time(value.acknowledged_at),
        object_time=time(value.objected_at),
        objection=value.objection,
        withdraw_time=time(value.withdrawn_at),
        signed_withdrawal=value.withdrawal,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class OrderMethods:
    """The methods about orders."""

    vault: Vault

    async def RecordOrder(
        self, request: pb.RecordOrderRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.RecordedOrder:
        """Record an authority's order."""
        given, deadline = read(request)
        call = moderator_api.signed(request, *parts(request), caller=caller, signature=request.signature)
        recorded = await acts.record(self.vault, call, now, self.vault.new_id(), given, deadline)
        return message(recorded, now=now.business)

    async def AcknowledgeOrder(
        self,
        request: pb.AcknowledgeOrderRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.RecordedOrder:
        """Store that the platform has read an authority's order."""
        order_id, digest = moderator_api.an_id(request.order_id, "order_id"), request.order_digest
        call = moderator_api.signed(request, order_id, digest, caller=caller, signature=request.signature)
        return message(await acts.acknowledge(self.vault, call, now, order_id, digest), now=now.business)

    async def ObjectToOrder(
        self, request: pb.ObjectToOrderRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.RecordedOrder:
        """Store why the platform does not carry an authority's order out."""
        order_id, digest = moderator_api.an_id(request.order_id, "order_id"), request.order_digest
        fields = (order_id, digest, request.reason)
        call = moderator_api.signed(request, *fields, caller=caller, signature=request.signature)
        objected = await acts.object_to(self.vault, call, now, order_id, digest, request.reason)
        return message(objected, now=now.business)

    async def ListOrders(
        self, request: pb.ListOrdersRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListOrdersResponse:
        """Return a page of orders."""
        after, limit = page(request)
        found, following = await acts.page(
            self.vault, caller.name, state=state(request.state), after=after, limit=limit, now=now
        )
        return pb.ListOrdersResponse(
            orders=[message(each, now=now.business) for each in found], next_page_token=following
        )
