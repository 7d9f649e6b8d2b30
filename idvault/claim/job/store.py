"""The rows of jobs, with the intakes of waiting claims, and their fair queue.

All times are real time, but for opened_at. Picking a job costs the same however long the queue is.

- There are five lanes: doubtful jobs; retried sign-ups, new sign-ups; retried re-verifications, new ones.
  due_at is when a worker may lease the job; it is null for a job that has no intake or is DONE.
- Doubtful jobs come first. Then the relying parties take turns; within a party the lanes are served in order,
  and within a lane the job that has been due longest.
- An index starts with lane, relying party and due_at. The query skips from one party to the next and reads
  only each party's first jobs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from idvault.claim.job.rules import JobProgress, JobState, Lease
from idvault.claim.job.rules import take_up as taken_up
from idvault.core.db.connection import Connection
from idvault.core.db.listing import listed
from idvault.core.db.statement import (
    Micros,
    Statement,
    for_change,
    for_change_unless_locked,
    param,
    scalar,
    statement,
    upsert,
)
from idvault.core.tables import ID, TOKEN
from idvault.core.tables.claim import claims, intakes, jobs
from idvault.sealing.ports import Intake
from idvault_verify.account import SubjectKind
from idvault_verify.claim import Consent


@dataclass(frozen=True, slots=True)
class Job:
    """A leased claim to settle. withheld: nothing is sent, and it ends as a mismatch (claim.rules)."""

    relying_party: str
    account_token: str
    claim_id: str
    subject_kind: SubjectKind
    consent: Consent
    opened_at: datetime
    ais: tuple[str, ...]
    progress: JobProgress
    lease: Lease
    withheld: bool = False
    intake: Intake | None = field(default=None, repr=False)


_DOUBTFUL = (JobState.SENDING, JobState.UNKNOWN)
DOUBT = 0
_SIGN_UPS = (1, 2)
_RE_VERIFICATIONS = (3, 4)
_TIERS = ((DOUBT,), (*_SIGN_UPS, *_RE_VERIFICATIONS))

# A literal, not a parameter: a partial index is used only if the query repeats its exact condition.
IS_OPEN = jobs.c.state != literal_column("'DONE'")

PLACE = {
    "lane": jobs.c.priority * param("lane_step", Integer) + param("lane_start", Integer),
    "due_at": param("due_at"),
}
"""A job's place as columns of an UPDATE; `place` gives the parameters."""

# ORDER BY and LIMIT find the first row of each lane and party: PostgreSQL may answer an EXISTS by reading the
# whole table. NULL due_at is excluded, since SQLite sorts it first.
_PARTIES = statement(
    text(
        """
        WITH RECURSIVE waiting(lane, party) AS (
            SELECT 0, CAST('' AS TEXT) UNION ALL SELECT 1, '' UNION ALL SELECT 2, ''
            UNION ALL SELECT 3, '' UNION ALL SELECT 4, ''
            UNION ALL
            SELECT lane, (
                SELECT CAST(jobs.relying_party AS TEXT) FROM jobs
                WHERE jobs.state <> 'DONE' AND jobs.lane = waiting.lane AND jobs.relying_party > waiting.party
                ORDER BY jobs.relying_party LIMIT 1
            ) FROM waiting WHERE party IS NOT NULL
        )
        SELECT lane, party FROM waiting
        WHERE party <> '' AND (
            SELECT jobs.due_at FROM jobs WHERE jobs.state <> 'DONE' AND jobs.lane = waiting.lane
            AND jobs.relying_party = waiting.party AND jobs.due_at IS NOT NULL
            ORDER BY jobs.due_at LIMIT 1
        ) <= :now
        """
    )
    .bindparams(param("now", Micros))
    .columns(lane=Integer, party=String)
)
_FIRST = statement(
    for_change_unless_locked(
        select(jobs)
        .where(
            IS_OPEN,
            jobs.c.lane == param("lane"),
            jobs.c.relying_party == param("party"),
            jobs.c.due_at <= param("now"),
        )
        .order_by(jobs.c.due_at, jobs.c.opened_at)
        .limit(param("limit", Integer))
    )
)


def _is_due(lane: int) -> ColumnElement[bool]:
    """Return the condition that a party has a due job of a kind of subject in a lane.

    Another kind's jobs wait for another registry. Only due ones are passed over: in an outage, most are not.
    """
    of_kind = exists().where(
        claims.c.account_token == jobs.c.account_token,
        claims.c.claim_id == jobs.c.claim_id,
        claims.c.subject_kind == param("kind"),
    )
    first = (
        select(jobs.c.due_at)
        .where(
            IS_OPEN,
            jobs.c.lane == lane,
            jobs.c.relying_party == param("party"),
            jobs.c.due_at <= param("now", Micros),
            of_kind,
        )
        .order_by(jobs.c.due_at)
        .limit(literal_column("1"))
    )
    return first.scalar_subquery() <= param("now", Micros)


def _is_any_due(*lanes: int) -> Statement[bool | None]:
    return statement(select(or_(*map(_is_due, lanes))), scalar)


BEFORE_SIGN_UP = _is_any_due(*_SIGN_UPS)
BEFORE_RE_VERIFICATION = _is_any_due(*_SIGN_UPS, *_RE_VERIFICATIONS)
"""Whether a due job of a relying party is at least as urgent as a new one; null means no."""

Turns = Mapping[int, str]
"""The relying party whose turn was last, in each tier."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Rows of jobs that this act has locked, in order, and the turns after this act."""

    rows: Sequence[Any]
    turns: Turns


def queue_place(progress: JobProgress, *, lease: Lease | None, waits: bool, fresh: bool) -> dict[str, object]:
    """Return the parameters of `PLACE`. waits: the job has an intake. fresh: no worker has leased it yet."""
    due_at = max(progress.next_at, lease.until) if lease else progress.next_at
    step, start = (0, DOUBT) if progress.state in _DOUBTFUL else (2, 2 if fresh else 1)
    return {"due_at": due_at if waits else None, "lane_step": step, "lane_start": start}


async def pick(connection: Connection, *, turns: Turns, now: datetime, limit: int) -> Picked:
    """Lock up to `limit` due jobs."""
    waiting: dict[str, list[int]] = {}
    for lane, party in await connection.all(_PARTIES, now=now):
        waiting.setdefault(party, []).append(lane)
    rows: list[Any] = []
    moved: dict[int, str] = {}
    for tier, lanes in enumerate(_TIERS):
        parties = {party: its for party, all_ in waiting.items() if (its := sorted({*lanes} & {*all_}))}
        order = _order(sorted(parties), turns.get(tier, ""))
        left = limit - len(rows)
        if order and left > 0:
            moved[tier] = order[left % len(order) - 1]
            rows += await _deal(connection, [(party, parties[party]) for party in order], now, left)
    return Picked(rows, moved)


def _order(parties: list[str], last: str) -> list[str]:
    """Return the parties, beginning with the one after the last."""
    return [party for party in parties if party > last] + [party for party in parties if party <= last]


async def _deal(
    connection: Connection, order: Sequence[tuple[str, list[int]]], now: datetime, limit: int
) -> list[Any]:
    """Lock each party's share of jobs, and return them alternating between the parties."""
    dealt: list[tuple[int, int, Any]] = []
    for index, (party, lanes) in enumerate(order):
        share = -((len(dealt) - limit) // (len(order) - index))
        its: list[Any] = []
        for lane in lanes:
            if len(its) < share:
                its += await connection.all(_FIRST, lane=lane, party=party, now=now, limit=share - len(its))
        dealt += [(turn, index, row) for turn, row in enumerate(its)]
    return [row for _turn, _index, row in sorted(dealt, key=lambda one: one[:2])]


Key = tuple[str, str]

OF_CLAIM = (jobs.c.account_token == claims.c.account_token) & (jobs.c.claim_id == claims.c.claim_id)
"""The condition that joins a claim and its job."""
IS_JOB = (jobs.c.account_token == param("token")) & (jobs.c.claim_id == param("claim"))
_IS_HELD = IS_JOB & (jobs.c.lease_id == param("held_lease")) & IS_OPEN
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
_WHOLE = {**_PROGRESS, **_LEASE, **{jobs.c[name]: value for name, value in PLACE.items()}}

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
    .where(IS_JOB, IS_OPEN, jobs.c.due_at.is_(None))
    .values(due_at=case((jobs.c.leased_until > jobs.c.next_at, jobs.c.leased_until), else_=jobs.c.next_at))
)
_NEW_INTAKE = upsert(intakes)
_PUT_INTAKE = statement(
    _NEW_INTAKE.on_conflict_do_update(
        index_elements=[intakes.c.account_token, intakes.c.claim_id],
        set_={"day": _NEW_INTAKE.excluded.day, "ciphertext": _NEW_INTAKE.excluded.ciphertext},
    )
)
_DELETE_INTAKE = statement(
    delete(intakes).where(intakes.c.account_token == param("token"), intakes.c.claim_id == param("claim"))
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
    connection: Connection, job: Job, *, limiter_key: bytes | None, pair: bytes, sign_up: bool
) -> None:
    """Insert the job of a new claim, leased. limiter_key, pair: its attempt."""
    await connection.later(
        _ADD,
        account_token=job.account_token,
        claim_id=job.claim_id,
        relying_party=job.relying_party,
        priority=0 if sign_up else 1,
        opened_at=job.opened_at,
        limiter_key=limiter_key,
        pair=pair,
        withheld=job.withheld,
        ais=" ".join(job.ais),
        lane=DOUBT,
        due_at=None,
        **_progress(job.progress),
        **_lease(job.lease),
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
        await _remove_intake(connection, account_token=account_token, claim_id=claim_id)


async def put_intake(connection: Connection, intake: Intake, *, account_token: str, claim_id: str) -> None:
    """Store the intake of a claim whose job this act has locked, replacing a previous one."""
    await connection.later(
        _PUT_INTAKE,
        account_token=account_token,
        claim_id=claim_id,
        day=intake.day,
        ciphertext=intake.ciphertext,
    )


async def _remove_intake(connection: Connection, *, account_token: str, claim_id: str) -> None:
    """Delete the intake of a claim, if it has one."""
    await connection.later(_DELETE_INTAKE, token=account_token, claim=claim_id)


async def load(connection: Connection, keys: Sequence[Key], *, lease: Lease) -> dict[Key, Job]:
    """Return jobs whose rows this act has locked, held under the given lease."""
    rows = await connection.all(_LOAD, keys=keys)
    return {(row.account_token, row.claim_id): _job(row, lease) for row in rows}


def _held(job: Job) -> dict[str, object]:
    return {"token": job.account_token, "claim": job.claim_id, "held_lease": job.lease.lease_id}


def _whole(progress: JobProgress, lease: Lease | None, *, waits: bool, fresh: bool) -> dict[str, object]:
    place = queue_place(progress, lease=lease, waits=waits, fresh=fresh)
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


# A null due_at means that the claim has no intake. The locked row itself is read, so an intake that another
# act has just stored is seen.
_FREE = statement(
    for_change(
        select(jobs).where(
            IS_JOB,
            IS_OPEN,
            jobs.c.due_at.is_(None),
            or_(jobs.c.leased_until.is_(None), jobs.c.leased_until <= param("now")),
        )
    )
)
# Grouped as the index of the queue is sorted.
_BACKLOG = statement(
    select(jobs.c.relying_party, func.count().label("waiting"))
    .where(IS_OPEN)
    .group_by(jobs.c.lane, jobs.c.relying_party)
)


async def count(connection: Connection) -> dict[str, int]:
    """Return how many jobs of each relying party are not DONE; parties without such jobs are left out."""
    counts: Counter[str] = Counter()
    for party, waiting in await connection.all(_BACKLOG):
        counts[party] += waiting
    return dict(counts)


async def lease_due(
    connection: Connection, lease: Lease, *, turns: Turns, now: datetime, limit: int
) -> tuple[list[Job], Turns]:
    """Lease up to `limit` due jobs that have an intake; return them, and the turns after this act.

    Due are those that are not DONE, with next_at <= now, and no lease beyond now. Each is leased by one
    process only. The result may be shorter than the limit although more are due, but empty only if none is.
    """
    picked = await pick(connection, turns=turns, now=now, limit=limit)
    return await _win(connection, picked.rows, lease, now, waits=True), picked.turns


async def take(
    connection: Connection, lease: Lease, *, account_token: str, claim_id: str, now: datetime
) -> Job | None:
    """Lease the job of a claim without an intake; None if it is DONE, has an intake, or is leased."""
    rows = await connection.all(_FREE, token=account_token, claim=claim_id, now=now)
    won = await _win(connection, rows, lease, now, waits=False)
    return won[0] if won else None


async def _win(
    connection: Connection, rows: Sequence[Any], lease: Lease, now: datetime, *, waits: bool
) -> list[Job]:
    """Lease jobs whose rows this act has locked and which are not leased."""
    keys = [(row.account_token, row.claim_id) for row in rows]
    if not keys:
        return []
    progress = [taken_up(progress=progress_of(row), now=now) for row in rows]
    await take_up(connection, list(zip(keys, progress, strict=True)), lease=lease, waits=waits)
    won = await load(connection, keys, lease=lease)
    return [won[key] for key in keys]
