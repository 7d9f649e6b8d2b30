"""Storage of claims. An act and its log entries must be one atomic, durable step.

Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer. An act that raises it may
still have happened (its answer was lost), so every act must be safe to repeat. Driver exceptions must not
leave the store.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from idvault.claim.job.rules import JobProgress
from idvault.claim.rules import ClaimOutcome, Owner
from idvault.core.request import Request
from idvault.registry.ports import CallTurn, Reserved
from idvault.sealing.ports import Intake, PersonKey
from idvault.verify.account import Account, SubjectKind
from idvault.verify.claim import ClaimState, Consent, FailureReason
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job until a real time; lease_id: the fencing token, 16 random bytes in hex."""

    lease_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class NewClaim:
    """Everything that act `open` writes. It contains no name and no document number.

    new_account: True for a sign-up with a new account_token, False for an existing account of this relying
    party. ais: one id of 32 hex digits for each spelling to check at the registry, at most two.
    invitation_code_hash: core.invitation_code.code_hash of the request's code, None if it had none.
    pair: the attempt (sealing.ports.PairMarker).
    """

    request: Request
    claim_id: str
    account_token: str
    new_account: bool
    subject_kind: SubjectKind
    consent: Consent
    ais: tuple[str, ...]
    person: PersonKey
    pair: bytes
    lease: Lease
    now: ClockReading
    invitation_code_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A leased claim to settle. withheld: nothing is sent, and it ends as a mismatch (claim.rules)."""

    relying_party: str
    account_token: str
    claim_id: str
    subject_kind: SubjectKind
    consent: Consent
    opened_at: datetime
    ais: tuple[str, ...]
    progress: JobProgress
    lease: Lease
    withheld: bool = False
    intake: Intake | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """Proof that a claim was sealed and logged: the record's digest and the log entry.

    leaf: as written. opening_key: 32 bytes that open the leaf's commitment. log_index: None until the entry
    is sequenced. quorum_id: the quorum that the record was sealed for.
    """

    record_digest: bytes
    quorum_id: str
    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    log_index: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as returned to its request.

    retry_at: when to ask again while the claim is PENDING (real time). receipt: only for a success.
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
    """The result of act `open`: the claim, and the job if this call opened the claim.

    reserved: what the given turn got, None without a turn or without a job.
    """

    claim: Claim
    job: Job | None
    reserved: Reserved | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """What is written if the account begins or ceases to follow sanctions of its person.

    event: PERSON_FOLLOW, written with field standings. delay: from the lift of such a sanction to the end of
    what it does to this account (account.rules).
    """

    event: Event
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything that act `settle` writes.

    outcome: claim.rules.decide; of a success the act decides itself (claim.rules.confirm). record,
    following: present exactly if the outcome is a success. owner: published on success. lease_id: the lease
    under which the claim is settled; None settles it whichever process holds the lease (the 48 h limit).
    today, valid_days: give verify_date and expire_date on success. accounts_per_person: how many slots a
    person has.
    """

    account_token: str
    claim_id: str
    outcome: ClaimOutcome
    record: SealedRecord | None
    owner: Owner
    lease_id: str | None
    accounts_per_person: int
    today: date
    valid_days: int
    now: ClockReading
    following: Following | None = None


class VerificationStore(Protocol):
    """Claims with their requests and checks, persons' slots, accounts and sealed records."""

    async def open(
        self, new_claim: NewClaim, *, event: Event, superseded: Event, turn: CallTurn | None = None
    ) -> OpenedClaim:
        """Open a claim, or return the one that this request already opened.

        In one atomic step, durable before it returns:

        - The request row comes first. If it exists, the fingerprints must be equal
          (core.request.check_same), nothing is written, and the current claim is returned with job None.
        - An existing account must belong to the relying party, else NotFoundError (ACCOUNT_NOT_FOUND). It
          must pass claim.rules.admit. A code loses one of its tries: it must be from the account's newest
          delivery by link, not expired, with a try left and no success, else PreconditionError
          (ILLEGAL_TRANSITION).
        - The person is looked up by index, then by previous (and moved to index under its row lock), else
          created, and stays locked. No slot is taken.
        - An open claim of the account fails as SUPERSEDED: its job is DONE, its intake is deleted, its
          attempt is given back unless a check may have been sent (rules.was_sent), and `superseded` is
          written with fields claim_id (of the old claim) and by_claim_id.
        - The attempt is charged by the rules of claim.rules. Open jobs count, at the time when they
          opened. An attempt that stays charged is deleted after a day.
        - Written: the claim (PENDING), one check row for each ai, the account after claim.rules.begin (or a
          account.rules.new one), and a job with claim.job.rules.born progress under the lease.
        - `event` is written with field claim_id.
        - A slot is taken for `turn` (registry.store.take_last), last of all, whether the claim
          is withheld or not.

        A refusal must write nothing, and takes no slot. Of concurrent calls with one request, exactly one
        must open the claim.
        """
        ...

    async def postpone(self, job: Job, *, intake: Intake, progress: JobProgress, event: Event) -> bool:
        """Store the intake and the progress, and give up the lease, with the event (field claim_id).

        Must change nothing and return False unless the claim is PENDING and the job is held under job.lease.
        A repeat after a lost answer returns False, because the lease is gone; the claim is already waiting.
        """
        ...

    async def deposit(self, *, account_token: str, claim_id: str, intake: Intake, event: Event) -> bool:
        """Store the intake of a PENDING claim that has none, with the event (field claim_id).

        For a caller that repeats its request while another process holds the job: if that process has died, a
        worker can then lease the job when the lease ends. Must change nothing else, keep the lease, and
        return False if the job is DONE or an intake is stored.
        """
        ...

    async def settle(self, settlement: Settlement, *, event: Event) -> Claim | None:
        """End a PENDING claim; return the ended claim, or None if this call may not end it.

        In one atomic step, store the outcome and the account after claim.rules.conclude, set the job DONE,
        delete the intake, replace the account's record (success), give the attempt back unless it is kept
        (claim.rules.is_kept), and write `event` with fields claim_id, state, failure_reason ("" on
        success) and record_digest (b"" on failure).

        A success must first be confirmed (claim.rules.confirm) on facts that are read afresh under the locks
        of account and person: the account's person, the person's closed mark, and the slot, which is taken by
        one conditional UPDATE (n < accounts_per_person) unless the account has it already. If it is not
        confirmed, the claim fails and the given record is discarded.

        A claim that matched its account's person, whether it succeeds or not, lets the account follow the
        person's sanctions that are in force, and no others (account.rules). If that changes
        anything, the account's standing is stored with it, and following.event is written.

        Must change nothing and return None unless the claim is PENDING and, if lease_id is given, the job is
        held under that lease. So a late answer changes nothing.
        """
        ...

    async def find(self, *, relying_party: str, request_id: str) -> Claim:
        """Return the claim of a request, or raise NotFoundError (REQUEST_NOT_FOUND)."""
        ...

    async def overdue(self, *, opened_before: datetime, limit: int) -> list[Claim]:
        """Return PENDING claims opened at or before a business time, oldest first."""
        ...
