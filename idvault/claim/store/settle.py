"""The steps of act `settle` (claim.store); rows are locked as in act `open`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from idvault.account.rules import account as account_rules
from idvault.account.rules import person as sanction_rules
from idvault.account.rules.person import PersonSanction
from idvault.account.store import follower as followers
from idvault.account.store import kept, person, record
from idvault.account.store import rows as account
from idvault.campaign.invitation.store import invitation_rows as invitation_row
from idvault.campaign.legacy_account import store as legacy_account
from idvault.claim.job.store import job_rows, queue
from idvault.claim.ports import Settlement
from idvault.claim.rules import attempt as attempt_rules
from idvault.claim.rules import claim as claim_rules
from idvault.claim.store import attempt
from idvault.claim.store import rows as claim
from idvault.claim.store.rows import OpenClaim
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, jobs
from idvault.log.store import entry as log
from idvault.sanction.store import standing
from idvault.verify.account import Account, Standing
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A PENDING claim, its account and its job, whose rows this act has locked.

    waits: whether it has an intake.
    """

    owner: Account
    claim: OpenClaim
    waits: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The settlement to write, and the sanctions that the account must follow, None if it stays as it is."""

    settlement: Settlement
    in_force: Sequence[PersonSanction] | None = None


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
    """Return the claim, locked, if this settlement may end it, with its account as of now."""
    key = {"token": settlement.account_token, "claim": settlement.claim_id}
    if settlement.lease_id is None:
        found = await connection.one(_ANYBODYS, **key)
    else:
        found = await connection.one(_HELD, **key, lease_id=settlement.lease_id)
    if found is None:
        return None
    return replace(found, owner=account_rules.fall(account=found.owner, now=settlement.now.business))


async def confirm(connection: Connection, settlement: Settlement, found: Unsettled) -> Confirmed:
    """Return the settlement to write: a match is confirmed and takes a slot, or fails without its record."""
    if not settlement.outcome.succeeded:
        return Confirmed(settlement)
    owner = found.owner
    barred = claim_rules.is_barred(account=owner)
    facts, in_force = await person.take_slot(
        connection,
        relying_party=found.claim.relying_party,
        person_id=found.claim.person_id,
        owner_id=owner.person_id,
        limit=0 if barred else settlement.accounts_per_person,
        now=settlement.now.business,
    )
    owned = owner.person_id == found.claim.person_id
    facts = replace(facts, sanctioned=barred or (owned and sanction_rules.bars(in_force)))
    outcome = claim_rules.confirm(facts=facts)
    written = replace(settlement, outcome=outcome, record=settlement.record if outcome.succeeded else None)
    # An account that follows a sanction is never GOOD, so most accounts need no comparison.
    differs = bool(in_force) or (owned and owner.standing is not Standing.GOOD)
    return Confirmed(written, in_force if differs and (owned or outcome.succeeded) else None)


async def conclude(connection: Connection, confirmed: Confirmed, found: Unsettled) -> Account:
    """Return the account after the claim's end; updates a legacy account's invitations."""
    settlement = confirmed.settlement
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
    if succeeded:
        concluded = await legacy_account.verified(
            connection, found.owner, concluded, now=settlement.now.business
        )
    return await _follow(connection, confirmed, found.owner, concluded)


async def _follow(
    connection: Connection, confirmed: Confirmed, owner: Account, concluded: Account
) -> Account:
    """Let the account follow its person's sanctions, in one change with the end of the claim."""
    settlement, following = confirmed.settlement, confirmed.settlement.following
    if confirmed.in_force is None or following is None:
        return concluded
    followed = await followers.follow(
        connection,
        relying_party=owner.relying_party,
        account_token=owner.account_token,
        in_force=confirmed.in_force,
        delay=following.delay,
        now=settlement.now.business,
    )
    if followed is None:
        return concluded
    await log.append(connection, following.event.with_fields(standings=followed))
    settled = await standing.settled(connection, concluded, now=settlement.now.business)
    changed = concluded.revision > owner.revision
    return replace(settled, revision=concluded.revision) if changed else settled


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
