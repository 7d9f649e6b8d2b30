"""Storage of disclosures. An act and its log entry must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. In each act with a
request, the request row (core.person_request_ports) comes first: a repeat writes nothing and returns the
current state; another method or body raises AlreadyExistsError (REQUEST_ID_REUSED).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from idvault.core.request import Request
from idvault.log.ports import Logged
from idvault.sealing.ports import SealedText
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import DecidingQuorum, Disclosure, QuorumMember, Verdict
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord


@dataclass(frozen=True, slots=True)
class Filing:
    """A new request. disclosure: in its first state, with the record's id and digest; digest: of the request.

    threshold: how many shares of the record's present quorum it needs.
    """

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int


@dataclass(frozen=True, slots=True)
class Filed:
    """A stored disclosure. entry_id: the log entry of its request; number: counts per auditor.

    denials: the signed denials that hold a reason, by custodian.
    """

    disclosure: Disclosure
    text: SealedText
    digest: bytes
    threshold: int
    entry_id: str
    number: int
    denials: Mapping[str, SealedText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deciding:
    """One decision to store. signed: the signed approval or denial.

    quorum: the member's quorum, which must still be the record's present one. sealed: a denial that holds a
    reason, which must be stored instead of `signed`, so that the reason is encrypted at rest.
    """

    disclosure_id: str
    member: QuorumMember
    verdict: Verdict
    quorum: DecidingQuorum
    signed: bytes
    sealed: SealedText | None = None


@dataclass(frozen=True, slots=True)
class Releasing:
    """One approved share to store. legal_basis: of the request, which the person is told later.

    quorum: the member's quorum, which must still be the record's present one. record_digest: of the record.
    """

    disclosure_id: str
    member: QuorumMember
    quorum: DecidingQuorum
    resealed: bytes = field(repr=False)
    record_digest: bytes
    legal_basis: str


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """What one custodian signed, and its log entries. release_entry_id: None while the share is missing."""

    signed: bytes
    entry_id: str
    release_entry_id: str | None


@dataclass(frozen=True, slots=True)
class GivenShare:
    """A custodian's release of a share; resealed is None once the share is destroyed."""

    custodian: str
    place: int
    resealed: bytes | None = field(repr=False)
    signed: bytes


@dataclass(frozen=True, slots=True)
class EndedClaim:
    """The outcome of a claim, as its settlement entry states it."""

    claim_id: str
    state: str
    failure_reason: str


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What a record can be verified against. entries: all of the account's, newest first.

    is_newest: whether it is the account's newest record, and not a former one kept for a disclosure.
    """

    record: SealedRecord
    claims: tuple[EndedClaim, ...]
    entries: tuple[Logged, ...]
    is_newest: bool = True


@dataclass(frozen=True, slots=True)
class RecordDisclosure:
    """The release of M shares, as its log entry states it: from then on the record can be opened."""

    disclosure_id: str
    account_token: str
    entry_id: str
    disclosed_at: datetime
    record_digest: bytes
    auditor_actor_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """One opening, as its log entry states it."""

    disclosure_id: str
    account_token: str
    entry_id: str
    opened_at: datetime
    record_digest: bytes


class DisclosureStore(Protocol):
    """Disclosures, decisions, shares, openings, and counts of refusals.

    While a disclosure needs its shares (disclosure.rules.needs_shares), the record version that its request
    fixed must be kept although the account is verified again. The act that ends the last such disclosure must
    remove a version that is not the newest.
    """

    async def request(
        self, filing: Filing, *, request: Request, today: date, daily: int, now: ClockReading, event: Event
    ) -> Filed:
        """Store a new request for the account's current record with its event; return it.

        Raises NotFoundError (ACCOUNT_NOT_FOUND) for an account without a record; PreconditionError with
        ACCOUNT_ERASED, or with ILLEGAL_TRANSITION if the account's record is not that of the filing, compared
        under the account's row lock; AlreadyExistsError (REQUEST_ID_REUSED) for a disclosure_id that was used
        before; ExhaustedError (TOO_MANY_ATTEMPTS) if the auditor has made `daily` requests today, counted by
        one conditional statement.
        """
        ...

    async def decide(self, deciding: Deciding, *, request: Request, now: ClockReading, event: Event) -> Filed:
        """Store a decision with its event (field decision); the state is that of disclosure.rules.decide.

        Must hold the disclosure's row lock. Raises NotFoundError (REQUEST_NOT_FOUND); PreconditionError with
        ILLEGAL_TRANSITION if the record is gone, with QUORUM_INVALID if its present quorum has changed. A
        denial that ends the disclosure must destroy the re-sealed shares.
        """
        ...

    async def release(
        self, releasing: Releasing, *, request: Request, now: ClockReading, event: Event, disclosing: Event
    ) -> Filed:
        """Store an approved share with its event; the state is that of disclosure.rules.release.

        Must hold the disclosure's row lock. The release that sets disclosed_at must also write `disclosing`
        and keep the legal basis. Raises as `decide` does.
        """
        ...

    async def unlogged(self, *, now: datetime, limit: int) -> list[Disclosure]:
        """Return disclosures without their log entry, oldest first: those of before migration 0015."""
        ...

    async def disclose(self, *, disclosure_id: str, event: Event) -> bool:
        """Store the event of a disclosure that lacks its entry; return False if it has one.

        Must fill in the fields legal_basis, which is empty, and record_digest: of the version that was opened
        or that the request is for, empty if that one is gone.
        """
        ...

    async def confirm(
        self,
        *,
        disclosure_id: str,
        actor_id: str,
        record_digest: bytes,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Filed:
        """Store that the shares open the record, with its event; no further share may be stored then."""
        ...

    async def report_share(
        self, *, disclosure_id: str, actor_id: str, custodian: str, now: ClockReading, event: Event
    ) -> bool:
        """Store that a custodian's share is wrong, with its event; return False if it is known already.

        Raises as disclosure.rules.report_share and check_owner do.
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

        A repeat returns the same entry id. Raises PreconditionError (ILLEGAL_TRANSITION) if the disclosure's
        record is gone or has another digest.
        """
        ...

    async def due(self, *, now: datetime, limit: int) -> list[Disclosure]:
        """Return disclosures that must expire or whose re-sealed shares must be destroyed."""
        ...

    async def expire(self, *, disclosure_id: str, now: ClockReading, event: Event) -> Disclosure | None:
        """Store the result of disclosure.rules.expire with its event, and destroy shares no longer needed.

        Return the disclosure if its state changed, else None; only then is the event written.
        """
        ...

    async def refuse(self, *, actor_id: str, reason: str, now: ClockReading, event: Event) -> bool:
        """Count a refusal (disclosure.rules.refuse); return True if `event` (field count) was written."""
        ...

    async def silent(self, *, now: datetime) -> list[tuple[str, str]]:
        """Return actor and reason of the refusals whose count must be logged (disclosure.rules.flush)."""
        ...

    async def flush(self, *, actor_id: str, reason: str, now: ClockReading, event: Event) -> bool:
        """Write the count of silent refusals to the log; return False if there is none to write."""
        ...

    async def get(self, *, disclosure_id: str) -> Filed | None:
        """Return a stored disclosure."""
        ...

    async def filed_on(self, *, actor_id: str, day: date) -> int:
        """Return how many requests an auditor has filed on a day."""
        ...

    async def of_auditor(self, *, actor_id: str, below: int | None, limit: int) -> list[Filed]:
        """Return an auditor's disclosures with a number less than `below`, newest first."""
        ...

    async def pending(
        self, *, custodian: str, quorum_ids: Collection[str], now: datetime, offset: int, limit: int
    ) -> list[Filed]:
        """Return the disclosures that wait for a custodian's decision or share, oldest first.

        These are not expired, ended or confirmed; this custodian has neither denied them nor released the
        share; and the present quorum of their record, newest or kept, is one of quorum_ids.
        """
        ...

    async def shares(self, *, disclosure_id: str) -> list[GivenShare]:
        """Return the released shares of a disclosure, in order of place."""
        ...

    async def own_decision(self, *, disclosure_id: str, custodian: str) -> OwnDecision | None:
        """Return what a custodian signed about a disclosure."""
        ...

    async def disclosures_since(self, *, actor_id: str, since: datetime) -> int:
        """Return how many records were disclosed to an auditor since a time, opened or not."""
        ...

    async def disclosures(self, *, account_token: str) -> list[RecordDisclosure]:
        """Return every disclosure of an account's records that has its log entry, oldest first.

        Cancelled and expired ones must be among them.
        """
        ...

    async def openings(self, *, account_token: str) -> list[RecordAccess]:
        """Return every opening of an account's records, oldest first."""
        ...

    async def record(self, *, account_token: str, record_id: str) -> SealedRecord | None:
        """Return one version of a record: the newest, or one that is kept for a disclosure."""
        ...

    async def evidence(self, *, account_token: str, record_id: str | None = None) -> RecordEvidence | None:
        """Return a record with its evidence; None if it does not exist.

        record_id: the newest version or one that is kept for a disclosure; without it, the newest.
        """
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
    """Seals signed requests and denials at rest; only the custody edge has it.

    custodian: who signed the denial; empty for a request.
    """

    def seal(self, *, disclosure_id: str, text: bytes, custodian: str = "") -> SealedText:
        """Return the sealed text."""
        ...

    def open(self, *, disclosure_id: str, sealed: SealedText, custodian: str = "") -> bytes:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        ...
