"""The acts and reads of claims (claim.ports).

The steps of act `open` (claim.store).

To prevent deadlocks, rows are always locked in this order: request, account, persons (by id), then whatever
belongs to the locked account.

The steps of act `settle` (claim.store); rows are locked as in act `open`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, select

from idvault.account import rules as account_rules
from idvault.account.rules import PersonSanction
from idvault.account.store import kept as account_kept
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.campaign.invitation import store as invitation_store
from idvault.campaign.legacy_account import store as legacy_account_store
from idvault.claim import rules as claim_rules
from idvault.claim.job import rules as job_rules
from idvault.claim.job import store as job_store
from idvault.claim.job.rules import JobProgress
from idvault.claim.ports import Claim, Job, NewClaim, OpenedClaim, Settlement
from idvault.claim.store import rows as claim_rows
from idvault.claim.store.rows import Charge, OpenClaim
from idvault.core import account_request as request
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, jobs, requests
from idvault.registry import store as registry_store
from idvault.registry.ports import CallTurn
from idvault.sanction.store import standing as sanction_standing
from idvault.sealing.ports import Intake
from idvault.verify.account import Account, AccountState, Standing
from idvault.verify.claim import ClaimState
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event


async def admit(connection: Connection, new_claim: NewClaim) -> Account | None:
    """Return the claim's account as of now, locked, or None at sign-up; spends a try of the code."""
    if new_claim.new_account:
        return None
    stored = await account_rows.lock_of(
        connection,
        account_token=new_claim.account_token,
        relying_party=new_claim.request.caller,
    )
    former = account_rules.fall(account=stored, now=new_claim.now.business)
    claim_rules.admit(account=former)
    if new_claim.invitation_code_hash is not None:
        await invitation_store.use_code(
            connection,
            account_token=new_claim.account_token,
            code_hash=new_claim.invitation_code_hash,
            now=new_claim.now.business,
        )
    return former


async def find_person(connection: Connection, new_claim: NewClaim) -> str:
    """Return the id of the person that the claim names, locked."""
    return await account_person.find(
        connection,
        relying_party=new_claim.request.caller,
        key=new_claim.person,
        known=not new_claim.new_account,
    )


async def supersede(
    connection: Connection, new_claim: NewClaim, former: Account, replaced: OpenClaim, superseded: Event
) -> None:
    """End the account's open claim because the new one replaces it; what was sent stays charged."""
    if replaced.was_sent:
        await claim_rows.keep(connection, replaced.attempt, owner=former)
    await claim_rows.end(
        connection,
        account_token=new_claim.account_token,
        claim_id=replaced.claim_id,
        outcome=claim_rules.SUPERSEDED,
        now=new_claim.now.business,
    )
    await job_store.finish(connection, account_token=new_claim.account_token, claim_id=replaced.claim_id)
    event = superseded.with_fields(claim_id=replaced.claim_id, by_claim_id=new_claim.claim_id)
    await log_entry.append(connection, event)


async def begin(connection: Connection, new_claim: NewClaim, former: Account | None) -> Account:
    """Store the account with the new claim open."""
    if former is not None:
        begun = claim_rules.begin(
            account=former, claim_id=new_claim.claim_id, subject_kind=new_claim.subject_kind
        )
        await account_rows.put(connection, begun, claim_ended_at=None)
        return begun
    fresh = account_rules.new(
        account_token=new_claim.account_token,
        relying_party=new_claim.request.caller,
        subject_kind=new_claim.subject_kind,
    )
    begun = replace(fresh, open_claim_id=new_claim.claim_id)
    await account_rows.add(connection, begun)
    return begun


async def add(
    connection: Connection, new_claim: NewClaim, begun: Account, named: str, charge: Charge
) -> tuple[Claim, Job]:
    """Insert the claim and its job; return both. named: the person's id."""
    progress = job_rules.born(now=new_claim.now.real)
    await claim_rows.add(connection, new_claim, person_id=named)
    await job_store.add(
        connection,
        new_claim,
        progress=progress,
        charge=charge,
        sign_up=begun.state is AccountState.PENDING,
    )
    job = Job(
        relying_party=new_claim.request.caller,
        account_token=new_claim.account_token,
        claim_id=new_claim.claim_id,
        subject_kind=new_claim.subject_kind,
        consent=new_claim.consent,
        opened_at=new_claim.now.business,
        ais=new_claim.ais,
        progress=progress,
        lease=new_claim.lease,
        withheld=charge.withheld,
    )
    added = Claim(
        request_id=new_claim.request.request_id,
        claim_id=new_claim.claim_id,
        state=ClaimState.PENDING,
        failure_reason=None,
        account=begun,
        retry_at=progress.next_at,
    )
    return added, job


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
    return Unsettled(account_rows.from_row(row), claim_rows.pending_of(row), row.due_at is not None)


# All three rows are locked, so their values are those at the time the lock is granted.
_UNSETTLED = for_change(
    select(*accounts.c, *claim_rows.COLUMNS, jobs.c.due_at)
    .join_from(accounts, jobs, jobs.c.account_token == accounts.c.account_token)
    .join(claims, claim_rows.OF_CLAIM)
    .where(
        accounts.c.account_token == param("token"),
        job_store.IS_JOB,
        claim_rows.IS_CLAIM,
        claim_rows.IS_PENDING,
        job_store.IS_OPEN,
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
    facts, in_force = await account_person.take_slot(
        connection,
        relying_party=found.claim.relying_party,
        person_id=found.claim.person_id,
        owner_id=owner.person_id,
        limit=0 if barred else settlement.accounts_per_person,
        now=settlement.now.business,
    )
    owned = owner.person_id == found.claim.person_id
    facts = replace(facts, sanctioned=barred or (owned and account_rules.bars(in_force)))
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
    await invitation_store.conclude(connection, found.owner, succeeded=succeeded, today=today)
    if succeeded:
        concluded = await legacy_account_store.verified(
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
    followed = await account_person.follow(
        connection,
        relying_party=owner.relying_party,
        account_token=owner.account_token,
        in_force=confirmed.in_force,
        delay=following.delay,
        now=settlement.now.business,
    )
    if followed is None:
        return concluded
    await log_entry.append(connection, following.event.with_fields(standings=followed))
    settled = await sanction_standing.settled(connection, concluded, now=settlement.now.business)
    changed = concluded.revision > owner.revision
    return replace(settled, revision=concluded.revision) if changed else settled


async def clear(connection: Connection, settlement: Settlement, found: Unsettled) -> None:
    """Store the record of a success, keep the attempt of a denial; end the claim and its job."""
    if settlement.record is not None:
        if found.owner.person_id is not None:
            await account_kept.keep(connection, account_token=settlement.account_token)
        await account_rows.put_record(connection, settlement.record)
    if claim_rules.is_kept(outcome=settlement.outcome):
        await claim_rows.keep(connection, found.claim.attempt, owner=found.owner)
    key = {"account_token": settlement.account_token, "claim_id": found.claim.claim_id}
    await job_store.finish(connection, **key, waits=found.waits)
    await claim_rows.end(connection, **key, outcome=settlement.outcome, now=settlement.now.business)


def with_outcome(event: Event, settlement: Settlement, digest: bytes) -> Event:
    """Return the event with the claim's outcome."""
    reason = settlement.outcome.failure_reason
    return event.with_fields(
        claim_id=settlement.claim_id,
        state=settlement.outcome.state.value,
        failure_reason="" if reason is None else reason.value,
        record_digest=digest,
    )


_FIND: Statement[Claim] = statement(
    claim_rows.QUERY.join(
        requests,
        (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
    ).where(requests.c.relying_party == param("party"), requests.c.request_id == param("request_id")),
    claim_rows.from_row,
)
_OVERDUE: Statement[Claim] = statement(
    claim_rows.QUERY.where(claim_rows.IS_PENDING, claims.c.opened_at <= param("opened_before"))
    .order_by(claims.c.opened_at, claims.c.claim_id)
    .limit(param("limit", Integer)),
    claim_rows.from_row,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlVerificationStore:
    """Claims in the main database."""

    database: Database

    @act("verification.open")
    async def open(
        self,
        connection: Connection,
        new_claim: NewClaim,
        *,
        event: Event,
        superseded: Event,
        turn: CallTurn | None = None,
    ) -> OpenedClaim:
        """Open a claim, or return the one that this request already opened."""
        repeated = await request.remember(
            connection,
            new_claim.request.of_account(new_claim.account_token),
            made=new_claim.claim_id,
            now=new_claim.now.business,
        )
        if repeated is not None:
            asked = new_claim.request
            return OpenedClaim(await _find(connection, asked.caller, asked.request_id), None)
        former = await admit(connection, new_claim)
        replaced = await claim_rows.open_of(connection, former)
        named = await find_person(connection, new_claim)
        if former is not None and replaced is not None:
            await supersede(connection, new_claim, former, replaced, superseded)
        charge = await claim_rows.charge(connection, new_claim, former=former, named=named)
        begun = await begin(connection, new_claim, former)
        added, job = await add(connection, new_claim, begun, named, charge)
        await log_entry.append(connection, event.with_fields(claim_id=new_claim.claim_id))
        return OpenedClaim(
            added, job, None if turn is None else await registry_store.take_last(connection, turn)
        )

    @act("verification.postpone")
    async def postpone(
        self, connection: Connection, job: Job, *, intake: Intake, progress: JobProgress, event: Event
    ) -> bool:
        """Queue a claim with its intake, if the job is still held under its lease."""
        if not await job_store.wait(connection, job, progress=progress, lease=None, fresh=True):
            return False
        await claim_rows.put(connection, intake, account_token=job.account_token, claim_id=job.claim_id)
        await log_entry.append(connection, event.with_fields(claim_id=job.claim_id))
        return True

    @act("verification.deposit")
    async def deposit(
        self, connection: Connection, *, account_token: str, claim_id: str, intake: Intake, event: Event
    ) -> bool:
        """Store the intake of a claim that has none, regardless of who holds its job."""
        if not await job_store.make_due(connection, account_token=account_token, claim_id=claim_id):
            return False
        await claim_rows.put(connection, intake, account_token=account_token, claim_id=claim_id)
        await log_entry.append(connection, event.with_fields(claim_id=claim_id))
        return True

    @act("verification.settle")
    async def settle(self, connection: Connection, settlement: Settlement, *, event: Event) -> Claim | None:
        """End a claim, if this settlement may end it."""
        given = settlement.record is not None, settlement.following is not None
        if given != (settlement.outcome.succeeded, settlement.outcome.succeeded):
            raise ValueError(
                "a record and what follows must be given if and only if the outcome is a success"
            )
        found = await lock(connection, settlement)
        if found is None:
            return None
        confirmed = await confirm(connection, settlement, found)
        settlement = confirmed.settlement
        outcome, record = settlement.outcome, settlement.record
        concluded = await conclude(connection, confirmed, found)
        await clear(connection, settlement, found)
        await account_rows.put(connection, concluded, claim_ended_at=settlement.now.business)
        digest = b"" if record is None else record.digest()
        logged = with_outcome(event, settlement, digest)
        await log_entry.append(connection, logged)
        shown = None
        if record is not None:
            shown = await claim_rows.add_receipt(
                connection, claim_id=settlement.claim_id, record=record, digest=digest, event=logged
            )
        return Claim(
            found.claim.request_id,
            settlement.claim_id,
            outcome.state,
            outcome.failure_reason,
            concluded,
            receipt=shown,
        )

    @read("verification.find")
    async def find(self, connection: Connection, *, relying_party: str, request_id: str) -> Claim:
        """Return the claim of a request; raise NotFoundError (REQUEST_NOT_FOUND)."""
        return await _find(connection, relying_party, request_id)

    @read("verification.overdue")
    async def overdue(self, connection: Connection, *, opened_before: datetime, limit: int) -> list[Claim]:
        """Return PENDING claims opened at or before a business time, oldest first."""
        return await connection.all(_OVERDUE, opened_before=opened_before, limit=limit)


async def _find(connection: Connection, relying_party: str, request_id: str) -> Claim:
    found = await connection.one(_FIND, party=relying_party, request_id=request_id)
    if found is None:  # unknown, or the account has been removed
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found
