"""What the flows of orders need."""

from typing import Protocol

from idvault.core.request import Request
from idvault.sanction.order.rules import OrderState, RecordedOrder
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


class OrderStore(Protocol):
    """The orders of authorities that relying parties have recorded."""

    async def record(self, order: RecordedOrder, *, request: Request, event: Event) -> RecordedOrder:
        """Store an order; one with the same digest keeps its order, and nothing is written.

        A sanction with this digest that is in force already, or comes into force meanwhile, must count.
        """
        ...

    async def miss(self, order: RecordedOrder, *, now: ClockReading, event: Event) -> bool:
        """Store with the event that a deadline passed; False if it is stored, or the order carried out."""
        ...

    async def due(self, *, now: ClockReading, limit: int) -> list[RecordedOrder]:
        """Return orders that are overdue without that being stored, the oldest deadline first."""
        ...

    async def overdue(self, *, now: ClockReading) -> int:
        """Return how many orders of all relying parties are OVERDUE."""
        ...

    async def list(
        self,
        *,
        relying_party: str,
        state: OrderState | None,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> list[RecordedOrder]:
        """Return up to limit orders after the order `after`, in the order in which they were recorded.

        Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
        """
        ...
