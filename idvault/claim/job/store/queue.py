"""The fair queue of waiting jobs; picking a job costs the same however long the queue is.

- There are five lanes: doubtful jobs; retried sign-ups, new sign-ups; retried re-verifications, new ones.
  due_at is when a worker may lease the job; it is null for a job that has no intake or is DONE.
- Doubtful jobs come first. Then the relying parties take turns; within a party the lanes are served in order,
  and within a lane the job that has been due longest.
- An index starts with lane, relying party and due_at. The query skips from one party to the next and reads
  only each party's first jobs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, exists, literal_column, or_, select, text

from idvault.claim.job.rules import JobProgress, JobState
from idvault.claim.ports import Lease
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change_unless_locked
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.tables.claim import claims, jobs

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


def place(progress: JobProgress, *, lease: Lease | None, waits: bool, fresh: bool) -> dict[str, object]:
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
