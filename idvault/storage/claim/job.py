"""The jobs of PENDING claims (ports.job)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from idvault.domain.claim import ClaimState
from idvault.domain.job import JobProgress, take_up
from idvault.ports.claim import Job, Lease
from idvault.storage.base.act import act, read
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import param, scalar, statement
from idvault.storage.claim import job_rows, queue
from idvault.storage.claim.job_rows import IS_HELD, IS_JOB, IS_OPEN
from idvault.storage.claim.tables import claims, intakes, jobs

_TAKE_UP = statement(update(jobs).where(IS_JOB).values(job_rows.PLACED))
_ADVANCE = statement(update(jobs).where(IS_HELD).values(job_rows.ADVANCED))
_ADVANCE_WAITING = statement(update(jobs).where(IS_HELD).values(job_rows.PLACED))
_LOCK_FREE = statement(
    for_change(
        select(jobs).where(
            IS_JOB, IS_OPEN, or_(jobs.c.leased_until.is_(None), jobs.c.leased_until <= param("now"))
        )
    )
)
_INTAKE = statement(
    select(intakes.c.claim_id).where(
        intakes.c.account_token == param("token"), intakes.c.claim_id == param("claim")
    ),
    scalar,
)
_BACKLOG = statement(select(func.count()).select_from(jobs).where(queue.IS_OPEN), scalar)
_OLDEST = statement(
    select(func.min(claims.c.opened_at)).where(claims.c.state == ClaimState.PENDING.value), scalar
)


@dataclass(kw_only=True)
class SqlJobStore:
    """Jobs in the main database. Whose turn it is begins anew with each store."""

    database: Database
    turns: queue.Turns = field(default_factory=dict)

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        """Win up to limit due jobs that have an intake, in fair order."""
        won, self.turns = await self._lease(lease, now, limit)
        return won

    @act("job.lease")
    async def _lease(
        self, connection: Connection, lease: Lease, now: datetime, limit: int
    ) -> tuple[list[Job], queue.Turns]:
        rows, turns = await queue.pick(connection, turns=self.turns, now=now, limit=limit)
        return await _win(connection, rows, lease, now, waits=True), turns

    @act("job.take")
    async def take(
        self, connection: Connection, *, account_token: str, claim_id: str, lease: Lease, now: datetime
    ) -> Job | None:
        """Win the job of a claim that has no intake; None if it is DONE, waits with one, or is leased."""
        row = await connection.one(_LOCK_FREE, token=account_token, claim=claim_id, now=now)
        # A statement of its own, after the lock: an act that stored an intake may just have let the row go.
        if row is None or await connection.one(_INTAKE, token=account_token, claim=claim_id):
            return None
        return (await _win(connection, [row], lease, now, waits=False))[0]

    @act("job.advance")
    async def advance(
        self, connection: Connection, job: Job, *, progress: JobProgress, keep_lease: bool
    ) -> Job | None:
        """Store progress under the lease; None if it is lost."""
        lease = job.lease if keep_lease else None
        held = {"token": job.account_token, "claim": job.claim_id, "held": job.lease.lease_id}
        if job.intake is None:
            changed = {**job_rows.progress_values(progress), **job_rows.lease_values(lease)}
            won = await connection.run(_ADVANCE, **held, **changed)
        else:
            changed = job_rows.values(progress, lease, waits=True)
            won = await connection.run(_ADVANCE_WAITING, **held, **changed)
        return replace(job, progress=progress) if won else None

    async def is_waiting(self, *, relying_party: str, sign_up: bool, now: datetime) -> bool:
        """Return whether a due job of a relying party is at least as urgent as a new one."""
        waits = queue.SIGN_UP_WAITS if sign_up else queue.ANY_WAITS
        return await self.database.one("job.is_waiting", waits, party=relying_party, now=now) is not None

    @read("job.backlog")
    async def backlog(self, connection: Connection) -> int:
        """Return how many jobs are not DONE."""
        count: int = await connection.only(_BACKLOG)
        return count

    @read("job.oldest")
    async def oldest(self, connection: Connection) -> datetime | None:
        """Return when the oldest claim that is still open was opened (business time)."""
        oldest: datetime | None = await connection.one(_OLDEST)
        return oldest


async def _win(
    connection: Connection, rows: Sequence[Any], lease: Lease, now: datetime, *, waits: bool
) -> list[Job]:
    """Lease jobs whose rows are locked and free."""
    keys = [(row.account_token, row.claim_id) for row in rows]
    if not keys:
        return []
    await connection.many(_TAKE_UP, [_taken_up(row, lease, now, waits=waits) for row in rows])
    won = await job_rows.load(connection, keys, lease=lease)
    return [won[key] for key in keys]


def _taken_up(row: Any, lease: Lease, now: datetime, *, waits: bool) -> dict[str, Any]:
    progress = take_up(progress=job_rows.progress_of(row), now=now)
    return {
        **job_rows.values(progress, lease, waits=waits),
        "token": row.account_token,
        "claim": row.claim_id,
    }
