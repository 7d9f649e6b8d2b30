"""What the flows of the roster need.

Storage of hand-overs. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer.

The roster versions that this deployment has adopted, and the proposed ones.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """An adopted version as stored; it must not be trusted until its signatures have been verified."""

    version: int
    digest: str
    file: bytes


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposed version. file: without signatures; signatures: the name and 64 bytes of each one so far."""

    version: int
    digest: str
    file: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()


class RosterStore(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def adopt(self, adopted: StoredVersion, *, now: ClockReading, event: Event) -> bool:
        """Store a verified version once, with its event (fields version, hash); True if this call stored it.

        Must raise PreconditionError (ROSTER_INVALID) if the version was adopted with another digest. A
        version below the newest is stored without an event, because its event was written when it was
        adopted. Proposals for this version and earlier ones are deleted.
        """
        ...

    async def newest(self) -> tuple[int, str] | None:
        """Return the number and digest of the newest adopted version, None before the first one."""
        ...

    async def after(self, *, version: int) -> list[StoredVersion]:
        """Return the adopted versions after a version, in order."""
        ...

    async def propose(
        self, proposal: StoredProposal, *, request: Request, now: ClockReading, event: Event
    ) -> StoredProposal:
        """Store a proposal with its event (fields version, hash); return it with its signatures so far.

        The request row comes first; raises AlreadyExistsError (REQUEST_ID_REUSED). If the proposal exists,
        nothing is written. Otherwise proposals older than people.rules.PROPOSAL_LIFETIME are deleted, then
        people.rules.check_room must pass. The signatures of `proposal` are not stored; see `sign`.
        """
        ...

    async def sign(
        self,
        *,
        digest: str,
        name: str,
        signature: bytes,
        request: Request | None,
        now: ClockReading,
        event: Event,
    ) -> StoredProposal:
        """Add a verified signature with its event (fields version, hash, signature); return the proposal.

        A signature is stored once. Raises NotFoundError (REQUEST_NOT_FOUND).
        """
        ...

    async def proposals(self, *, version: int) -> Sequence[StoredProposal]:
        """Return the proposals for a version with their signatures, newest first."""
        ...
