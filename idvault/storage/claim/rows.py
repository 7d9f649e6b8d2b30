"""Rows of claims and of the checks that each asks the registry about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from idvault.domain.status import Account
from idvault.domain.verification import ClaimState, Facts, FailureReason, Outcome, Slot
from idvault.ports.verification import Claim, Opening
from idvault.storage.account import rows as account
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.claim import receipt
from idvault.storage.claim.tables import checks, claims, jobs


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """What ending a PENDING claim needs to know of it."""

    claim_id: str
    request_id: str
    relying_party: str
    person_id: str
    slot: Slot


def query() -> Select[Any]:
    """Return the query whose rows `from_row` reads: a claim, its account, and when its job is due."""
    return (
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
        .join(
            jobs,
            (jobs.c.account_token == claims.c.account_token) & (jobs.c.claim_id == claims.c.claim_id),
        )
        .outerjoin(*receipt.OF_CLAIM)
        .outerjoin(*receipt.ENTRY)
        .outerjoin(*receipt.OPENING)
    )


def from_row(row: Row[Any]) -> Claim:
    """Return the claim of a row of `query`."""
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


async def open_of(connection: Connection, owner: Account) -> OpenClaim | None:
    """Return the open claim of an account that this act has locked."""
    if owner.open_claim_id is None:
        return None
    return await pending(connection, account_token=owner.account_token, claim_id=owner.open_claim_id)


async def pending(connection: Connection, *, account_token: str, claim_id: str) -> OpenClaim | None:
    """Return a claim if it is PENDING; its account must be locked."""
    row = (
        await connection.execute(
            select(claims).where(
                claims.c.account_token == account_token,
                claims.c.claim_id == claim_id,
                claims.c.state == ClaimState.PENDING.value,
            )
        )
    ).first()
    if row is None:
        return None
    return OpenClaim(row.claim_id, row.request_id, row.relying_party, row.person_id, Slot(row.slot))


async def add(connection: Connection, opening: Opening, *, person_id: str, facts: Facts) -> None:
    """Insert a PENDING claim and one check for each of its ids."""
    key = {"account_token": opening.account_token, "claim_id": opening.claim_id}
    await connection.execute(
        insert(claims).values(
            **key,
            relying_party=opening.request.relying_party,
            request_id=opening.request.request_id,
            subject_kind=opening.subject_kind.value,
            state=ClaimState.PENDING.value,
            policy_version=opening.consent.policy_version,
            agree_time=opening.consent.agree_time,
            person_id=person_id,
            slot=facts.slot.value,
            person_closed=facts.person_closed,
            different_owner=facts.different_owner,
            opened_at=opening.now.business,
        )
    )
    await connection.execute(
        insert(checks), [{**key, "position": position, "ai": ai} for position, ai in enumerate(opening.ais)]
    )


async def end(
    connection: Connection, *, account_token: str, claim_id: str, outcome: Outcome, now: datetime
) -> None:
    """Store how a claim ended."""
    reason = outcome.failure_reason
    await connection.execute(
        update(claims)
        .where(claims.c.account_token == account_token, claims.c.claim_id == claim_id)
        .values(
            state=outcome.state.value, failure_reason=None if reason is None else reason.value, ended_at=now
        )
    )
