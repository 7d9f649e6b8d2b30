"""The steps of act `settle` (claim.store); rows are locked as in act `open`."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from idvault.domain import attempt as attempt_rules
from idvault.domain import claim as claim_rules
from idvault.domain.account import Account
from idvault.domain.event import Event
from idvault.ports.claim import Settlement
from idvault.storage.account import record
from idvault.storage.account import rows as account
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.campaign import invitation_rows as invitation_row
from idvault.storage.campaign import legacy_account
from idvault.storage.claim import attempt, job_rows, person, queue
from idvault.storage.claim import rows as claim
from idvault.storage.claim.rows import OpenClaim
from idvault.storage.claim.tables import claims, jobs
from idvault.storage.disclosure import kept


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A PENDING claim, its account and its job, whose rows this act has locked.

    waits: whether it has an intake.
    """

    owner: Account
    claim: OpenClaim
    waits: bool


def _unsettled(row: Any) -> Unsettled:
    return Unsettled(account.from_row(row), claim.pending_of(row), row.due_at is not None)


# All three rows are locked, so their values are those at the time the lock is granted.
_UNSETTLED = for_change(
    select(*accounts.c, *claim.COLUMNS, jobs.c.due_at)
    .join_from(accounts, jobs, jobs.c.account_token == accounts.c.account_token)
    .join(claims, claim.OF_CLAIM)
    .where(
        accounts.c.account_token == param("token"),
        job_rows.IS_JOB,
        claim.IS_CLAIM,
        claim.IS_PENDING,
        queue.IS_OPEN,
    )
)
_ANYBODYS: Statement[Unsettled] = statement(_UNSETTLED, _unsettled)
_HELD: Statement[Unsettled] = statement(_UNSETTLED.where(jobs.c.lease_id == param("lease_id")), _unsettled)


async def lock(connection: Connection, settlement: Settlement) -> Unsettled | None:
    """Return the claim, locked, if this settlement may end it."""
    key = {"token": settlement.account_token, "claim": settlement.claim_id}
    if settlement.lease_id is None:
        return await connection.one(_ANYBODYS, **key)
    return await connection.one(_HELD, **key, lease_id=settlement.lease_id)


async def confirm(connection: Connection, settlement: Settlement, found: Unsettled) -> Settlement:
    """Return the settlement to write: a match is confirmed and takes a slot, or fails without its record."""
    if not settlement.outcome.succeeded:
        return settlement
    facts = await person.take_slot(
        connection,
        relying_party=found.claim.relying_party,
        person_id=found.claim.person_id,
        owner_id=found.owner.person_id,
        limit=settlement.accounts_per_person,
    )
    outcome = claim_rules.confirm(facts=facts)
    return replace(settlement, outcome=outcome, record=settlement.record if outcome.succeeded else None)


async def conclude(connection: Connection, settlement: Settlement, found: Unsettled) -> Account:
    """Return the account after the claim's end; updates a legacy account's invitations."""
    succeeded, today = settlement.outcome.succeeded, settlement.today
    concluded = claim_rules.conclude(
        account=found.owner,
        outcome=settlement.outcome,
        person_id=found.claim.person_id,
        owner=settlement.owner,
        today=today,
        valid_days=settlement.valid_days,
    )
    await invitation_row.conclude(connection, found.owner, succeeded=succeeded, today=today)
    return await legacy_account.verified(connection, found.owner, concluded) if succeeded else concluded


async def clear(connection: Connection, settlement: Settlement, found: Unsettled) -> None:
    """Store the record of a success, keep the attempt of a denial; end the claim and its job."""
    if settlement.record is not None:
        if found.owner.person_id is not None:
            await kept.keep(connection, account_token=settlement.account_token)
        await record.put(connection, settlement.record)
    if attempt_rules.is_kept(outcome=settlement.outcome):
        await attempt.keep(connection, found.claim.attempt, owner=found.owner)
    key = {"account_token": settlement.account_token, "claim_id": found.claim.claim_id}
    await job_rows.finish(connection, **key, waits=found.waits)
    await claim.end(connection, **key, outcome=settlement.outcome, now=settlement.now.business)


def with_outcome(event: Event, settlement: Settlement, digest: bytes) -> Event:
    """Return the event with the claim's outcome."""
    reason = settlement.outcome.failure_reason
    return event.with_fields(
        claim_id=settlement.claim_id,
        state=settlement.outcome.state.value,
        failure_reason="" if reason is None else reason.value,
        record_digest=digest,
    )
