"""Storage of drills. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord


@dataclass(frozen=True, slots=True)
class DrillRecord:
    """A quorum's drill record. entry_id: the log entry of its creation."""

    record: SealedRecord
    entry_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Passing:
    """A passed drill. signed_at: by the custodian's clock, in whole seconds."""

    quorum_id: str
    actor_id: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class DrillHistory:
    """When each quorum's drill record was created, and when each custodian of it last passed."""

    made: Mapping[str, datetime]
    passed: Mapping[tuple[str, str], datetime]


class DrillStore(Protocol):
    """Drill records, one for each quorum, and when each of its custodians last passed."""

    async def get(self, *, quorum_id: str) -> DrillRecord | None:
        """Return a quorum's drill record."""
        ...

    async def history(self) -> DrillHistory:
        """Return the history of all quorums."""
        ...

    async def renew(self, record: SealedRecord, *, now: ClockReading, event: Event) -> bool:
        """Store a quorum's drill record with its event and return True, unless the quorum already has one.

        If it has one, nothing is written, not even the event.
        """
        ...

    async def complete(self, passing: Passing, *, request: Request, now: ClockReading, event: Event) -> None:
        """Record with the event that a custodian passed at now.business.

        The request row (core.person_request_ports) comes first: a repeat writes nothing. Must raise
        AlreadyExistsError (REQUEST_ID_REUSED) and write nothing unless signed_at is later than at the
        previous pass, so that one signature counts once.
        """
        ...
