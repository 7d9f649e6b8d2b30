"""Rows of jobs, with the intakes of waiting claims."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, insert, select, update

from idvault.claim.job.rules import JobProgress, JobState
from idvault.claim.job.store import queue
from idvault.claim.ports import Job, Lease, NewClaim
from idvault.claim.store import intake
from idvault.claim.store.attempt import Charge
from idvault.claim.store.rows import OF_CLAIM
from idvault.core.db.connection import Connection
from idvault.core.db.listing import listed
from idvault.core.db.statement import param, statement
from idvault.core.tables import ID, TOKEN
from idvault.core.tables.claim import claims, intakes, jobs
from idvault.sealing.ports import Intake
from idvault.verify.account import SubjectKind
from idvault.verify.claim import Consent

Key = tuple[str, str]

IS_JOB = (jobs.c.account_token == param("token")) & (jobs.c.claim_id == param("claim"))
_IS_HELD = IS_JOB & (jobs.c.lease_id == param("held_lease")) & queue.IS_OPEN
_PROGRESS = {
    column: param(column.key)
    for column in (
        jobs.c.state,
        jobs.c.check_index,
        jobs.c.sent_at,
        jobs.c.next_at,
        jobs.c.attempts,
        jobs.c.missing,
        jobs.c.resends,
    )
}
_LEASE = {column: param(column.key) for column in (jobs.c.lease_id, jobs.c.leased_until)}
_WHOLE = {**_PROGRESS, **_LEASE, **{jobs.c[name]: value for name, value in queue.PLACE.items()}}

_ADD = statement(insert(jobs))
_PUT_HELD = statement(update(jobs).where(_IS_HELD).values({**_PROGRESS, **_LEASE}))
_PUT_WAITING = statement(update(jobs).where(_IS_HELD).values(_WHOLE))
_TAKE_UP = statement(update(jobs).where(IS_JOB).values(_WHOLE))
_FINISH = statement(
    update(jobs)
    .where(IS_JOB)
    .values(
        state=JobState.DONE.value,
        limiter_key=None,
        pair=None,
        due_at=None,
        lease_id=None,
        leased_until=None,
    )
)
# Due once the job's holder, which does not know of the intake, has released or lost the lease.
_MAKE_DUE = statement(
    update(jobs)
    .where(IS_JOB, queue.IS_OPEN, jobs.c.due_at.is_(None))
    .values(due_at=case((jobs.c.leased_until > jobs.c.next_at, jobs.c.leased_until), else_=jobs.c.next_at))
)
_KEYS = listed("keys", account_token=TOKEN, claim_id=ID)
_LOAD = statement(
    select(
        jobs,
        claims.c.subject_kind,
        claims.c.policy_version,
        claims.c.agree_time,
        intakes.c.day,
        intakes.c.ciphertext,
    )
    .join_from(
        _KEYS,
        jobs,
        (jobs.c.account_token == _KEYS.c.account_token) & (jobs.c.claim_id == _KEYS.c.claim_id),
    )
    .join(claims, OF_CLAIM)
    .outerjoin(
        intakes,
        (intakes.c.account_token == jobs.c.account_token) & (intakes.c.claim_id == jobs.c.claim_id),
    )
)


def _progress(progress: JobProgress) -> dict[str, object]:
    return {
        "state": progress.state.value,
        "check_index": progress.check_index,
        "sent_at": progress.sent_at,
        "next_at": progress.next_at,
        "attempts": progress.attempts,
        "missing": progress.missing,
        "resends": progress.resends,
    }


def _lease(lease: Lease | None) -> dict[str, object]:
    return {"lease_id": lease and lease.lease_id, "leased_until": lease and lease.until}


def progress_of(row: Any) -> JobProgress:
    """Return the progress stored in a row of `jobs`."""
    return JobProgress(
        JobState(row.state),
        row.check_index,
        row.sent_at,
        row.next_at,
        attempts=row.attempts,
        missing=row.missing,
        resends=row.resends,
    )


async def add(
    connection: Connection, new_claim: NewClaim, *, progress: JobProgress, charge: Charge, sign_up: bool
) -> None:
    """Insert the job of a new claim, leased."""
    await connection.later(
        _ADD,
        account_token=new_claim.account_token,
        claim_id=new_claim.claim_id,
        relying_party=new_claim.request.caller,
        priority=0 if sign_up else 1,
        opened_at=new_claim.now.business,
        limiter_key=charge.limiter_key,
        pair=new_claim.pair,
        withheld=charge.withheld,
        ais=" ".join(new_claim.ais),
        lane=queue.DOUBT,
        due_at=None,
        **_progress(progress),
        **_lease(new_claim.lease),
    )


async def put(connection: Connection, job: Job, *, progress: JobProgress, lease: Lease | None) -> bool:
    """Store the progress of a job that is held; False if it is DONE or its lease is lost.

    lease: None releases it. A job without an intake gets its place in the queue when its intake is stored.
    """
    if job.intake is not None:
        return await wait(connection, job, progress=progress, lease=lease, fresh=False)
    values = {**_progress(progress), **_lease(lease)}
    return await connection.run(_PUT_HELD, **_held(job), **values) == 1


async def wait(
    connection: Connection, job: Job, *, progress: JobProgress, lease: Lease | None, fresh: bool
) -> bool:
    """Store the progress and the place in the queue of a job with an intake, if it is held.

    fresh: no worker has leased the job yet.
    """
    values = _whole(progress, lease, waits=True, fresh=fresh)
    return await connection.run(_PUT_WAITING, **_held(job), **values) == 1


async def take_up(
    connection: Connection, taken: Sequence[tuple[Key, JobProgress]], *, lease: Lease, waits: bool
) -> None:
    """Lease jobs whose rows this act has locked. waits: whether they have an intake."""
    await connection.many(
        _TAKE_UP,
        [
            {"token": token, "claim": claim_id, **_whole(progress, lease, waits=waits, fresh=False)}
            for (token, claim_id), progress in taken
        ],
    )


async def make_due(connection: Connection, *, account_token: str, claim_id: str) -> bool:
    """Place a job without an intake in the queue; False if it is queued already or DONE."""
    return await connection.run(_MAKE_DUE, token=account_token, claim=claim_id) == 1


async def finish(connection: Connection, *, account_token: str, claim_id: str, waits: bool = True) -> None:
    """Make a job DONE and delete what only an open job needs. waits: whether it may have an intake."""
    await connection.later(_FINISH, token=account_token, claim=claim_id)
    if waits:
        await intake.remove(connection, account_token=account_token, claim_id=claim_id)


async def load(connection: Connection, keys: Sequence[Key], *, lease: Lease) -> dict[Key, Job]:
    """Return jobs whose rows this act has locked, held under the given lease."""
    rows = await connection.all(_LOAD, keys=keys)
    return {(row.account_token, row.claim_id): _job(row, lease) for row in rows}


def _held(job: Job) -> dict[str, object]:
    return {"token": job.account_token, "claim": job.claim_id, "held_lease": job.lease.lease_id}


def _whole(progress: JobProgress, lease: Lease | None, *, waits: bool, fresh: bool) -> dict[str, object]:
    place = queue.place(progress, lease=lease, waits=waits, fresh=fresh)
    return {**_progress(progress), **_lease(lease), **place}


def _job(row: Any, lease: Lease) -> Job:
    return Job(
        relying_party=row.relying_party,
        account_token=row.account_token,
        claim_id=row.claim_id,
        subject_kind=SubjectKind(row.subject_kind),
        consent=Consent(row.policy_version, row.agree_time),
        opened_at=row.opened_at,
        ais=tuple(row.ais.split()),
        progress=progress_of(row),
        lease=lease,
        withheld=row.withheld,
        intake=None if row.day is None else Intake(row.day, row.ciphertext),
    )
