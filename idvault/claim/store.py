"""The rows of claims, of their receipts and of attempts.

A receipt names the log entry that belongs to a successful claim. The attempts of open claims are in their
jobs; those of claims that ended charged have rows of their own, of persons and of accounts.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Table, delete, func, insert, select, union_all, update

from idvault.account.store import rows as account_rows
from idvault.claim import rules as claim_rules
from idvault.claim.job import store as job_store
from idvault.claim.job.rules import Lease, was_sent
from idvault.claim.rules import Attempt, Claim, ClaimOutcome, ReceiptEvidence
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import account_attempts, attempts, claims, jobs, receipts, requests
from idvault.core.tables.log import log_entries, log_openings
from idvault.sealing.ports import PersonKey
from idvault_verify.account import Account, Assurance, SubjectKind
from idvault_verify.claim import ClaimState, Consent, FailureReason
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.event import Event
from idvault_verify.record import SealedRecord
from idvault_verify.transparency import entry


@dataclass(frozen=True, slots=True)
class NewClaim:
    """Everything that a claim begins with. It contains no name and no document number.

    new_account: True for a sign-up with a new account_token, False for an existing account of this relying
    party. ais: one id of 32 hex digits for each spelling to check at the registry, at most two.
    invitation_code_hash: core.invitation_code.code_hash of the request's code, None if it had none.
    pair: the attempt (sealing.ports.PairMarker). proved: the fact that a success establishes.
    representative: the digest of an organisation's (sealing.ports.Indexer), None for a person.
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
    invitation_code_hash: bytes | None = None
    proved: Assurance = Assurance.REGISTRY_MATCH
    representative: bytes | None = field(default=None, repr=False)


_RECEIPT_COLUMNS = (
    receipts.c.entry_id,
    receipts.c.record_digest,
    receipts.c.quorum_id,
    log_entries.c.leaf,
    log_entries.c.log_index,
    log_openings.c.opening_key,
)
"""The columns that `_evidence` reads; the joins that they need follow."""
# One of a verification that was withdrawn is not the account's to show.
_RECEIPT = (
    receipts,
    (receipts.c.account_token == claims.c.account_token)
    & (receipts.c.claim_id == claims.c.claim_id)
    & claims.c.withdrawn_at.is_(None),
)
_ENTRY = (log_entries, log_entries.c.entry_id == receipts.c.entry_id)
_OPENING_KEY = (
    log_openings,
    (log_openings.c.account_token == receipts.c.account_token)
    & (log_openings.c.entry_id == receipts.c.entry_id),
)

_ADD_RECEIPT = statement(insert(receipts))


async def add_receipt(
    connection: Connection, *, claim_id: str, record: SealedRecord, digest: bytes, event: Event
) -> ReceiptEvidence:
    """Store which entry told of a success; return the receipt's evidence.

    digest: the record's digest.
    """
    await connection.later(
        _ADD_RECEIPT,
        account_token=record.account_token,
        claim_id=claim_id,
        entry_id=event.entry_id,
        record_digest=digest,
        quorum_id=record.sealing_quorum_id,
    )
    return ReceiptEvidence(
        digest, record.sealing_quorum_id, event.entry_id, entry.encode_leaf(event), event.opening_key
    )


def _evidence(row: Any) -> ReceiptEvidence | None:
    """Return the receipt's evidence; None if there is no receipt or its opening key was destroyed."""
    if row.entry_id is None or row.leaf is None or row.opening_key is None:
        return None
    return ReceiptEvidence(
        row.record_digest, row.quorum_id, row.entry_id, row.leaf, row.opening_key, row.log_index
    )


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """The attempt of an open claim. limiter_key: whose, None if no person is charged."""

    limiter_key: bytes | None
    pair: bytes
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """The parts of a PENDING claim that are needed to end it. was_sent: whether a check may be out."""

    claim_id: str
    request_id: str
    relying_party: str
    person_id: str
    attempt: OpenAttempt
    was_sent: bool


QUERY = (
    select(
        *accounts.c,
        claims.c.claim_id,
        claims.c.request_id,
        claims.c.state.label("claim_state"),
        claims.c.failure_reason,
        jobs.c.next_at,
        *_RECEIPT_COLUMNS,
    )
    .join_from(claims, accounts, accounts.c.account_token == claims.c.account_token)
    .join(jobs, job_store.OF_CLAIM)
    .outerjoin(*_RECEIPT)
    .outerjoin(*_ENTRY)
    .outerjoin(*_OPENING_KEY)
)
"""The rows that `from_row` reads: a claim, its account, when its job is due, and its receipt."""


def from_row(row: Any) -> Claim:
    """Return the claim in a row of `QUERY`."""
    state = ClaimState(row.claim_state)
    return Claim(
        request_id=row.request_id,
        claim_id=row.claim_id,
        state=state,
        failure_reason=None if row.failure_reason is None else FailureReason(row.failure_reason),
        account=account_rows.from_row(row),
        retry_at=row.next_at if state is ClaimState.PENDING else None,
        receipt=_evidence(row),
    )


_IS_CLAIM = (claims.c.account_token == param("token")) & (claims.c.claim_id == param("claim"))
_IS_PENDING = claims.c.state == ClaimState.PENDING.value
_COLUMNS = (
    claims.c.claim_id,
    claims.c.request_id,
    claims.c.relying_party.label("claim_party"),
    claims.c.person_id.label("claimant"),
    jobs.c.limiter_key,
    jobs.c.pair,
    jobs.c.opened_at,
    jobs.c.sent_at,
    jobs.c.check_index,
    jobs.c.resends,
)
"""The columns that `_pending` reads."""


def _pending(row: Any) -> OpenClaim:
    """Return the PENDING claim in a row with `_COLUMNS`."""
    return OpenClaim(
        row.claim_id,
        row.request_id,
        row.claim_party,
        row.claimant,
        OpenAttempt(row.limiter_key, row.pair, row.opened_at),
        was_sent(sent_at=row.sent_at, check_index=row.check_index, resends=row.resends),
    )


# The job is locked too: a worker that sends a check changes the job alone.
_PENDING: Statement[OpenClaim] = statement(
    for_change(
        select(*_COLUMNS).join_from(claims, jobs, job_store.OF_CLAIM).where(_IS_CLAIM, _IS_PENDING), of=jobs
    ),
    _pending,
)
_ADD = statement(insert(claims))
_END = statement(
    update(claims)
    .where(_IS_CLAIM)
    .values(
        state=param("state"),
        failure_reason=param("failure_reason"),
        ended_at=param("ended_at"),
    )
)


async def open_of(connection: Connection, owner: Account | None) -> OpenClaim | None:
    """Return the open claim of an account that this act has locked."""
    if owner is None or owner.open_claim_id is None:
        return None
    return await connection.one(_PENDING, token=owner.account_token, claim=owner.open_claim_id)


async def add(connection: Connection, new: NewClaim, *, person_id: str, now: datetime) -> None:
    """Insert a PENDING claim."""
    await connection.later(
        _ADD,
        account_token=new.account_token,
        claim_id=new.claim_id,
        relying_party=new.request.caller,
        request_id=new.request.request_id,
        subject_kind=new.subject_kind.value,
        state=ClaimState.PENDING.value,
        failure_reason=None,
        policy_version=new.consent.policy_version,
        agree_time=new.consent.agree_time,
        person_id=person_id,
        opened_at=now,
        ended_at=None,
        withdrawn_at=None,
    )


async def end(
    connection: Connection, *, account_token: str, claim_id: str, outcome: ClaimOutcome, now: datetime
) -> None:
    """Store how a claim ended."""
    reason = outcome.failure_reason
    await connection.later(
        _END,
        token=account_token,
        claim=claim_id,
        state=outcome.state.value,
        failure_reason=None if reason is None else reason.value,
        ended_at=now,
    )


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A PENDING claim, its account and its job, whose rows this act has locked.

    waits: whether it has an intake.
    """

    owner: Account
    claim: OpenClaim
    waits: bool


def _unsettled(row: Any) -> Unsettled:
    return Unsettled(account_rows.from_row(row), _pending(row), row.due_at is not None)


# All three rows are locked, so their values are those at the time the lock is granted.
_UNSETTLED = for_change(
    select(*accounts.c, *_COLUMNS, jobs.c.due_at)
    .join_from(accounts, jobs, jobs.c.account_token == accounts.c.account_token)
    .join(claims, job_store.OF_CLAIM)
    .where(
        accounts.c.account_token == param("token"),
        job_store.IS_JOB,
        _IS_CLAIM,
        _IS_PENDING,
        job_store.IS_OPEN,
    )
)
_ANYBODYS: Statement[Unsettled] = statement(_UNSETTLED, _unsettled)
_HELD: Statement[Unsettled] = statement(_UNSETTLED.where(jobs.c.lease_id == param("lease_id")), _unsettled)


async def lock(
    connection: Connection, *, account_token: str, claim_id: str, lease_id: str | None
) -> Unsettled | None:
    """Return a claim that is PENDING, locked with its account, None if it is not, or not held by this lease.

    lease_id: None for a claim whose job anybody may hold.
    """
    if lease_id is None:
        return await connection.one(_ANYBODYS, token=account_token, claim=claim_id)
    return await connection.one(_HELD, token=account_token, claim=claim_id, lease_id=lease_id)


def _read(row: Any) -> Attempt:
    return Attempt(row.pair, row.attempted_at)


_DAYS = [param("today"), param("yesterday")]
_OF_PERSON: Statement[Attempt] = statement(
    union_all(
        select(attempts.c.pair, attempts.c.attempted_at).where(
            attempts.c.relying_party == param("party"),
            attempts.c.limiter_key.in_(_DAYS),
            attempts.c.attempted_at > param("after"),
        ),
        select(jobs.c.pair, func.max(jobs.c.opened_at).label("attempted_at"))
        .where(
            jobs.c.relying_party == param("party"),
            jobs.c.limiter_key.in_(_DAYS),
            jobs.c.opened_at > param("after"),
        )
        .group_by(jobs.c.pair),
    ),
    _read,
)
_OF_ACCOUNT: Statement[Attempt] = statement(
    select(account_attempts.c.pair, account_attempts.c.attempted_at).where(
        account_attempts.c.account_token == param("token"), account_attempts.c.attempted_at > param("after")
    ),
    _read,
)


def _keep(table: Table) -> Statement[Any]:
    fresh = upsert(table)
    return statement(
        fresh.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={"attempted_at": fresh.excluded.attempted_at},
            where=table.c.attempted_at < fresh.excluded.attempted_at,
        )
    )


_KEEP = _keep(attempts)
_KEEP_OF_ACCOUNT = _keep(account_attempts)
_GIVE_BACK = statement(
    delete(attempts).where(
        attempts.c.relying_party == param("party"),
        attempts.c.limiter_key == param("limiter_key"),
        attempts.c.pair == param("pair"),
    )
)
_FORGET = [
    statement(delete(table).where(table.c.attempted_at <= param("until")))
    for table in (attempts, account_attempts)
]


async def attempts_of_account(
    connection: Connection, account_token: str, *, after: datetime
) -> list[Attempt]:
    """Return the attempts that are charged to an account."""
    return await connection.all(_OF_ACCOUNT, token=account_token, after=after)


async def attempts_of_person(
    connection: Connection, party: str, key: PersonKey, *, after: datetime
) -> list[Attempt]:
    """Return the attempts that are charged to a person, also those of open claims."""
    today, yesterday = key.limiter_key, key.yesterday_key
    return await connection.all(_OF_PERSON, party=party, today=today, yesterday=yesterday, after=after)


async def keep(connection: Connection, tried: OpenAttempt, *, owner: Account) -> None:
    """Keep the attempt of a claim that ends charged. owner: the claim's account as it was."""
    what = {"pair": tried.pair, "attempted_at": tried.opened_at}
    if tried.limiter_key is not None:
        await connection.run(_KEEP, relying_party=owner.relying_party, limiter_key=tried.limiter_key, **what)
    if owner.person_id is not None:
        await connection.later(_KEEP_OF_ACCOUNT, account_token=owner.account_token, **what)


async def charge(connection: Connection, party: str, key: PersonKey, *, pair: bytes, now: datetime) -> None:
    """Charge an attempt that is no claim's to a person."""
    await connection.run(_KEEP, relying_party=party, limiter_key=key.limiter_key, pair=pair, attempted_at=now)


async def give_back(connection: Connection, party: str, key: PersonKey, *, pair: bytes) -> None:
    """Charge an attempt no longer."""
    await connection.run(_GIVE_BACK, party=party, limiter_key=key.limiter_key, pair=pair)


async def keep_of_account(connection: Connection, account_token: str, tried: OpenAttempt) -> None:
    """Keep an attempt of an account, also of one without a person."""
    await connection.later(
        _KEEP_OF_ACCOUNT, account_token=account_token, pair=tried.pair, attempted_at=tried.opened_at
    )


async def forget(connection: Connection, *, now: datetime) -> None:
    """Delete the attempts that no longer count."""
    for forgetting in _FORGET:
        await connection.run(forgetting, until=now - claim_rules.WINDOW)


_FIND: Statement[Claim] = statement(
    QUERY.join(
        requests,
        (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
    ).where(requests.c.relying_party == param("party"), requests.c.request_id == param("request_id")),
    from_row,
)
GET: Statement[Claim] = statement(QUERY.where(_IS_CLAIM), from_row)
"""The claim of an account."""
_OVERDUE: Statement[Claim] = statement(
    QUERY.where(_IS_PENDING, claims.c.opened_at <= param("opened_before"))
    .order_by(claims.c.opened_at, claims.c.claim_id)
    .limit(param("limit", Integer)),
    from_row,
)
OLDEST: Statement[datetime | None] = statement(
    select(func.min(claims.c.opened_at)).where(_IS_PENDING), scalar
)
"""When the oldest open claim was opened (business time); no row or null if none is open."""


async def find(connection: Connection, party: str, request_id: str) -> Claim:
    """Return the claim of a kept request; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found = await connection.one(_FIND, party=party, request_id=request_id)
    return _known(found)


async def get(connection: Connection, account_token: str, claim_id: str) -> Claim:
    """Return the claim that a request made; raises as `find` does."""
    found = await connection.one(GET, token=account_token, claim=claim_id)
    return _known(found)


async def overdue(connection: Connection, *, opened_before: datetime, limit: int) -> list[Claim]:
    """Return PENDING claims opened at or before a business time, oldest first."""
    return await connection.all(_OVERDUE, opened_before=opened_before, limit=limit)


def _known(found: Claim | None) -> Claim:
    if found is None:  # unknown, or the account has been removed
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found
