"""The jobs of PENDING claims (ports.job)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, update

from idvault.domain.job import Progress, take_up
from idvault.domain.verification import ClaimState
from idvault.ports.verification import Job, Lease
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.claim import job_rows as task
from idvault.storage.claim import queue
from idvault.storage.claim.tables import claims, intakes, jobs

# Sets what it is given; one statement for all rows of a lease, sent at once.
_TAKE_UP = update(jobs).where(
    jobs.c.account_token == bindparam("its_account_token"), jobs.c.claim_id == bindparam("its_claim_id")
)


class SqlJobStore:
    """Jobs in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database. Whose turn it is begins anew with each store."""
        self._database = database
        self._turns = queue.Turns()

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        """Win up to limit due jobs that have an intake, in fair order."""
        return await self._database.act(
            "job.lease", lambda connection: self._lease(connection, lease, now, limit)
        )

    async def take(self, *, account_token: str, claim_id: str, lease: Lease, now: datetime) -> Job | None:
        """Win the job of a claim that has no intake; None if it is DONE, waits with one, or is leased."""
        return await self._database.act(
            "job.take", lambda connection: _take(connection, (account_token, claim_id), lease, now)
        )

    async def advance(self, job: Job, *, progress: Progress, keep_lease: bool) -> Job | None:
        """Store progress under the lease; None if it is lost."""
        values = task.progress_values(progress)
        if job.intake is not None:
            values = task.values(progress, job.lease if keep_lease else None, waits=True)
        elif not keep_lease:
            values |= task.lease_values(None)
        statement = update(jobs).where(task.is_held(job)).values(**values)

        async def advance(connection: Connection) -> Job | None:
            won = (await connection.execute(statement)).rowcount == 1
            return replace(job, progress=progress) if won else None

        return await self._database.act("job.advance", advance)

    async def is_waiting(self, *, relying_party: str, sign_up: bool, now: datetime) -> bool:
        """Return whether a due job of a relying party is at least as urgent as a new one."""
        return await self._database.read(
            "job.is_waiting",
            lambda connection: queue.is_waiting(
                connection, relying_party=relying_party, sign_up=sign_up, now=now
            ),
        )

    async def backlog(self) -> int:
        """Return how many jobs are not DONE."""
        count: int = await self._scalar(
            "job.backlog", select(func.count()).select_from(jobs).where(queue.IS_OPEN)
        )
        return count

    async def oldest(self) -> datetime | None:
        """Return when the oldest claim that is still open was opened (business time)."""
        oldest: datetime | None = await self._scalar(
            "job.oldest",
            select(func.min(claims.c.opened_at)).where(claims.c.state == ClaimState.PENDING.value),
        )
        return oldest

    async def _lease(self, connection: Connection, lease: Lease, now: datetime, limit: int) -> list[Job]:
        rows = await queue.pick(connection, turns=self._turns, now=now, limit=limit)
        return await _win(connection, rows, lease, now, waits=True)

    async def _scalar(self, name: str, query: Select[Any]) -> Any:
        async def scalar(connection: Connection) -> Any:
            return (await connection.execute(query)).scalar_one()

        return await self._database.read(name, scalar)


async def _take(connection: Connection, key: task.Key, lease: Lease, now: datetime) -> Job | None:
    free = for_change(select(jobs).where(task.is_job(*key), task.is_free(now)))
    row = (await connection.execute(free)).first()
    # A statement of its own, after the lock: an act that stored an intake may just have let the row go.
    if row is None or await _has_intake(connection, key):
        return None
    return (await _win(connection, [row], lease, now, waits=False))[0]


async def _has_intake(connection: Connection, key: task.Key) -> bool:
    account_token, claim_id = key
    query = select(intakes.c.claim_id).where(
        intakes.c.account_token == account_token, intakes.c.claim_id == claim_id
    )
    return (await connection.execute(query)).first() is not None


async def _win(
    connection: Connection, rows: Sequence[Row[Any]], lease: Lease, now: datetime, *, waits: bool
) -> list[Job]:
    """Lease jobs whose rows are locked and free."""
    keys = [(row.account_token, row.claim_id) for row in rows]
    if not keys:
        return []
    await connection.execute(_TAKE_UP, [_taken_up(row, lease, now, waits=waits) for row in rows])
    won = await task.load(connection, keys, lease=lease)
    return [won[key] for key in keys]


def _taken_up(row: Row[Any], lease: Lease, now: datetime, *, waits: bool) -> dict[str, Any]:
    progress = take_up(progress=task.progress_of(row), now=now)
    values = task.values(progress, lease, waits=waits, priority=row.priority)
    return {**values, "its_account_token": row.account_token, "its_claim_id": row.claim_id}
