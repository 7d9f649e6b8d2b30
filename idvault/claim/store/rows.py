"""Rows of claims.

Rows of receipts: which log entry belongs to a successful claim.

Rows of attempts, of persons and of accounts; the attempts of open claims are in their jobs.

Rows of intakes: the sealed identities of waiting claims.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, union_all, update

from idvault.account.store import rows as account_rows
from idvault.claim import rules as claim_rules
from idvault.claim.job.rules import was_sent
from idvault.claim.ports import Claim, NewClaim, ReceiptEvidence
from idvault.claim.rules import Attempt, ClaimOutcome
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement, upsert
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import account_attempts, attempts, claims, intakes, jobs, receipts
from idvault.core.tables.log import log_entries, log_openings
from idvault.sealing.ports import Intake
from idvault.verify.account import Account
from idvault.verify.claim import ClaimState, FailureReason
from idvault.verify.error import ExhaustedError
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord
from idvault.verify.transparency import entry

COLUMNS_RECEIPT = (
    receipts.c.entry_id,
    receipts.c.record_digest,
    receipts.c.quorum_id,
    log_entries.c.leaf,
    log_entries.c.log_index,
    log_openings.c.opening_key,
)
"""The columns that `from_row` reads; the joins that they need follow."""
OF_CLAIM_RECEIPT = (
    receipts,
    (receipts.c.account_token == claims.c.account_token) & (receipts.c.claim_id == claims.c.claim_id),
)
ENTRY = (log_entries, log_entries.c.entry_id == receipts.c.entry_id)
OPENING_KEY = (
    log_openings,
    (log_openings.c.account_token == receipts.c.account_token)
    & (log_openings.c.entry_id == receipts.c.entry_id),
)

_ADD_RECEIPT = statement(insert(receipts))


async def add_receipt(
    connection: Connection, *, claim_id: str, record: SealedRecord, digest: bytes, event: Event
) -> ReceiptEvidence:
    """Store the entry that act `settle` wrote for a success; return the receipt's evidence.

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


def from_row_receipt(row: Any) -> ReceiptEvidence | None:
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


OF_CLAIM = (jobs.c.account_token == claims.c.account_token) & (jobs.c.claim_id == claims.c.claim_id)
"""The condition that joins a claim and its job."""
QUERY = (
    select(
        *accounts.c,
        claims.c.claim_id,
        claims.c.request_id,
        claims.c.state.label("claim_state"),
        claims.c.failure_reason,
        jobs.c.next_at,
        *COLUMNS_RECEIPT,
    )
    .join_from(claims, accounts, accounts.c.account_token == claims.c.account_token)
    .join(jobs, OF_CLAIM)
    .outerjoin(*OF_CLAIM_RECEIPT)
    .outerjoin(*ENTRY)
    .outerjoin(*OPENING_KEY)
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
        receipt=from_row_receipt(row),
    )


IS_CLAIM = (claims.c.account_token == param("token")) & (claims.c.claim_id == param("claim"))
IS_PENDING = claims.c.state == ClaimState.PENDING.value
COLUMNS = (
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
"""The columns that `pending_of` reads."""


def pending_of(row: Any) -> OpenClaim:
    """Return the PENDING claim in a row with `COLUMNS`."""
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
    for_change(select(*COLUMNS).join_from(claims, jobs, OF_CLAIM).where(IS_CLAIM, IS_PENDING), of=jobs),
    pending_of,
)
_ADD = statement(insert(claims))
_END = statement(
    update(claims)
    .where(IS_CLAIM)
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


async def add(connection: Connection, new_claim: NewClaim, *, person_id: str) -> None:
    """Insert a PENDING claim."""
    await connection.later(
        _ADD,
        account_token=new_claim.account_token,
        claim_id=new_claim.claim_id,
        relying_party=new_claim.request.caller,
        request_id=new_claim.request.request_id,
        subject_kind=new_claim.subject_kind.value,
        state=ClaimState.PENDING.value,
        failure_reason=None,
        policy_version=new_claim.consent.policy_version,
        agree_time=new_claim.consent.agree_time,
        person_id=person_id,
        opened_at=new_claim.now.business,
        ended_at=None,
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
class Charge:
    """What act `open` found. limiter_key: whose attempt the claim is, None if no person is charged.

    withheld: whether no check may be sent.
    """

    limiter_key: bytes | None
    withheld: bool = False


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
_FORGET = [
    statement(delete(table).where(table.c.attempted_at <= param("until")))
    for table in (attempts, account_attempts)
]


async def charge(
    connection: Connection, new_claim: NewClaim, *, former: Account | None, named: str
) -> Charge:
    """Decide whom a claim is charged to, under the locks of its account and of the person it names.

    named: the person's id.
    Raises ExhaustedError (TOO_MANY_ATTEMPTS).
    """
    if former is None or former.person_id is None:
        await _check_person(connection, new_claim, named)
        return Charge(new_claim.person.limiter_key)
    now, pair = new_claim.now.business, new_claim.pair
    own = await connection.all(_OF_ACCOUNT, token=former.account_token, after=now - claim_rules.WINDOW)
    claim_rules.check(attempts=own, pair=pair, now=now)
    try:
        await _check_person(connection, new_claim, named)
    except ExhaustedError:
        return Charge(None, withheld=former.person_id != named)
    # The owner is charged like anybody: what a sign-up is refused for would reveal whose number it is.
    return Charge(new_claim.person.limiter_key)


async def _check_person(connection: Connection, new_claim: NewClaim, named: str) -> None:
    key, now = new_claim.person, new_claim.now.business
    # Nobody has tried a person that this act has created.
    if named == key.person_id:
        return
    found = await connection.all(
        _OF_PERSON,
        party=new_claim.request.caller,
        today=key.limiter_key,
        yesterday=key.yesterday_key,
        after=now - claim_rules.WINDOW,
    )
    claim_rules.check(attempts=found, pair=new_claim.pair, now=now)


async def keep(connection: Connection, tried: OpenAttempt, *, owner: Account) -> None:
    """Keep the attempt of a claim that ends charged. owner: the claim's account as it was."""
    what = {"pair": tried.pair, "attempted_at": tried.opened_at}
    if tried.limiter_key is not None:
        await connection.run(_KEEP, relying_party=owner.relying_party, limiter_key=tried.limiter_key, **what)
    if owner.person_id is not None:
        await connection.later(_KEEP_OF_ACCOUNT, account_token=owner.account_token, **what)


async def forget(connection: Connection, *, now: datetime) -> None:
    """Delete the attempts that no longer count."""
    for forgetting in _FORGET:
        await connection.run(forgetting, until=now - claim_rules.WINDOW)


_NEW = upsert(intakes)
_PUT = statement(
    _NEW.on_conflict_do_update(
        index_elements=[intakes.c.account_token, intakes.c.claim_id],
        set_={"day": _NEW.excluded.day, "ciphertext": _NEW.excluded.ciphertext},
    )
)
_DELETE = statement(
    delete(intakes).where(intakes.c.account_token == param("token"), intakes.c.claim_id == param("claim"))
)


async def put(connection: Connection, intake: Intake, *, account_token: str, claim_id: str) -> None:
    """Store the intake of a claim whose job this act has locked, replacing a previous one."""
    await connection.later(
        _PUT,
        account_token=account_token,
        claim_id=claim_id,
        day=intake.day,
        ciphertext=intake.ciphertext,
    )


async def remove(connection: Connection, *, account_token: str, claim_id: str) -> None:
    """Delete the intake of a claim, if it has one."""
    await connection.later(_DELETE, token=account_token, claim=claim_id)
