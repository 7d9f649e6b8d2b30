"""The acts and reads of claims. An act and its log entries are one atomic, durable step, or nothing at all.

Every method raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer; an act that raises it
may still have happened (its answer was lost), which is why every one of them may be called again. Exceptions
of drivers never leave the store.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from idvault.domain.account import Account, SubjectKind
from idvault.domain.claim import (
    ClaimOutcome,
    ClaimState,
    Consent,
    Facts,
    FailureReason,
    Owner,
)
from idvault.domain.clock import ClockReading
from idvault.domain.event import Event
from idvault.domain.job import JobProgress
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The blind index of a person at one relying party, under the present and the former index version.

    index, previous: 32 bytes each; previous is None where only one version exists. person_id: the random id
    (16 bytes in hex) that a person seen for the first time gets. limiter_key: 32 bytes, the key under which
    definite mismatches of this person are counted today; yesterday_key: the same for yesterday.
    """

    index_version: int
    index: bytes
    previous: bytes | None
    person_id: str
    limiter_key: bytes
    yesterday_key: bytes


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job until a real time; lease_id is the fence, 16 random bytes in hex."""

    lease_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class NewClaim:
    """Everything that act `open` writes. No name and no number is among it.

    new_account: whether account_token is a fresh one (sign-up) or an existing one of this relying party.
    ais: one id of 32 hex digits for each spelling to ask the registry about, at most two.
    invitation_code_hash: domain.invitation.code_hash of the code that came along, None if none did.
    """

    request: Request
    claim_id: str
    account_token: str
    new_account: bool
    subject_kind: SubjectKind
    consent: Consent
    ais: tuple[str, ...]
    person: PersonKey
    accounts_per_person: int
    lease: Lease
    now: ClockReading
    invitation_code_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """A waiting claim's identity, HPKE-sealed to the key of a day (YYYY-MM-DD, UTC); opaque to the store."""

    day: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """A claim to settle, held under a lease, with the facts that decide it."""

    relying_party: str
    account_token: str
    claim_id: str
    subject_kind: SubjectKind
    consent: Consent
    opened_at: datetime
    ais: tuple[str, ...]
    facts: Facts
    progress: JobProgress
    lease: Lease
    intake: Intake | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """What proves that a claim was sealed and logged: the record's digest, and its entry in the log.

    leaf: as written. opening_key: 32 bytes, which open the leaf's commitment. log_index: None while the entry
    has no place yet. quorum_id: of the quorum that the record was sealed for.
    """

    record_digest: bytes
    quorum_id: str
    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    log_index: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as its request finds it; retry_at (real time) is when to ask again while it is PENDING.

    receipt: only of a success.
    """

    request_id: str
    claim_id: str
    state: ClaimState
    failure_reason: FailureReason | None
    account: Account
    retry_at: datetime | None = None
    receipt: ReceiptEvidence | None = None


@dataclass(frozen=True, slots=True)
class OpenedClaim:
    """The answer of act `open`: the claim, and the job if this very call opened it."""

    claim: Claim
    job: Job | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything that act `settle` writes. record is given exactly when the outcome is a success.

    owner: what a success tells of who was confirmed.
    lease_id: the fence under which the claim was settled; None settles whoever holds the lease (the 48 h
    limit). today, valid_days: what a success makes of verify_date and expire_date. definite_mismatch: whether
    the person's limiter counts this failure.
    """

    account_token: str
    claim_id: str
    outcome: ClaimOutcome
    record: SealedRecord | None
    owner: Owner
    lease_id: str | None
    definite_mismatch: bool
    today: date
    valid_days: int
    now: ClockReading


class VerificationStore(Protocol):
    """Claims, their requests, checks, persons' slots, accounts and sealed records."""

    async def open(self, opening: NewClaim, *, event: Event, superseded: Event) -> OpenedClaim:
        """Open a claim, or find the one that this request already opened.

        In one atomic step, durable before it returns:

        - The request row comes first. If it exists: the fingerprints must be equal
          (domain.request.check_same), nothing is written, and the claim is returned as it is now, job None.
        - An existing account must belong to the relying party, else NotFoundError (ACCOUNT_NOT_FOUND); it
          must pass domain.verification.admit. A code is spent: it must be that of the account's newest
          delivery by link, not used and not run out, else PreconditionError (ILLEGAL_TRANSITION).
        - The person is found by index, else by previous and then moved to index under its row's lock, else
          made. domain.verification.check_attempts must pass on the person's mismatches of the last day, of
          which one who was just made has none.
        - An open claim of the account fails as SUPERSEDED: job DONE, intake deleted, slot freed, and
          `superseded` is written with fields claim_id (the old one) and by_claim_id.
        - The slot: OWNED if the account's person is this person; else TAKEN by one conditional UPDATE
          (n < accounts_per_person), else FULL. different_owner: the account has a person and it is another.
        - Claim (PENDING), one check row for each ai, the account after domain.verification.begin (or a
          domain.status.new one), and a job with domain.job.born progress under the lease.
        - `event` is written with field claim_id.

        A refusal leaves nothing behind. Concurrent calls with one request: exactly one opens.
        """
        ...

    async def postpone(self, job: Job, *, intake: Intake, progress: JobProgress, event: Event) -> bool:
        """Store the intake and the progress and give the lease up, with the event; claim_id is its field.

        Must change nothing and return False unless the claim is PENDING and the job is held under job.lease.
        Repeated after a lost answer: the lease is gone, so it returns False and the claim waits as it should.
        """
        ...

    async def deposit(self, *, account_token: str, claim_id: str, intake: Intake, event: Event) -> bool:
        """Store the intake of a PENDING claim that has none, with the event; claim_id is its field.

        For a caller who repeats its request while somebody holds the job: should that one be dead, a worker
        takes the job up when the lease runs out. Must change nothing else, leave the lease alone, and return
        False where the job is DONE or an intake is stored.
        """
        ...

    async def settle(self, settlement: Settlement, *, event: Event) -> Claim | None:
        """End a PENDING claim; return it as it then is, or None if it was not this call's to end.

        In one atomic step: the claim's outcome, the account after domain.verification.conclude, the job DONE,
        the intake deleted, the record put in the place of the account's former one (success), the slot freed
        if it was TAKEN (failure), the limiter's count raised (definite mismatch), and `event` with fields
        claim_id, state, failure_reason ("" on success) and record_digest (b"" on failure).

        Must change nothing and return None unless the claim is PENDING and (where a fence is given) the
        job is held under it. A late answer therefore loses.
        """
        ...

    async def find(self, *, relying_party: str, request_id: str) -> Claim:
        """Return the claim of a request; raise NotFoundError (REQUEST_NOT_FOUND)."""
        ...

    async def overdue(self, *, opened_before: datetime, limit: int) -> list[Claim]:
        """Return PENDING claims opened at or before a business time, oldest first."""
        ...

    async def purge(self, *, before: datetime, now: ClockReading, event: Event) -> int:
        """Delete request rows, those of people too, made before a business time; return how many.

        Writes `event` with fields before (ISO 8601) and count in the same step, unless there were none.
        """
        ...
