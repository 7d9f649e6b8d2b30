"""The acts and reads of claims (ports.claim)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer

from idvault.account.store import rows as account
from idvault.claim.job.rules import JobProgress
from idvault.claim.job.store import job_rows
from idvault.claim.ports import Claim, Job, NewClaim, OpenedClaim, Settlement
from idvault.claim.store import attempt, receipt
from idvault.claim.store import intake as intake_row
from idvault.claim.store import open as opened
from idvault.claim.store import rows as claim
from idvault.claim.store import settle as settled
from idvault.core import account_request as request
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.claim import claims, requests
from idvault.log.store import entry as log
from idvault.registry import store as budget
from idvault.registry.budget_ports import CallTurn
from idvault.sealing.ports import Intake
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event

_FIND: Statement[Claim] = statement(
    claim.QUERY.join(
        requests,
        (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
    ).where(requests.c.relying_party == param("party"), requests.c.request_id == param("request_id")),
    claim.from_row,
)
_OVERDUE: Statement[Claim] = statement(
    claim.QUERY.where(claim.IS_PENDING, claims.c.opened_at <= param("opened_before"))
    .order_by(claims.c.opened_at, claims.c.claim_id)
    .limit(param("limit", Integer)),
    claim.from_row,
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
        repeated = await request.remember_for_account(
            connection,
            new_claim.request,
            account_token=new_claim.account_token,
            made=new_claim.claim_id,
            now=new_claim.now.business,
        )
        if repeated is not None:
            asked = new_claim.request
            return OpenedClaim(await _find(connection, asked.caller, asked.request_id), None)
        former = await opened.admit(connection, new_claim)
        replaced = await claim.open_of(connection, former)
        named = await opened.find_person(connection, new_claim)
        if former is not None and replaced is not None:
            await opened.supersede(connection, new_claim, former, replaced, superseded)
        charge = await attempt.charge(connection, new_claim, former=former, named=named)
        begun = await opened.begin(connection, new_claim, former)
        added, job = await opened.add(connection, new_claim, begun, named, charge)
        await log.append(connection, event.with_fields(claim_id=new_claim.claim_id))
        return OpenedClaim(added, job, None if turn is None else await budget.take(connection, turn))

    @act("verification.postpone")
    async def postpone(
        self, connection: Connection, job: Job, *, intake: Intake, progress: JobProgress, event: Event
    ) -> bool:
        """Queue a claim with its intake, if the job is still held under its lease."""
        if not await job_rows.wait(connection, job, progress=progress, lease=None, fresh=True):
            return False
        await intake_row.put(connection, intake, account_token=job.account_token, claim_id=job.claim_id)
        await log.append(connection, event.with_fields(claim_id=job.claim_id))
        return True

    @act("verification.deposit")
    async def deposit(
        self, connection: Connection, *, account_token: str, claim_id: str, intake: Intake, event: Event
    ) -> bool:
        """Store the intake of a claim that has none, regardless of who holds its job."""
        if not await job_rows.make_due(connection, account_token=account_token, claim_id=claim_id):
            return False
        await intake_row.put(connection, intake, account_token=account_token, claim_id=claim_id)
        await log.append(connection, event.with_fields(claim_id=claim_id))
        return True

    @act("verification.settle")
    async def settle(self, connection: Connection, settlement: Settlement, *, event: Event) -> Claim | None:
        """End a claim, if this settlement may end it."""
        given = settlement.record is not None, settlement.following is not None
        if given != (settlement.outcome.succeeded, settlement.outcome.succeeded):
            raise ValueError(
                "a record and what follows must be given if and only if the outcome is a success"
            )
        found = await settled.lock(connection, settlement)
        if found is None:
            return None
        confirmed = await settled.confirm(connection, settlement, found)
        settlement = confirmed.settlement
        outcome, record = settlement.outcome, settlement.record
        concluded = await settled.conclude(connection, confirmed, found)
        await settled.clear(connection, settlement, found)
        await account.put(connection, concluded, claim_ended_at=settlement.now.business)
        digest = b"" if record is None else record.digest()
        logged = settled.with_outcome(event, settlement, digest)
        await log.append(connection, logged)
        shown = None
        if record is not None:
            shown = await receipt.add(
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

    @act("verification.purge")
    async def purge(
        self, connection: Connection, *, before: datetime, now: ClockReading, event: Event
    ) -> int:
        """Delete request rows made before a business time, and attempts that no longer count."""
        await attempt.forget(connection, now=now.business)
        count = await request.forget(connection, before=before)
        count += await member_request.forget(connection, before=before)
        if count:
            await log.append(connection, event.with_fields(before=before.isoformat(), count=count))
        return count


async def _find(connection: Connection, relying_party: str, request_id: str) -> Claim:
    found = await connection.one(_FIND, party=relying_party, request_id=request_id)
    if found is None:  # unknown, or the account has been removed
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found
