"""Storage of disclosures. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. In each act with a
request, the request row (ports.people.request) comes first: a repeat writes nothing and returns the current
state; another method or body raises AlreadyExistsError (REQUEST_ID_REUSED).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from idvault.domain.clock import ClockReading
from idvault.domain.disclosure import DecidingQuorum, Disclosure, QuorumMember, Verdict
from idvault.domain.event import Event
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class SealedText:
    """A signed request sealed at rest, and the version of the sealing key; opaque to the store."""

    key_version: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Filing:
    """A new request. disclosure: in its first state, with an empty record_id; digest: of the signed request.

    threshold: how many approvals by the record's present quorum it needs.
    """

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored disclosure. entry_id: the log entry of its request; number: counts per auditor."""

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int
    entry_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Deciding:
    """One decision to store. signed: the signed approval or denial; resealed: the share, for approvals only.

    quorum: the member's quorum, which must still be the record's present one.
    """

    disclosure_id: str
    member: QuorumMember
    verdict: Verdict
    quorum: DecidingQuorum
    signed: bytes
    resealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class GivenShare:
    """A custodian's release of a share; resealed is None once the share is destroyed."""

    custodian: str
    place: int
    resealed: bytes | None = field(repr=False)
    signed: bytes


@dataclass(frozen=True, slots=True)
class Logged:
    """A log entry with its opening key; index is None until it is sequenced."""

    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None


@dataclass(frozen=True, slots=True)
class EndedClaim:
    """The outcome of a claim, as its settlement entry states it."""

    claim_id: str
    state: str
    failure_reason: str


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What an account's record can be verified against. entries: all of the account's, newest first."""

    record: SealedRecord
    claims: tuple[EndedClaim, ...]
    entries: tuple[Logged, ...]


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """One opening, as its log entry states it."""

    disclosure_id: str
    account_token: str
    entry_id: str
    opened_at: datetime
    record_digest: bytes


class DisclosureStore(Protocol):
    """Disclosures, decisions, openings, and counts of refusals."""

    async def request(
        self, filing: Filing, *, request: Request, today: date, daily: int, now: ClockReading, event: Event
    ) -> Filed:
        """Store a new request for the account's current record with its event (field request); return it.

        Raises NotFoundError (ACCOUNT_NOT_FOUND) for an account without a record; PreconditionError
        (ACCOUNT_ERASED); AlreadyExistsError (REQUEST_ID_REUSED) for a disclosure_id that was used before;
        ExhaustedError (TOO_MANY_ATTEMPTS) if the auditor has made `daily` requests today, counted by one
        conditional statement.
        """
        ...

    async def decide(self, deciding: Deciding, *, request: Request, now: ClockReading, event: Event) -> Filed:
        """Store a decision with its event (field decision); the state is that of domain.disclosure.decide.

        Must hold the disclosure's row lock. Raises NotFoundError (REQUEST_NOT_FOUND); PreconditionError with
        ILLEGAL_TRANSITION if the account has another record by now, with QUORUM_INVALID if the record's
        present quorum has changed. A denial that ends the disclosure must destroy the re-sealed shares.
        """
        ...

    async def cancel(
        self, *, disclosure_id: str, actor_id: str, request: Request, now: ClockReading, event: Event
    ) -> Filed:
        """Cancel a disclosure of this auditor with its event, and destroy its re-sealed shares."""
        ...

    async def open(
        self,
        *,
        disclosure_id: str,
        actor_id: str,
        record_digest: bytes,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> str:
        """Record one opening with its event (field record_digest); return the entry's id.

        A repeat returns the same entry id. Raises PreconditionError (ILLEGAL_TRANSITION) if the account's
        record is not the disclosure's record or has another digest.
        """
        ...

    async def due(self, *, now: datetime, limit: int) -> list[Disclosure]:
        """Return disclosures that must expire or whose re-sealed shares must be destroyed."""
        ...

    async def expire(self, *, disclosure_id: str, now: ClockReading, event: Event) -> Disclosure | None:
        """Store the result of domain.disclosure.expire with its event, and destroy shares no longer needed.

        Return the disclosure if its state changed, else None; only then is the event written.
        """
        ...

    async def refuse(self, *, actor_id: str, reason: str, now: ClockReading, event: Event) -> bool:
        """Count a refusal (domain.disclosure.refuse); return True if `event` (field count) was written."""
        ...

    async def silent(self, *, now: datetime) -> list[tuple[str, str]]:
        """Return actor and reason of the refusals whose count must be logged (domain.disclosure.flush)."""
        ...

    async def flush(self, *, actor_id: str, reason: str, now: ClockReading, event: Event) -> bool:
        """Write the count of silent refusals to the log; return False if there is none to write."""
        ...

    async def get(self, *, disclosure_id: str) -> Filed | None:
        """Return a stored disclosure."""
        ...

    async def of_auditor(self, *, actor_id: str, below: int | None, limit: int) -> list[Filed]:
        """Return an auditor's disclosures with a number less than `below`, newest first."""
        ...

    async def pending(
        self, *, custodian: str, quorum_ids: Collection[str], now: datetime, offset: int, limit: int
    ) -> list[Filed]:
        """Return the disclosures that wait for a custodian's decision, oldest first.

        These are REQUESTED and not expired, are not yet decided by this custodian, and concern the account's
        current record, whose present quorum is one of quorum_ids.
        """
        ...

    async def shares(self, *, disclosure_id: str) -> list[GivenShare]:
        """Return the releases of a disclosure, in order of place."""
        ...

    async def openings_since(self, *, actor_id: str, since: datetime) -> int:
        """Return how many records an auditor has opened since a time."""
        ...

    async def openings(self, *, account_token: str) -> list[RecordAccess]:
        """Return every opening of an account's records, oldest first."""
        ...

    async def evidence(self, *, account_token: str) -> RecordEvidence | None:
        """Return an account's record with its evidence; None if it has no record."""
        ...

    async def logged(self, *, account_token: str, entry_id: str) -> Logged | None:
        """Return an account's log entry with its opening key; None if either is missing."""
        ...


class ShredKeys(Protocol):
    """The accounts' shred keys, from which the shred value of one record is derived."""

    async def find(self, *, account_token: str) -> bytes | None:
        """Return the stored 32-byte key, or None; must not create one."""
        ...


class CaseTextSealer(Protocol):
    """Seals signed requests at rest; only the custody edge has it."""

    def seal(self, *, disclosure_id: str, text: bytes) -> SealedText:
        """Return the sealed text."""
        ...

    def open(self, *, disclosure_id: str, sealed: SealedText) -> bytes:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        ...


class SecondFactorCheck(Protocol):
    """Spends a one-time code before an act (flows.people.second_factor)."""

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Raise DeniedError (SECOND_FACTOR_REFUSED, SECOND_FACTOR_LOCKED) unless the code is accepted."""
        ...
