"""The acts and reads of claims (ports.verification)."""

from datetime import datetime

from sqlalchemy import delete

from idvault.domain.error import NotFoundError, Reason
from idvault.domain.event import Event
from idvault.domain.job import Progress
from idvault.domain.moment import Moment
from idvault.domain.verification import ClaimState
from idvault.ports.verification import Claim, Intake, Job, Opened, Opening, Settlement
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.claim import person
from idvault.storage.claim import rows as claim
from idvault.storage.claim import settle as settling
from idvault.storage.claim.open import open_claim
from idvault.storage.claim.tables import claims, requests
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request


class SqlVerificationStore:
    """Claims in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def open(self, opening: Opening, *, event: Event, superseded: Event) -> Opened:
        """Open a claim, or find the one that this request already opened."""
        return await self._database.act(
            "verification.open",
            lambda connection: open_claim(connection, opening, event=event, superseded=superseded),
        )

    async def postpone(self, job: Job, *, intake: Intake, progress: Progress, event: Event) -> bool:
        """Let a claim wait, if the job is still held under its lease."""
        return await self._database.act(
            "verification.postpone",
            lambda connection: settling.postpone(
                connection, job, intake=intake, progress=progress, event=event
            ),
        )

    async def deposit(self, *, account_token: str, claim_id: str, intake: Intake, event: Event) -> bool:
        """Store the intake of a claim that has none, whoever holds its job."""
        return await self._database.act(
            "verification.deposit",
            lambda connection: settling.deposit(connection, (account_token, claim_id), intake, event=event),
        )

    async def settle(self, settlement: Settlement, *, event: Event) -> Claim | None:
        """End a claim, if it is this call's to end."""
        if settlement.outcome.succeeded is (settlement.record is None):
            raise ValueError("a record is given exactly when the outcome is a success")
        return await self._database.act(
            "verification.settle",
            lambda connection: settling.settle(connection, settlement, event=event),
        )

    async def find(self, *, relying_party: str, request_id: str) -> Claim:
        """Return the claim of a request; raise NotFoundError (REQUEST_NOT_FOUND)."""
        return await self._database.read(
            "verification.find", lambda connection: _find(connection, relying_party, request_id)
        )

    async def overdue(self, *, opened_before: datetime, limit: int) -> list[Claim]:
        """Return PENDING claims opened at or before a business time, oldest first."""
        return await self._database.read(
            "verification.overdue", lambda connection: _overdue(connection, opened_before, limit)
        )

    async def purge(self, *, before: datetime, now: Moment, event: Event) -> int:
        """Delete request rows made before a business time, and mismatches that no limit counts any more."""
        return await self._database.act(
            "verification.purge", lambda connection: _purge(connection, before, now, event)
        )


async def _find(connection: Connection, relying_party: str, request_id: str) -> Claim:
    query = (
        claim.query()
        .join(
            requests,
            (requests.c.account_token == claims.c.account_token) & (requests.c.claim_id == claims.c.claim_id),
        )
        .where(requests.c.relying_party == relying_party, requests.c.request_id == request_id)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return claim.from_row(row)


async def _overdue(connection: Connection, opened_before: datetime, limit: int) -> list[Claim]:
    query = (
        claim.query()
        .where(claims.c.state == ClaimState.PENDING.value, claims.c.opened_at <= opened_before)
        .order_by(claims.c.opened_at, claims.c.claim_id)
        .limit(limit)
    )
    return [claim.from_row(row) for row in await connection.execute(query)]


async def _purge(connection: Connection, before: datetime, now: Moment, event: Event) -> int:
    await person.forget_mismatches(connection, now=now.business)
    count = (await connection.execute(delete(requests).where(requests.c.made_at < before))).rowcount
    count += await person_request.forget(connection, before=before)
    if count:
        await log.append(connection, event.with_fields(before=before.isoformat(), count=count))
    return count
