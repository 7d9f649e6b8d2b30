"""The fair queue of waiting jobs: whose turn it is, at a cost that does not grow with how many wait.

- A job waits in one of five lanes: in doubt; sign-ups and re-verifications, each with those that a worker has
  had before in front. due_at is when a worker may take it; a job without an intake, or DONE, has none.
- Jobs in doubt come first. Then each relying party has one turn after the other; within a party the lanes
  come in order, and within a lane the job that is due longest.
- An index leads with lane, relying party and due_at: the parties are found by skipping from one to the next,
  and each of them gives its first jobs. Nothing else of the queue is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, literal_column, select, text

from idvault.domain.job import JobState, Progress
from idvault.ports.verification import Lease
from idvault.storage.base.connection import Connection
from idvault.storage.base.types import Micros
from idvault.storage.claim.tables import jobs

_DOUBTFUL = (JobState.SENDING, JobState.UNKNOWN)
DOUBT = 0
_SIGN_UPS = (1, 2)
_RE_VERIFICATIONS = (3, 4)
_TIERS = ((DOUBT,), (*_SIGN_UPS, *_RE_VERIFICATIONS))

# Written out, not bound: a partial index serves only a query that repeats its very condition.
IS_OPEN = jobs.c.state != literal_column("'DONE'")

# The first row of each lane and party is asked for by ORDER BY and LIMIT: PostgreSQL may answer an EXISTS by
# reading the whole table. Jobs that no worker may take have no due_at, and SQLite sorts those first.
_PARTIES = text(
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
).bindparams(bindparam("now", type_=Micros))


@dataclass(slots=True)
class Turns:
    """Whose turn was last, in each tier; a process keeps its own, and those of several add up to fairness."""

    last: dict[int, str] = field(default_factory=dict)


def values(
    progress: Progress, *, lease: Lease | None, waits: bool, fresh: bool, priority: Any = jobs.c.priority
) -> dict[str, object]:
    """Return a job's place as columns. waits: it has an intake. fresh: no worker has had it yet."""
    due_at = max(progress.next_at, lease.until) if lease else progress.next_at
    behind = 2 if fresh else 1
    return {
        "due_at": due_at if waits else None,
        "lane": DOUBT if progress.state in _DOUBTFUL else priority * 2 + behind,
    }


async def pick(connection: Connection, *, turns: Turns, now: datetime, limit: int) -> list[Row[Any]]:
    """Lock up to limit due jobs and return them in order; turns moves on."""
    found: dict[str, list[int]] = {}
    for lane, party in await connection.execute(_PARTIES, {"now": now}):
        found.setdefault(party, []).append(lane)
    rows: list[Row[Any]] = []
    for tier, lanes in enumerate(_TIERS):
        parties = {party: sorted({*lanes} & {*its}) for party, its in found.items() if {*lanes} & {*its}}
        order = _order(sorted(parties), turns.last.get(tier, ""))
        if order and len(rows) < limit:
            turns.last[tier] = order[(limit - len(rows)) % len(order) - 1]
            rows += await _deal(
                connection, [(party, parties[party]) for party in order], now, limit - len(rows)
            )
    return rows


async def is_waiting(connection: Connection, *, relying_party: str, sign_up: bool, now: datetime) -> bool:
    """Return whether a due job of a relying party is at least as urgent as a new one."""
    lanes = _SIGN_UPS if sign_up else (*_SIGN_UPS, *_RE_VERIFICATIONS)
    for lane in lanes:
        if (await connection.execute(_first(lane, relying_party, now, 1))).first() is not None:
            return True
    return False


def _order(parties: list[str], last: str) -> list[str]:
    """Return the parties, beginning with the one after the last."""
    return [party for party in parties if party > last] + [party for party in parties if party <= last]


async def _deal(
    connection: Connection, order: Sequence[tuple[str, list[int]]], now: datetime, limit: int
) -> list[Row[Any]]:
    """Lock each party's share, and return one of each in turn."""
    dealt: list[tuple[int, int, Row[Any]]] = []
    for place, (party, lanes) in enumerate(order):
        share = -((len(dealt) - limit) // (len(order) - place))
        its: list[Row[Any]] = []
        for lane in lanes:
            if len(its) < share:
                its += await _locked(connection, lane, party, now, share - len(its))
        dealt += [(turn, place, row) for turn, row in enumerate(its)]
    return [row for _turn, _place, row in sorted(dealt, key=lambda one: one[:2])]


async def _locked(connection: Connection, lane: int, party: str, now: datetime, limit: int) -> list[Row[Any]]:
    query = _first(lane, party, now, limit).with_for_update(key_share=True, skip_locked=True)
    return list(await connection.execute(query))


def _first(lane: int, party: str, now: datetime, limit: int) -> Select[Any]:
    """Return the query for the jobs of a party in a lane that are due longest."""
    return (
        select(jobs)
        .where(IS_OPEN, jobs.c.lane == lane, jobs.c.relying_party == party, jobs.c.due_at <= now)
        .order_by(jobs.c.due_at, jobs.c.opened_at)
        .limit(limit)
    )
