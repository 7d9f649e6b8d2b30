"""The methods of SanctionService about operations, and their messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.sanction.api import DEGREES, SCOPES, page, time
from idvault.sanction.operation import acts
from idvault.sanction.operation.rules import Operation, SanctionCount
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import OperationState
from idvault_verify.tip_off import TipOffState
from idvault_verify.v1 import sanction_pb2 as pb

_STATES = numbers(OperationState, pb.Operation.State.Value, "STATE_")


def state(number: int) -> OperationState | None:
    """Return the state to list, None for all; raises InvalidError (INVALID_MESSAGE, state)."""
    if not number:
        return None
    for word, value in _STATES.items():
        if value == number:
            return word
    raise InvalidError(Reason.INVALID_MESSAGE, Violation("state", FieldCode.CHARACTER))


def message(
    value: Operation,
    counts: Sequence[SanctionCount] = (),
    tip_offs: Mapping[TipOffState, int] | None = None,
) -> pb.Operation:
    """Return the message of an operation, with its figures if they are given."""
    return pb.Operation(
        operation_id=value.operation_id,
        title=value.title,
        state=_STATES[value.state],
        open_time=time(value.opened_at),
        close_time=time(value.closed_at),
        counts=[sanction_count(each) for each in counts],
        tip_off_count=None if tip_offs is None else _tip_off_count(tip_offs),
        signed_operation=value.signed or b"",
        end_time=time(value.end_at),
    )


def sanction_count(value: SanctionCount) -> pb.Operation.SanctionCount:
    """Return the message of a count."""
    return pb.Operation.SanctionCount(
        degree=DEGREES[value.degree],
        scope=SCOPES[value.scope],
        imposed=value.imposed,
        in_force=value.in_force,
        lifted=value.lifted,
        lapsed=value.lapsed,
        overturned=value.overturned,
    )


def _tip_off_count(counts: Mapping[TipOffState, int]) -> pb.Operation.TipOffCount:
    return pb.Operation.TipOffCount(**{state.value.lower(): count for state, count in counts.items()})


@dataclass(kw_only=True, eq=False, repr=False)
class OperationMethods:
    """The methods about operations."""

    vault: Vault

    async def OpenOperation(
        self, request: pb.OpenOperationRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Operation:
        """Open an operation."""
        call = moderator_api.signed(request, request.title, caller=caller, signature=request.signature)
        return message(await acts.begin(self.vault, call, now, self.vault.new_id(), request.title))

    async def CloseOperation(
        self, request: pb.CloseOperationRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Operation:
        """Close an operation."""
        operation_id = moderator_api.an_id(request.operation_id, "operation_id")
        call = moderator_api.signed(request, operation_id, caller=caller, signature=request.signature)
        return message(await acts.close(self.vault, call, now, operation_id))

    async def GetOperation(
        self, request: pb.GetOperationRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Operation:
        """Return an operation with its figures."""
        operation_id = moderator_api.an_id(request.operation_id, "operation_id")
        return message(*await acts.get(self.vault, caller.name, operation_id, now=now))

    async def ListOperations(
        self, request: pb.ListOperationsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListOperationsResponse:
        """Return a page of operations, without their figures."""
        after, limit = page(request)
        found, following = await acts.page(
            self.vault, caller.name, state=state(request.state), after=after, limit=limit, now=now
        )
        return pb.ListOperationsResponse(
            operations=[message(each) for each in found], next_page_token=following
        )
