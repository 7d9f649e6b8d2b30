"""The acts and reads of claims (ports.claim)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, select, update

from idvault.domain.claim import ClaimState
from idvault.domain.clock import ClockReading
from idvault.domain.error import NotFoundError, Reason
from idvault.domain.event import Event
from idvault.domain.job import JobProgress
from idvault.ports.claim import (
    Claim,
    Intake,
    Job,
    NewClaim,
    OpenedClaim,
    Settlement,
)
from idvault.storage.base.act import act, read
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import param, statement, upsert
from idvault.storage.claim import job_rows, person, request, rows
from idvault.storage.claim.job_rows import IS_HELD, IS_JOB, IS_OPEN
from idvault.storage.claim.open import open_claim
from idvault.storage.claim.settle import settle
from idvault.storage.claim.tables import claims, intakes, jobs, requests
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request

_FIND = statement(
    rows.CLAIMS.join(
        requests,
        (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
    ).where(requests.c.relying_party == param("party"), requests.c.request_id == param("asked")),
    rows.from_row,
)
_OVERDUE = statement(
    rows.CLAIMS.where(claims.c.state == ClaimState.PENDING.value, claims.c.opened_at <= param("before"))
    .order_by(claims.c.opened_at, claims.c.claim_id)
    .limit(param("limit", Integer)),
    rows.from_row,
)
_GIVE_UP = statement(update(jobs).where(IS_HELD).values(job_rows.PLACED))
_LOCK_JOB = statement(for_change(select(jobs).where(IS_JOB, IS_OPEN)), job_rows.due_at)
_SET_DUE = statement(update(jobs).where(IS_JOB).values(due_at=param("due_at")))
_INTAKE = upsert(intakes)
_PUT_INTAKE = statement(
    _INTAKE.on_conflict_do_update(
        index_elements=list(intakes.primary_key),
        set_={"day": _INTAKE.excluded.day, "ciphertext": _INTAKE.excluded.ciphertext},
    )
)
_ADD_INTAKE = statement(
    _INTAKE.on_conflict_do_nothing(index_elements=list(intakes.primary_key)).returning(intakes.c.claim_id)
)


@dataclass(frozen=True, kw_only=True)
class SqlVerificationStore:
    """Claims in the main database."""

    database: Database

    @act("verification.open")
    async def open(
        self, connection: Connection, opening: NewClaim, *, event: Event, superseded: Event
    ) -> OpenedClaim:
        """Open a claim, or find the one that this request already opened."""
        return await open_claim(connection, opening, event=event, superseded=superseded)

    @act("verification.postpone")
    async def postpone(
        self, connection: Connection, job: Job, *, intake: Intake, progress: JobProgress, event: Event
    ) -> bool:
        """Store a claim's intake and give its job up, if the job is still held under its lease."""
        if not await connection.run(
            _GIVE_UP,
            token=job.account_token,
            claim=job.claim_id,
            held=job.lease.lease_id,
            **job_rows.values(progress, None, waits=True, fresh=True),
        ):
            return False
        await connection.run(
            _PUT_INTAKE,
            account_token=job.account_token,
            claim_id=job.claim_id,
            day=intake.day,
            ciphertext=intake.ciphertext,
        )
        await log.append(connection, event.with_fields(claim_id=job.claim_id))
        return True

    @act("verification.deposit")
    async def deposit(
        self, connection: Connection, *, account_token: str, claim_id: str, intake: Intake, event: Event
    ) -> bool:
        """Store the intake of a claim that has none, whoever holds its job."""
        due_at = await connection.one(_LOCK_JOB, token=account_token, claim=claim_id)
        if due_at is None or not await connection.one(
            _ADD_INTAKE,
            account_token=account_token,
            claim_id=claim_id,
            day=intake.day,
            ciphertext=intake.ciphertext,
        ):
            return False
        await connection.run(_SET_DUE, token=account_token, claim=claim_id, due_at=due_at)
        await log.append(connection, event.with_fields(claim_id=claim_id))
        return True

    async def settle(self, settlement: Settlement, *, event: Event) -> Claim | None:
        """End a claim, if it is this call's to end."""
        if settlement.outcome.succeeded is (settlement.record is None):
            raise ValueError("a record is given exactly when the outcome is a success")
        return await self._settle(settlement, event)

    @act("verification.settle")
    async def _settle(self, connection: Connection, settlement: Settlement, event: Event) -> Claim | None:
        return await settle(connection, settlement, event=event)

    async def find(self, *, relying_party: str, request_id: str) -> Claim:
        """Return the claim of a request; raise NotFoundError (REQUEST_NOT_FOUND)."""
        found = await self.database.one("verification.find", _FIND, party=relying_party, asked=request_id)
        if found is None:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return found

    @read("verification.overdue")
    async def overdue(self, connection: Connection, *, opened_before: datetime, limit: int) -> list[Claim]:
        """Return PENDING claims opened at or before a business time, oldest first."""
        return await connection.all(_OVERDUE, before=opened_before, limit=limit)

    @act("verification.purge")
    async def purge(
        self, connection: Connection, *, before: datetime, now: ClockReading, event: Event
    ) -> int:
        """Delete request rows made before a business time, and mismatches that no limit counts any more."""
        await person.forget_mismatches(connection, now=now.business)
        count = await request.forget(connection, before=before)
        count += await person_request.forget(connection, before=before)
        if count:
            await log.append(connection, event.with_fields(before=before.isoformat(), count=count))
        return count
