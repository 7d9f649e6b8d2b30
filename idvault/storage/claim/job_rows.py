"""Rows of jobs, with the intake of a claim that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from idvault.domain.account import SubjectKind
from idvault.domain.claim import Consent, Facts, Slot
from idvault.domain.job import JobProgress, JobState
from idvault.ports.claim import Intake, Job, Lease, NewClaim
from idvault.storage.base.connection import Connection
from idvault.storage.base.listing import among
from idvault.storage.base.statement import param, statement
from idvault.storage.claim import queue
from idvault.storage.claim.tables import checks, claims, intakes, jobs

Key = tuple[str, str]

IS_JOB = (jobs.c.account_token == param("token")) & (jobs.c.claim_id == param("claim"))
"""The condition that names one job."""
IS_OPEN = jobs.c.state != JobState.DONE.value
IS_HELD = IS_JOB & (jobs.c.lease_id == param("held")) & IS_OPEN
"""The condition that a job is not DONE and still held under a lease."""

_PROGRESS = ("state", "check_index", "sent_at", "next_at", "attempts", "missing", "resends")
_LEASE = ("lease_id", "leased_until")
ADVANCED = {name: param(name) for name in (*_PROGRESS, *_LEASE)}
"""What `progress_values` and `lease_values` set."""
PLACED = {**ADVANCED, **queue.PLACE}
"""What `values` sets."""

_ADD = statement(insert(jobs))
_FINISH = statement(
    update(jobs)
    .where(IS_JOB)
    .values(state=JobState.DONE.value, limiter_key=None, due_at=None, lease_id=None, leased_until=None)
)
_DELETE_INTAKE = statement(
    delete(intakes).where(intakes.c.account_token == param("token"), intakes.c.claim_id == param("claim"))
)
# A claim's id is of one account only, so that both lists together name the pairs that they were made of.
_LOAD = statement(
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
    .join(claims, (claims.c.account_token == jobs.c.account_token) & (claims.c.claim_id == jobs.c.claim_id))
    .outerjoin(
        intakes, (intakes.c.account_token == jobs.c.account_token) & (intakes.c.claim_id == jobs.c.claim_id)
    )
    .where(among(jobs.c.account_token, "tokens"), among(jobs.c.claim_id, "claim_ids"))
)
_CHECKS = statement(
    select(checks)
    .where(among(checks.c.account_token, "tokens"), among(checks.c.claim_id, "claim_ids"))
    .order_by(checks.c.position)
)


def values(
    progress: JobProgress, lease: Lease | None, *, waits: bool, fresh: bool = False
) -> dict[str, object]:
    """Return progress, lease (None gives it up) and place in the queue, as PLACED sets them.

    waits: whether the claim has an intake. fresh: whether no worker has had the job yet.
    """
    return {
        **progress_values(progress),
        **lease_values(lease),
        **queue.values(progress, lease=lease, waits=waits, fresh=fresh),
    }


def progress_values(progress: JobProgress) -> dict[str, object]:
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


def progress_of(row: Any) -> JobProgress:
    """Return the progress of a row of jobs."""
    return JobProgress(
        JobState(row.state),
        row.check_index,
        row.sent_at,
        row.next_at,
        attempts=row.attempts,
        missing=row.missing,
        resends=row.resends,
    )


async def add(connection: Connection, opening: NewClaim, *, progress: JobProgress, sign_up: bool) -> None:
    """Insert the job of a new claim, leased."""
    await connection.run(
        _ADD,
        account_token=opening.account_token,
        claim_id=opening.claim_id,
        relying_party=opening.request.relying_party,
        priority=0 if sign_up else 1,
        opened_at=opening.now.business,
        limiter_key=opening.person.limiter_key,
        **progress_values(progress),
        **lease_values(opening.lease),
        lane=queue.DOUBT,
        due_at=None,
    )


async def finish(connection: Connection, *, account_token: str, claim_id: str, has_intake: bool) -> None:
    """Make a job DONE and forget what only an open one needs."""
    await connection.run(_FINISH, token=account_token, claim=claim_id)
    if has_intake:
        await connection.run(_DELETE_INTAKE, token=account_token, claim=claim_id)


async def load(connection: Connection, keys: Sequence[Key], *, lease: Lease) -> dict[Key, Job]:
    """Return jobs whose rows this act has locked, as held under a lease."""
    wanted = {"tokens": [token for token, _ in keys], "claim_ids": [claim_id for _, claim_id in keys]}
    rows = await connection.all(_LOAD, **wanted)
    ais: dict[Key, tuple[str, ...]] = {}
    for row in await connection.all(_CHECKS, **wanted):
        key = (row.account_token, row.claim_id)
        ais[key] = (*ais.get(key, ()), row.ai)
    found = {(row.account_token, row.claim_id): row for row in rows}
    return {key: _job(row, ais[key], lease) for key, row in found.items()}


def _job(row: Any, ais: tuple[str, ...], lease: Lease) -> Job:
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


def due_at(row: Any) -> datetime:
    """Return when a worker may take a job that has just got its intake."""
    next_at: datetime = row.next_at
    return max(next_at, row.leased_until or next_at)
