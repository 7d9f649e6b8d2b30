"""Storage of hand-overs. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.handover import HandoverBatch, HandoverEnd


class HandoverStore(Protocol):
    """Shares that pass from one custodian to the next."""

    async def hand_over(
        self, batch: HandoverBatch, *, request: Request, now: ClockReading, event: Event
    ) -> int:
        """Replace shares with re-sealed ones, with one event (field count) for all; return how many.

        The request row (core.person_request_ports) comes first: a repeat writes nothing and returns the same
        count; another body raises AlreadyExistsError (REQUEST_ID_REUSED). Each share must be compared under
        its record's row lock and passed over unless its record version, quorum and stored hash match. The
        former sealed share must be gone when this returns. Nothing that the record digest covers may change.
        A batch of a hand-over that was ended before must raise PreconditionError (ILLEGAL_TRANSITION).
        """
        ...

    async def end(self, ending: HandoverEnd, *, request: Request, now: ClockReading, event: Event) -> int:
        """Store the end of a hand-over with its event (field count); return how many records are left.

        The request row comes first, as in hand_over. If it was ended before by another request, it must raise
        PreconditionError (ILLEGAL_TRANSITION) and write nothing.
        """
        ...

    async def ended(self) -> Collection[tuple[str, str]]:
        """Return every hand-over that was ended: the quorum's id and the leaver's actor id."""
        ...

    async def tokens(self, *, quorum_ids: Collection[str], after: str, limit: int) -> list[str]:
        """Return the next account tokens, in order, whose record has one of these present quorums."""
        ...

    async def count(self, *, quorum_ids: Collection[str]) -> int:
        """Return how many records have one of these present quorums."""
        ...

    async def by_quorum(self) -> Mapping[str, int]:
        """Return how many records each present quorum has."""
        ...

    async def handed(self) -> Mapping[str, tuple[str, ...]]:
        """Return each present quorum that a hand-over created, with the roster's quorum for each place."""
        ...
