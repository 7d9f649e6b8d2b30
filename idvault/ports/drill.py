"""The acts and reads of drills. An act and its log entry are one atomic, durable step, or nothing.

Every method raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class DrillRecord:
    """A quorum's drill record. entry_id: the log entry of its making."""

    record: SealedRecord
    entry_id: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Passing:
    """A drill that was passed. signed_at: by the custodian's own clock, in whole seconds."""

    quorum_id: str
    actor_id: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class DrillHistory:
    """When each quorum's drill record was made, and when each of its custodians last passed."""

    made: Mapping[str, datetime]
    passed: Mapping[tuple[str, str], datetime]


class DrillStore(Protocol):
    """Drill records, one for each quorum, and the last pass of each custodian of it."""

    async def get(self, *, quorum_id: str) -> DrillRecord | None:
        """Return a quorum's drill record."""
        ...

    async def history(self) -> DrillHistory:
        """Return all times at once; passed: by quorum id and actor id."""
        ...

    async def renew(self, record: SealedRecord, *, now: ClockReading, event: Event) -> bool:
        """Store a quorum's drill record with its event, if it has none yet; True if it was this one.

        Where there is one already nothing is written, no event either.
        """
        ...

    async def complete(self, passing: Passing, *, request: Request, now: ClockReading, event: Event) -> None:
        """Note that a custodian passed at now.business, with the event.

        The request (ports.people.request) comes first: a repeat writes nothing. Must raise AlreadyExistsError
        (REQUEST_ID_REUSED), and write nothing, unless signed_at is later than that of the pass before: what
        was signed once counts once.
        """
        ...
