"""The acts and reads of hand-overs. An act and its log entry are one atomic, durable step, or nothing.

Every method raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.handover import HandoverBatch
from idvault.domain.request import Request


class HandoverStore(Protocol):
    """Shares on their way from one custodian to the next."""

    async def hand_over(
        self, batch: HandoverBatch, *, request: Request, now: ClockReading, event: Event
    ) -> int:
        """Put re-sealed shares in the place of the former ones, with one event (field count) for all.

        Return how many. The request's row (ports.people.request) comes first: a repeat writes nothing and is
        answered with the count of the first time; AlreadyExistsError (REQUEST_ID_REUSED) for another body.
        Each share must be compared under its record's row lock, and passed over unless it is of the record's
        version, quorum and stored hash as it was read. The former sealed share must be gone when this
        returns; nothing that the record digest covers may change.
        """
        ...

    async def tokens(self, *, quorum_ids: Collection[str], after: str, limit: int) -> list[str]:
        """Return the accounts after one, in order, whose records have one of these present quorums."""
        ...

    async def count(self, *, quorum_ids: Collection[str]) -> int:
        """Return how many records have one of these present quorums."""
        ...

    async def by_quorum(self) -> Mapping[str, int]:
        """Return how many records each present quorum has."""
        ...

    async def handed(self) -> Mapping[str, tuple[str, ...]]:
        """Return each present quorum that a hand-over has made, with the roster's quorum of each place."""
        ...
