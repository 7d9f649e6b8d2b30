"""The acts and reads of disclosures. An act and its log entry are one atomic, durable step, or nothing.

Every method raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer. In each act that has a
request its row (ports.people.request) comes first: a repeat writes nothing and is answered with the state of
things; AlreadyExistsError (REQUEST_ID_REUSED) for another method or body.
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
    """A signed request at rest, and the version of the key that it is sealed under; opaque to the store."""

    key_version: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Filing:
    """A new request. disclosure: as it begins, its record_id still empty; digest: of the signed request.

    threshold: how many approvals it needs by the record's present quorum.
    """

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored disclosure. entry_id: the log entry of its request; number: its place among its auditor's."""

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int
    entry_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Deciding:
    """One decision to store. signed: the signed approval or denial; resealed: the share, of an approval only.

    quorum: the quorum that the member was found in; it must still be the record's present one.
    """

    disclosure_id: str
    member: QuorumMember
    verdict: Verdict
    quorum: DecidingQuorum
    signed: bytes
    resealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class GivenShare:
    """A re-sealed share as its custodian gave it. resealed is None once it was destroyed."""

    custodian: str
    place: int
    resealed: bytes | None = field(repr=False)
    signed: bytes


@dataclass(frozen=True, slots=True)
class Logged:
    """A log entry with the key that opens its commitment; index is None until it is sequenced."""

    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None


@dataclass(frozen=True, slots=True)
class EndedClaim:
    """How a claim of an account ended, in the words of its settlement entry."""

    claim_id: str
    state: str
    failure_reason: str


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What an account's record can be checked by. entries: all of the account, newest first."""

    record: SealedRecord
    claims: tuple[EndedClaim, ...]
    entries: tuple[Logged, ...]


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """One opening, as its log entry tells it."""

    disclosure_id: str
    account_token: str
    entry_id: str
    opened_at: datetime
    record_digest: bytes


class DisclosureStore(Protocol):
    """Disclosures, decisions, openings, and the count of what was refused."""

    async def request(
        self, filing: Filing, *, request: Request, today: date, daily: int, now: ClockReading, event: Event
    ) -> Filed:
        """Store a new request with its event (field request) and return it, about the record of now.

        NotFoundError (ACCOUNT_NOT_FOUND) for an account without record, PreconditionError (ACCOUNT_ERASED);
        AlreadyExistsError (REQUEST_ID_REUSED) for a disclosure_id that was used before; ExhaustedError
        (TOO_MANY_ATTEMPTS) where the auditor has made `daily` requests on this day, counted by one
        conditional statement.
        """
        ...

    async def decide(self, deciding: Deciding, *, request: Request, now: ClockReading, event: Event) -> Filed:
        """Store a decision with its event (field decision); the state becomes domain.disclosure.decide's.

        Under the disclosure's row lock. NotFoundError (REQUEST_NOT_FOUND); PreconditionError
        (ILLEGAL_TRANSITION) if the account has another record by now, QUORUM_INVALID if the record's present
        quorum is another one. A denial that ends the disclosure destroys the re-sealed shares.
        """
        ...

    async def cancel(
        self, *, disclosure_id: str, actor_id: str, request: Request, now: ClockReading, event: Event
    ) -> Filed:
        """Cancel an auditor's own disclosure with its event, and destroy its re-sealed shares."""
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
        """Note one opening with its event (field record_digest); return the entry's id.

        A repeat returns the entry id of the first time. PreconditionError (ILLEGAL_TRANSITION) if the
        account's record is not the one that the disclosure is about, or has another digest.
        """
        ...

    async def due(self, *, now: datetime, limit: int) -> list[Disclosure]:
        """Return disclosures that must expire, and those whose re-sealed shares must be destroyed."""
        ...

    async def expire(self, *, disclosure_id: str, now: ClockReading, event: Event) -> Disclosure | None:
        """Store domain.disclosure.expire of a disclosure with its event, and destroy shares not needed.

        Return it if its state changed, else None; the event is written only then.
        """
        ...

    async def refuse(self, *, actor_id: str, reason: str, now: ClockReading, event: Event) -> bool:
        """Count a refusal (domain.disclosure.refuse); True if `event` (field count) was written."""
        ...

    async def silent(self, *, now: datetime) -> list[tuple[str, str]]:
        """Return actor and reason of the refusals whose count must be written (domain.disclosure.flush)."""
        ...

    async def flush(self, *, actor_id: str, reason: str, now: ClockReading, event: Event) -> bool:
        """Write the count of silent refusals; False if there is nothing to write."""
        ...

    async def get(self, *, disclosure_id: str) -> Filed | None:
        """Return a disclosure as it is stored."""
        ...

    async def of_auditor(self, *, actor_id: str, below: int | None, limit: int) -> list[Filed]:
        """Return an auditor's own disclosures, newest first, those with a number below one."""
        ...

    async def pending(
        self, *, custodian: str, quorum_ids: Collection[str], now: datetime, offset: int, limit: int
    ) -> list[Filed]:
        """Return what waits for a custodian's decision, oldest first.

        REQUESTED and in time, about a record that is still the account's and whose present quorum is one of
        these, and not decided by this custodian.
        """
        ...

    async def shares(self, *, disclosure_id: str) -> list[GivenShare]:
        """Return the approvals with their re-sealed shares, in the order of their places."""
        ...

    async def openings_since(self, *, actor_id: str, since: datetime) -> int:
        """Return how many openings an auditor has made since a time."""
        ...

    async def openings(self, *, account_token: str) -> list[RecordAccess]:
        """Return every opening of an account's records, oldest first."""
        ...

    async def evidence(self, *, account_token: str) -> RecordEvidence | None:
        """Return an account's record with what it can be checked by; None if it has no record."""
        ...

    async def logged(self, *, account_token: str, entry_id: str) -> Logged | None:
        """Return an entry of an account with its opening key; None if either is gone."""
        ...


class ShredKeys(Protocol):
    """The accounts' shred keys, to derive from one what a single record needs."""

    async def find(self, *, account_token: str) -> bytes | None:
        """Return the stored 32-byte key; must make none where there is none."""
        ...


class CaseTextSealer(Protocol):
    """Keeps signed requests unreadable at rest; held by the custody edge alone."""

    def seal(self, *, disclosure_id: str, text: bytes) -> SealedText:
        """Return the sealed text."""
        ...

    def open(self, *, disclosure_id: str, sealed: SealedText) -> bytes:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if it does not open."""
        ...


class SecondFactorCheck(Protocol):
    """Spends a one-time code before an act (flows.people.second_factor)."""

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Raise DeniedError (SECOND_FACTOR_REFUSED, SECOND_FACTOR_LOCKED) unless the code counts."""
        ...
