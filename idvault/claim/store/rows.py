"""Rows of claims."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from idvault.account.store import rows as account
from idvault.claim.job.rules import was_sent
from idvault.claim.ports import Claim, NewClaim
from idvault.claim.rules.claim import ClaimOutcome
from idvault.claim.store import receipt
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, jobs
from idvault.verify.account import Account
from idvault.verify.claim import ClaimState, FailureReason


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """The attempt of an open claim. limiter_key: whose, None if no person is charged.

    pair: None if the claim was opened by an older version, which did not know it.
    """

    limiter_key: bytes | None
    pair: bytes | None
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
        *receipt.COLUMNS,
    )
    .join_from(claims, accounts, accounts.c.account_token == claims.c.account_token)
    .join(jobs, OF_CLAIM)
    .outerjoin(*receipt.OF_CLAIM)
    .outerjoin(*receipt.ENTRY)
    .outerjoin(*receipt.OPENING_KEY)
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
        account=account.from_row(row),
        retry_at=row.next_at if state is ClaimState.PENDING else None,
        receipt=receipt.from_row(row),
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
