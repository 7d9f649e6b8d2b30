"""Converts the messages of operations."""

from collections.abc import Mapping, Sequence

from idvault.core.edge.convert import numbers
from idvault.sanction.api import DEGREES, SCOPES, time
from idvault.sanction.operation.rules import Operation, OperationState, SanctionCount
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.tip_off import TipOffState

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
