"""The jobs of PENDING claims (ports.job)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from idvault.domain.job import JobState, Progress, take_up
from idvault.domain.verification import ClaimState
from idvault.ports.verification import Job, Lease
from idvault.storage import task
from idvault.storage.account import for_change
from idvault.storage.engine import Database
from idvault.storage.schema import claims, intakes, jobs

_DOUBTFUL = (JobState.SENDING.value, JobState.UNKNOWN.value)


class SqlJobStore:
    """Jobs in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        """Win up to limit due jobs that have an intake, in fair order."""
        return await self._database.act("job.lease", lambda connection: _lease(connection, lease, now, limit))

    async def take(self, *, account_token: str, claim_id: str, lease: Lease, now: datetime) -> Job | None:
        """Win the job of a claim that has no intake; None if it is DONE, waits with one, or is leased."""
        return await self._database.act(
            "job.take", lambda connection: _take(connection, (account_token, claim_id), lease, now)
        )

    async def advance(self, job: Job, *, progress: Progress, keep_lease: bool) -> Job | None:
        """Store progress under the lease; None if it is lost."""
        values = task.progress_values(progress) | ({} if keep_lease else task.lease_values(None))
        statement = update(jobs).where(task.is_held(job)).values(**values)

        async def advance(connection: AsyncConnection) -> Job | None:
            won = (await connection.execute(statement)).rowcount == 1
            return replace(job, progress=progress) if won else None

        return await self._database.act("job.advance", advance)

    async def backlog(self) -> int:
        """Return how many jobs are not DONE."""
        count: int = await self._scalar(
            "job.backlog", select(func.count()).select_from(jobs).where(jobs.c.state != JobState.DONE.value)
        )
        return count

    async def oldest(self) -> datetime | None:
        """Return when the oldest claim that is still open was opened (business time)."""
        oldest: datetime | None = await self._scalar(
            "job.oldest",
            select(func.min(claims.c.opened_at)).where(claims.c.state == ClaimState.PENDING.value),
        )
        return oldest

    async def _scalar(self, name: str, query: Select[Any]) -> Any:
        async def scalar(connection: AsyncConnection) -> Any:
            return (await connection.execute(query)).scalar_one()

        return await self._database.read(name, scalar)


async def _lease(connection: AsyncConnection, lease: Lease, now: datetime, limit: int) -> list[Job]:
    rows = (await connection.execute(_fair(now, limit))).all()
    return await _win(connection, rows, lease, now)


async def _take(connection: AsyncConnection, key: task.Key, lease: Lease, now: datetime) -> Job | None:
    free = for_change(select(jobs).where(task.is_job(*key), task.is_free(now)))
    row = (await connection.execute(free)).first()
    # A statement of its own, after the lock: an act that stored an intake may just have let the row go.
    if row is None or await _has_intake(connection, key):
        return None
    return (await _win(connection, [row], lease, now))[0]


async def _has_intake(connection: AsyncConnection, key: task.Key) -> bool:
    account_token, claim_id = key
    query = select(intakes.c.claim_id).where(
        intakes.c.account_token == account_token, intakes.c.claim_id == claim_id
    )
    return (await connection.execute(query)).first() is not None


async def _win(
    connection: AsyncConnection, rows: Sequence[Row[Any]], lease: Lease, now: datetime
) -> list[Job]:
    """Lease jobs whose rows are locked and free."""
    keys = [(row.account_token, row.claim_id) for row in rows]
    if not keys:
        return []
    for row in rows:
        progress = take_up(progress=task.progress_of(row), now=now)
        await connection.execute(
            update(jobs)
            .where(task.is_job(row.account_token, row.claim_id))
            .values(**task.progress_values(progress), **task.lease_values(lease))
        )
    won = await task.load(connection, keys, lease=lease)
    return [won[key] for key in keys]


def _fair(now: datetime, limit: int) -> Select[Any]:
    """Return the query that locks the next due jobs: doubtful ones, then each relying party in turn."""
    doubtful = jobs.c.state.in_(_DOUBTFUL)
    age = (jobs.c.priority, jobs.c.opened_at, jobs.c.claim_id)
    ranked = (
        select(
            jobs.c.account_token,
            jobs.c.claim_id,
            func.row_number().over(partition_by=(doubtful, jobs.c.relying_party), order_by=age).label("turn"),
        )
        .where(_is_due(now))
        .subquery("ranked")
    )
    is_ranked = (ranked.c.account_token == jobs.c.account_token) & (ranked.c.claim_id == jobs.c.claim_id)
    return (
        select(jobs)
        .join(ranked, is_ranked)
        .where(task.is_free(now), jobs.c.next_at <= now)
        .order_by(doubtful.desc(), ranked.c.turn, *age)
        .limit(limit)
        .with_for_update(of=jobs, key_share=True, skip_locked=True)
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    waits = exists().where(
        intakes.c.account_token == jobs.c.account_token, intakes.c.claim_id == jobs.c.claim_id
    )
    return task.is_free(now) & (jobs.c.next_at <= now) & waits
