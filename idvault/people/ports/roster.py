"""The roster versions that this deployment has adopted, and the proposed ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idvault.core.request import Request
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


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
        nothing is written. Otherwise proposals older than domain.roster.PROPOSAL_LIFETIME are deleted, then
        domain.roster.check_room must pass. The signatures of `proposal` are not stored; see `sign`.
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
