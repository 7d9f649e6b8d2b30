"""The fair queue of waiting jobs: whose turn it is, at a cost that does not grow with how many wait.

- A job waits in one of five lanes: in doubt; sign-ups and re-verifications, each with those that a worker has
  had before in front. due_at is when a worker may take it; a job without an intake, or DONE, has none.
- Jobs in doubt come first. Then each relying party has one turn after the other; within a party the lanes
  come in order, and within a lane the job that is due longest.
- An index leads with lane, relying party and due_at: the parties are found by skipping from one to the next,
  and each of them gives its first jobs. Nothing else of the queue is read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, bindparam, literal_column, select, text

from idvault.domain.job import JobProgress, JobState
from idvault.ports.claim import Lease
from idvault.storage.base.connection import Connection
from idvault.storage.base.listing import one_of
from idvault.storage.base.locking import for_change_unless_locked
from idvault.storage.base.statement import param, scalar, statement
from idvault.storage.base.types import Micros
from idvault.storage.claim.tables import jobs

_DOUBTFUL = (JobState.SENDING, JobState.UNKNOWN)
DOUBT = 0
_SIGN_UPS = (1, 2)
_RE_VERIFICATIONS = (3, 4)
_TIERS = ((DOUBT,), (*_SIGN_UPS, *_RE_VERIFICATIONS))

# Written out, not bound: a partial index serves only a query that repeats its very condition.
IS_OPEN = jobs.c.state != literal_column("'DONE'")
PLACE = {"due_at": param("due_at"), "lane": (jobs.c.priority * 2 + param("behind")) * param("sure")}
"""What `values` sets: a lane follows from the job's priority, unless it is in doubt."""

# The first row of each lane and party is asked for by ORDER BY and LIMIT: PostgreSQL may answer an EXISTS by
# reading the whole table. Jobs that no worker may take have no due_at, and SQLite sorts those first.
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
    .bindparams(bindparam("now", type_=Micros))
    .columns(lane=Integer, party=String)
)
_DUE = (IS_OPEN, jobs.c.relying_party == param("party"), jobs.c.due_at <= param("now"))
_FIRST = statement(
    for_change_unless_locked(
        select(jobs)
        .where(*_DUE, jobs.c.lane == param("lane"))
        .order_by(jobs.c.due_at, jobs.c.opened_at)
        .limit(param("limit", Integer))
    )
)
SIGN_UP_WAITS = statement(
    select(jobs.c.lane).where(*_DUE, one_of(jobs.c.lane, _SIGN_UPS)).limit(literal_column("1")), scalar
)
"""A due job of a relying party that is at least as urgent as a new sign-up."""
ANY_WAITS = statement(
    select(jobs.c.lane)
    .where(*_DUE, one_of(jobs.c.lane, (*_SIGN_UPS, *_RE_VERIFICATIONS)))
    .limit(literal_column("1")),
    scalar,
)
"""A due job of a relying party that is at least as urgent as a new re-verification."""

Turns = Mapping[int, str]
"""Whose turn was last, in each tier; a process keeps its own, and those of several add up to fairness."""


def values(progress: JobProgress, *, lease: Lease | None, waits: bool, fresh: bool) -> dict[str, object]:
    """Return a job's place as PLACE sets it. waits: it has an intake. fresh: no worker has had it yet."""
    due_at = max(progress.next_at, lease.until) if lease else progress.next_at
    return {
        "due_at": due_at if waits else None,
        "behind": 2 if fresh else 1,
        "sure": 0 if progress.state in _DOUBTFUL else 1,
    }


async def pick(connection: Connection, *, turns: Turns, now: datetime, limit: int) -> tuple[list[Any], Turns]:
    """Lock up to limit due jobs; return them in order, and whose turn was last then."""
    found: dict[str, list[int]] = {}
    for lane, party in await connection.all(_PARTIES, now=now):
        found.setdefault(party, []).append(lane)
    rows: list[Any] = []
    moved = dict(turns)
    for tier, lanes in enumerate(_TIERS):
        parties = {party: sorted({*lanes} & {*its}) for party, its in found.items() if {*lanes} & {*its}}
        order = _order(sorted(parties), turns.get(tier, ""))
        if order and len(rows) < limit:
            moved[tier] = order[(limit - len(rows)) % len(order) - 1]
            rows += await _deal(
                connection, [(party, parties[party]) for party in order], now, limit - len(rows)
            )
    return rows, moved


def _order(parties: list[str], last: str) -> list[str]:
    """Return the parties, beginning with the one after the last."""
    return [party for party in parties if party > last] + [party for party in parties if party <= last]


async def _deal(
    connection: Connection, order: Sequence[tuple[str, list[int]]], now: datetime, limit: int
) -> list[Any]:
    """Lock each party's share, and return one of each in turn."""
    dealt: list[tuple[int, int, Any]] = []
    for place, (party, lanes) in enumerate(order):
        share = -((len(dealt) - limit) // (len(order) - place))
        its: list[Any] = []
        for lane in lanes:
            if len(its) < share:
                its += await connection.all(_FIRST, party=party, lane=lane, now=now, limit=share - len(its))
        dealt += [(turn, place, row) for turn, row in enumerate(its)]
    return [row for _turn, _place, row in sorted(dealt, key=lambda one: one[:2])]
