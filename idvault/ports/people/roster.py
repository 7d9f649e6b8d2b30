"""Which roster versions this deployment has adopted, and which are proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """An adopted version as the database has it: a claim, until its signatures were verified."""

    version: int
    digest: str
    file: bytes


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposed version. file: without signatures; signatures: name and 64 bytes of each so far."""

    version: int
    digest: str
    file: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()


class RosterStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def adopt(self, adopted: StoredVersion, *, now: ClockReading, event: Event) -> bool:
        """Note a verified version once, with its event (fields version, hash); True if this call was the one.

        Must raise PreconditionError (ROSTER_INVALID) for another digest of a version that was adopted. A
        version below the newest is stored without an event: its own was written when it was adopted.
        Proposals of this and of former versions are deleted.
        """
        ...

    async def newest(self) -> tuple[int, str] | None:
        """Return version and digest of the newest adopted version, None before the first."""
        ...

    async def after(self, *, version: int) -> list[StoredVersion]:
        """Return the adopted versions above a version, in order."""
        ...

    async def propose(
        self, proposal: StoredProposal, *, request: Request, now: ClockReading, event: Event
    ) -> StoredProposal:
        """Store a proposal with its event (fields version, hash); return it with its signatures so far.

        The request comes first; AlreadyExistsError (REQUEST_ID_REUSED). A proposal that is there stays and
        nothing is written. Those that outlived domain.roster.PROPOSAL_LIFETIME are deleted, then
        domain.roster.check_room must pass. The proposal's own signatures are not stored: see `sign`.
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

        A signature that is there already is written once. NotFoundError (REQUEST_NOT_FOUND).
        """
        ...

    async def proposals(self, *, version: int) -> Sequence[StoredProposal]:
        """Return the proposals for a version with their signatures, newest first."""
        ...
