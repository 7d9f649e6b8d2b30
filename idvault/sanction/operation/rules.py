"""Operations: a platform's campaigns against something, to which sanctions and reports may belong.

| from | verb | to |
|---|---|---|
| (none) | open | OPEN |
| OPEN | close | CLOSED |

- A sanction or a report names an operation of its platform that is OPEN. Closing it changes neither.
- A joint operation is an authority's, of several platforms: it is an operation of each of them, which nobody
  closes but the end of its last day. It is closed from that time on, whenever the worker stores that.
- A sanction that a report leads to belongs to the operation that it names, else to the report's if that is
  still OPEN: a report can always be upheld.
- Any other transition is refused, and the refusal names both states.
- The figures of an operation count sanctions that have come into force, and reports by their state.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from idvault_verify.error import InvalidError, PreconditionError, Reason, TransitionError, Violation
from idvault_verify.sanction import Degree, OperationState, Scope
from idvault_verify.statement import text_code

_TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a platform; operation_id is 32 lower-case hex digits.

    signed, end_at: of a joint operation, what its authority signed, and when it closes by itself.
    """

    operation_id: str
    relying_party: str
    title: str = field(repr=False)
    opened_at: datetime
    closed_at: datetime | None = None
    signed: bytes | None = field(default=None, repr=False)
    end_at: datetime | None = None

    @property
    def state(self) -> OperationState:
        """Whether it is open."""
        return OperationState.OPEN if self.closed_at is None else OperationState.CLOSED


@dataclass(frozen=True, slots=True)
class SanctionCount:
    """How many sanctions of a degree and scope have come into force, and what happened to them."""

    degree: Degree
    scope: Scope
    imposed: int
    in_force: int
    lifted: int
    lapsed: int
    overturned: int = 0


def check_title(title: str) -> str:
    """Return a title unchanged; raises InvalidError (INVALID_MESSAGE, title)."""
    code = text_code(title, limit=_TITLE_LENGTH)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("title", code))
    return title


def check_open(*, operation: Operation, now: datetime) -> None:
    """Raise PreconditionError (OPERATION_CLOSED) unless sanctions and reports may name it now."""
    if not _is_open(operation, now):
        raise PreconditionError(Reason.OPERATION_CLOSED)


def inherit(*, named: str | None, reported: Operation, now: datetime) -> str | None:
    """Return the operation of a sanction. named: by itself; reported: by the report that it answers."""
    if named is not None or not _is_open(reported, now):
        return named
    return reported.operation_id


def _is_open(operation: Operation, now: datetime) -> bool:
    return as_of(operation, now=now).state is OperationState.OPEN


def close(*, operation: Operation, now: datetime) -> Operation:
    """Return the operation that a moderator closed; raises TransitionError, also for a joint one."""
    if operation.state is not OperationState.OPEN or operation.signed is not None:
        raise TransitionError(state=operation.state.value, wanted=OperationState.CLOSED.value)
    return replace(operation, closed_at=now)


def end(*, operation: Operation, now: datetime) -> Operation | None:
    """Return the joint operation whose last day is over, None if there is nothing to end."""
    if operation.end_at is None or operation.end_at > now or operation.closed_at is not None:
        return None
    return replace(operation, closed_at=operation.end_at)


def as_of(operation: Operation, *, now: datetime) -> Operation:
    """Return an operation as it is now, also while the end of its last day is not stored yet."""
    return end(operation=operation, now=now) or operation
