"""The calls about what sanctions belong to: orders of authorities, and operations."""

from datetime import UTC, datetime

from idvault.sanction.operation.rules import OperationState
from idvault.sanction.order.rules import OrderState
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.sanction import AuthorityOrder, Degree, Scope
from idvault_client.backend.rpc import RequestId, Rpc, choice, chosen_id, rpc, text
from idvault_client.backend.sanction import statements
from idvault_client.backend.sanction.calls import act, time_of
from idvault_client.backend.sanction.values import (
    OperationFigure,
    OperationPage,
    OperationTipOffs,
    OrderPage,
    PlatformOperation,
    PlatformOrder,
)

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]
_SANCTION = pb.Sanction.DESCRIPTOR.enum_types_by_name
_ORDER_STATE = pb.RecordedOrder.DESCRIPTOR.enum_types_by_name["State"]
_OPERATION_STATE = pb.Operation.DESCRIPTOR.enum_types_by_name["State"]


def record_order(
    order: AuthorityOrder, *, deadline: datetime, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[PlatformOrder]:
    """Record an authority's order; sanctions whose statement has it carry it out. Raises InvalidFields."""
    chosen = chosen_id(request_id)
    given = statements.order_message(order, "order")
    request = pb.RecordOrderRequest(request_id=chosen, order=given)
    request.deadline.FromDatetime(deadline)
    until = request.deadline
    fields = (given.authority, given.reference, given.order_date, given.digest, until.seconds, until.nanos)
    request.signature.CopyFrom(act(key, chosen, "RecordOrder", *fields))
    return rpc(
        _SERVICE,
        "RecordOrder",
        request,
        lambda data: _order(pb.RecordedOrder.FromString(data)),
        request_id=chosen,
    )


def list_orders(
    *, state: OrderState | None = None, page_size: int = 100, page_token: str = ""
) -> Rpc[OrderPage]:
    """Return a page of orders, as they were recorded: all, or those in one state."""
    request = pb.ListOrdersRequest(
        state=pb.RecordedOrder.State.Value(f"STATE_{state.value}") if state else 0,  # type: ignore[arg-type]
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListOrders", request, _read_orders)


def open_operation(title: str, *, key: ModeratorKey, request_id: RequestId = None) -> Rpc[PlatformOperation]:
    """Open an operation that sanctions and reports may name; the title must name nobody."""
    chosen = chosen_id(request_id)
    signature = act(key, chosen, "OpenOperation", text(title, field="title"))
    request = pb.OpenOperationRequest(request_id=chosen, title=title, signature=signature)
    return rpc(_SERVICE, "OpenOperation", request, _read_operation, request_id=chosen)


def close_operation(
    operation_id: str, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[PlatformOperation]:
    """Close an operation; raises NotFound, and PreconditionFailed with both states."""
    chosen = chosen_id(request_id)
    signature = act(key, chosen, "CloseOperation", text(operation_id, field="operation_id"))
    request = pb.CloseOperationRequest(request_id=chosen, operation_id=operation_id, signature=signature)
    return rpc(_SERVICE, "CloseOperation", request, _read_operation, request_id=chosen)


def get_operation(operation_id: str) -> Rpc[PlatformOperation]:
    """Return an operation with its figures as of now; raises NotFound."""
    request = pb.GetOperationRequest(operation_id=text(operation_id, field="operation_id"))
    return rpc(_SERVICE, "GetOperation", request, _read_operation)


def list_operations(
    *, state: OperationState | None = None, page_size: int = 100, page_token: str = ""
) -> Rpc[OperationPage]:
    """Return a page of operations without their figures, oldest first."""
    request = pb.ListOperationsRequest(
        state=pb.Operation.State.Value(f"STATE_{state.value}") if state else 0,  # type: ignore[arg-type]
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListOperations", request, _read_operations)


def _read_orders(data: bytes) -> OrderPage:
    answer = pb.ListOrdersResponse.FromString(data)
    return OrderPage(tuple(_order(each) for each in answer.orders), answer.next_page_token)


def _order(message: pb.RecordedOrder) -> PlatformOrder:
    if not message.order_id:
        raise ValueError("an order without id")
    return PlatformOrder(
        order_id=message.order_id,
        order=statements.read_order(message.order),
        deadline=message.deadline.ToDatetime(UTC),
        record_time=message.record_time.ToDatetime(UTC),
        state=choice(OrderState, _ORDER_STATE, message.state),
        carry_out_time=time_of(message, "carry_out_time"),
    )


def _read_operation(data: bytes) -> PlatformOperation:
    return _operation(pb.Operation.FromString(data))


def _read_operations(data: bytes) -> OperationPage:
    answer = pb.ListOperationsResponse.FromString(data)
    return OperationPage(tuple(_operation(each) for each in answer.operations), answer.next_page_token)


def _operation(message: pb.Operation) -> PlatformOperation:
    if not message.operation_id:
        raise ValueError("an operation without id")
    return PlatformOperation(
        operation_id=message.operation_id,
        title=message.title,
        state=choice(OperationState, _OPERATION_STATE, message.state),
        open_time=message.open_time.ToDatetime(UTC),
        close_time=time_of(message, "close_time"),
        figures=tuple(read_figure(each) for each in message.counts),
        tip_offs=_tip_offs(message.tip_off_count) if message.HasField("tip_off_count") else None,
    )


def read_figure(message: pb.Operation.SanctionCount) -> OperationFigure:
    """Return the figure of a message."""
    return OperationFigure(
        choice(Degree, _SANCTION["Degree"], message.degree),
        choice(Scope, _SANCTION["Scope"], message.scope),
        message.imposed,
        message.in_force,
        message.lifted,
        message.lapsed,
        message.overturned,
    )


def _tip_offs(message: pb.Operation.TipOffCount) -> OperationTipOffs:
    return OperationTipOffs(
        message.received, message.assigned, message.answered, message.merged, message.resolved
    )
