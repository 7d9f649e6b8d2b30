"""Rows of jobs, with the intake of a claim that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, tuple_, update

from idvault.domain.job import JobState, Progress
from idvault.domain.status import SubjectKind
from idvault.domain.verification import Consent, Facts, Slot
from idvault.ports.verification import Intake, Job, Lease, Opening
from idvault.storage.base.connection import Connection
from idvault.storage.claim import queue
from idvault.storage.claim.tables import checks, claims, intakes, jobs
from idvault.storage.lengths import padded

Key = tuple[str, str]


def is_job(account_token: str, claim_id: str) -> ColumnElement[bool]:
    """Return the condition that names one job."""
    return (jobs.c.account_token == account_token) & (jobs.c.claim_id == claim_id)


def is_held(job: Job) -> ColumnElement[bool]:
    """Return the condition that a job is not DONE and still held under its lease."""
    return (
        is_job(job.account_token, job.claim_id)
        & (jobs.c.lease_id == job.lease.lease_id)
        & (jobs.c.state != JobState.DONE.value)
    )


def is_free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a job is not DONE and nobody holds it beyond now."""
    return (jobs.c.state != JobState.DONE.value) & (
        jobs.c.leased_until.is_(None) | (jobs.c.leased_until <= now)
    )


def values(
    progress: Progress,
    lease: Lease | None,
    *,
    waits: bool,
    fresh: bool = False,
    priority: Any = jobs.c.priority,
) -> dict[str, object]:
    """Return progress, lease (None gives it up) and place in the queue as columns.

    waits: whether the claim has an intake. fresh: whether no worker has had the job yet.
    """
    return {
        **progress_values(progress),
        **lease_values(lease),
        **queue.values(progress, lease=lease, waits=waits, fresh=fresh, priority=priority),
    }


def progress_values(progress: Progress) -> dict[str, object]:
    """Return progress as columns."""
    return {
        "state": progress.state.value,
        "check_index": progress.check_index,
        "sent_at": progress.sent_at,
        "next_at": progress.next_at,
        "attempts": progress.attempts,
        "missing": progress.missing,
        "resends": progress.resends,
    }


def lease_values(lease: Lease | None) -> dict[str, object]:
    """Return a lease as columns; None gives it up."""
    return {"lease_id": lease and lease.lease_id, "leased_until": lease and lease.until}


def progress_of(row: Row[Any]) -> Progress:
    """Return the progress of a row of jobs."""
    return Progress(
        JobState(row.state),
        row.check_index,
        row.sent_at,
        row.next_at,
        attempts=row.attempts,
        missing=row.missing,
        resends=row.resends,
    )


async def add(connection: Connection, opening: Opening, *, progress: Progress, sign_up: bool) -> None:
    """Insert the job of a new claim, leased."""
    await connection.execute(
        insert(jobs).values(
            account_token=opening.account_token,
            claim_id=opening.claim_id,
            relying_party=opening.request.relying_party,
            priority=0 if sign_up else 1,
            opened_at=opening.now.business,
            limiter_key=opening.person.limiter_key,
            **progress_values(progress),
            **lease_values(opening.lease),
            lane=queue.DOUBT,
        )
    )


async def finish(connection: Connection, *, account_token: str, claim_id: str) -> None:
    """Make a job DONE and forget what only an open one needs."""
    await connection.execute(
        update(jobs)
        .where(is_job(account_token, claim_id))
        .values(state=JobState.DONE.value, limiter_key=None, due_at=None, **lease_values(None))
    )
    await connection.execute(
        delete(intakes).where(intakes.c.account_token == account_token, intakes.c.claim_id == claim_id)
    )


async def load(connection: Connection, keys: Sequence[Key], *, lease: Lease) -> dict[Key, Job]:
    """Return jobs whose rows this act has locked, as held under a lease."""
    wanted = tuple_(jobs.c.account_token, jobs.c.claim_id).in_(padded(keys))
    rows = await connection.execute(
        select(
            jobs,
            claims.c.subject_kind,
            claims.c.policy_version,
            claims.c.agree_time,
            claims.c.slot,
            claims.c.person_closed,
            claims.c.different_owner,
            intakes.c.day,
            intakes.c.ciphertext,
        )
        .join(
            claims,
            (claims.c.account_token == jobs.c.account_token) & (claims.c.claim_id == jobs.c.claim_id),
        )
        .outerjoin(
            intakes,
            (intakes.c.account_token == jobs.c.account_token) & (intakes.c.claim_id == jobs.c.claim_id),
        )
        .where(wanted)
    )
    ais = await _ais(connection, keys)
    found = {(row.account_token, row.claim_id): row for row in rows}
    return {key: _job(row, ais[key], lease) for key, row in found.items()}


async def _ais(connection: Connection, keys: Sequence[Key]) -> dict[Key, tuple[str, ...]]:
    rows = await connection.execute(
        select(checks)
        .where(tuple_(checks.c.account_token, checks.c.claim_id).in_(padded(keys)))
        .order_by(checks.c.position)
    )
    ais: dict[Key, tuple[str, ...]] = {}
    for row in rows:
        key = (row.account_token, row.claim_id)
        ais[key] = (*ais.get(key, ()), row.ai)
    return ais


def _job(row: Row[Any], ais: tuple[str, ...], lease: Lease) -> Job:
    return Job(
        relying_party=row.relying_party,
        account_token=row.account_token,
        claim_id=row.claim_id,
        subject_kind=SubjectKind(row.subject_kind),
        consent=Consent(row.policy_version, row.agree_time),
        opened_at=row.opened_at,
        ais=ais,
        facts=Facts(Slot(row.slot), row.person_closed, row.different_owner),
        progress=progress_of(row),
        lease=lease,
        intake=None if row.day is None else Intake(row.day, row.ciphertext),
    )
