"""The jobs of PENDING claims (ports.job)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from idvault.claim.job.rules import JobProgress
from idvault.claim.job.rules import take_up as taken_up
from idvault.claim.job.store import job_rows, queue
from idvault.claim.job.store.queue import Turns
from idvault.claim.ports import Job, Lease
from idvault.claim.store.rows import IS_PENDING
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.claim import claims, jobs
from idvault.verify.account import SubjectKind

# A null due_at means that the claim has no intake. The locked row itself is read, so an intake that another
# act has just stored is seen.
_FREE = statement(
    for_change(
        select(jobs).where(
            job_rows.IS_JOB,
            queue.IS_OPEN,
            jobs.c.due_at.is_(None),
            or_(jobs.c.leased_until.is_(None), jobs.c.leased_until <= param("now")),
        )
    )
)
# Grouped as the index of the queue is sorted.
_BACKLOG = statement(
    select(jobs.c.relying_party, func.count().label("waiting"))
    .where(queue.IS_OPEN)
    .group_by(jobs.c.lane, jobs.c.relying_party)
)
_OLDEST: Statement[datetime | None] = statement(
    select(func.min(claims.c.opened_at)).where(IS_PENDING), scalar
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlJobStore:
    """Jobs in the main database.

    Each store keeps its turns in memory and starts again; across several processes the result is still fair.
    """

    database: Database
    _turns: dict[int, str] = field(default_factory=dict, init=False)

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        """Lease up to `limit` due jobs that have an intake, in fair order."""
        won, turns = await self._lease(lease=lease, now=now, limit=limit)
        # Updated only after the act: a retried act must start from the same turns.
        self._turns.update(turns)
        return won

    @act("job.lease")
    async def _lease(
        self, connection: Connection, *, lease: Lease, now: datetime, limit: int
    ) -> tuple[list[Job], Turns]:
        picked = await queue.pick(connection, turns=self._turns, now=now, limit=limit)
        return await _win(connection, picked.rows, lease, now, waits=True), picked.turns

    @act("job.take")
    async def take(
        self, connection: Connection, *, account_token: str, claim_id: str, lease: Lease, now: datetime
    ) -> Job | None:
        """Lease the job of a claim without an intake; None if it is DONE, has an intake, or is leased."""
        rows = await connection.all(_FREE, token=account_token, claim=claim_id, now=now)
        won = await _win(connection, rows, lease, now, waits=False)
        return won[0] if won else None

    @act("job.advance")
    async def advance(
        self, connection: Connection, job: Job, *, progress: JobProgress, keep_lease: bool
    ) -> Job | None:
        """Store progress under the lease; None if it is lost."""
        lease = job.lease if keep_lease else None
        stored = await job_rows.put(connection, job, progress=progress, lease=lease)
        return replace(job, progress=progress) if stored else None

    async def is_waiting(
        self, *, relying_party: str, kind: SubjectKind, sign_up: bool, now: datetime
    ) -> bool:
        """Return whether a due job of a relying party is at least as urgent as a new one of its kind."""
        asked = queue.BEFORE_SIGN_UP if sign_up else queue.BEFORE_RE_VERIFICATION
        found = await self.database.one(
            "job.is_waiting", asked, party=relying_party, kind=kind.value, now=now
        )
        return found is True

    @read("job.backlog")
    async def backlog(self, connection: Connection) -> dict[str, int]:
        """Return how many jobs of each relying party are not DONE."""
        counts: Counter[str] = Counter()
        for party, waiting in await connection.all(_BACKLOG):
            counts[party] += waiting
        return dict(counts)

    async def oldest(self) -> datetime | None:
        """Return when the oldest open claim was opened (business time)."""
        return await self.database.one("job.oldest", _OLDEST)


async def _win(
    connection: Connection, rows: Sequence[Any], lease: Lease, now: datetime, *, waits: bool
) -> list[Job]:
    """Lease jobs whose rows this act has locked and which are not leased."""
    keys = [(row.account_token, row.claim_id) for row in rows]
    if not keys:
        return []
    progress = [taken_up(progress=job_rows.progress_of(row), now=now) for row in rows]
    await job_rows.take_up(connection, list(zip(keys, progress, strict=True)), lease=lease, waits=waits)
    won = await job_rows.load(connection, keys, lease=lease)
    return [won[key] for key in keys]
