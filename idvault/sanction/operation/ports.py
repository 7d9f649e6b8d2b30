"""What the flows of operations need."""

from typing import Protocol

from idvault.core.request import Request
from idvault.sanction.operation.rules import Operation, OperationState, SanctionCount
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


class OperationStore(Protocol):
    """The operations of relying parties."""

    async def begin(self, operation: Operation, *, request: Request, event: Event) -> Operation:
        """Store a new operation."""
        ...

    async def close(
        self, *, operation_id: str, request: Request, now: ClockReading, event: Event
    ) -> Operation:
        """Store the result of sanction.operation.rules.close; raises what that raises.

        Raises NotFoundError (OPERATION_NOT_FOUND), also for another party's. A sanction that is imposed at
        the same time may still name it.
        """
        ...

    async def get(self, *, relying_party: str, operation_id: str) -> Operation:
        """Return an operation; raises NotFoundError (OPERATION_NOT_FOUND), also for another party's."""
        ...

    async def count(self, *, relying_party: str, operation_id: str, now: ClockReading) -> list[SanctionCount]:
        """Return the figures of an operation as of now, the mildest degree first."""
        ...

    async def list(
        self, *, relying_party: str, state: OperationState | None, after: str, limit: int
    ) -> list[Operation]:
        """Return up to limit operations after the operation `after`, oldest first.

        Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
        """
        ...
