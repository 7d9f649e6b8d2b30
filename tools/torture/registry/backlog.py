"""A backlog of any length, written by the database itself, and the cost of a lease with it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text

from idvault.claim.job.rules import Lease
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.db.statement import statement, to_micros
from tools.support import sql
from tools.support.claims import Jobs

PARTIES = 5
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
_LEASES = 30
_LIMIT = 10
_CHUNK = 50_000
# Every table that a job needs, one row per number; the texts only have to differ.
_ACCOUNT = "'acct_' || CAST(n AS TEXT)"
_CLAIM = "'claim' || CAST(n AS TEXT)"
_PARTY = f"'platform-' || CAST(n % {PARTIES} AS TEXT)"
_KEY = {"account_token": _ACCOUNT, "claim_id": _CLAIM}
_ROWS = {
    "accounts": {
        "account_token": _ACCOUNT, "relying_party": _PARTY, "subject_kind": "'INDIVIDUAL'",
        "state": "'PENDING'", "standing": "'GOOD'", "assurance": "'NONE'", "revision": "1",
    },
    "claims": {
        **_KEY, "relying_party": _PARTY, "request_id": _CLAIM, "subject_kind": "'INDIVIDUAL'",
        "state": "'PENDING'", "policy_version": "'terms-3'", "agree_time": "0", "person_id": _CLAIM,
        "opened_at": ":now + n",
    },
    "intakes": {**_KEY, "day": "'2026-03-01'", "ciphertext": "CAST(:sealed AS {bytes})"},
    "jobs": {
        **_KEY, "relying_party": _PARTY, "priority": "n % 2", "opened_at": ":now + n", "state": "'READY'",
        "check_index": "0", "next_at": ":now", "attempts": "1", "missing": "0", "resends": "0",
        "lane": "2 + 2 * (n % 2)", "due_at": ":now + n", "ais": _CLAIM, "withheld": "false",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """Median milliseconds of leasing ten jobs and of counting the backlog, and how many jobs wait."""

    waiting: int
    lease_ms: float
    count_ms: float


async def fill(database: Database, *, count: int, start: int = 0) -> None:
    """Queue this many claims of five parties, half of them re-verifications, all due within a second."""
    for first in range(start, start + count, _CHUNK):
        await _fill(database, first, min(first + _CHUNK, start + count))


async def _fill(database: Database, start: int, end: int) -> None:
    async def write(connection: Connection) -> None:
        is_sqlite = isinstance(connection, SqliteConnection)
        for table, columns in _ROWS.items():
            values = ", ".join(columns.values()).format(bytes="BLOB" if is_sqlite else "BYTEA")
            parameters = {"now": to_micros(NOW), "sealed": b"sealed", "start": start, "end": end}
            insertion = statement(
                text(
                    f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - written above
                    "WITH RECURSIVE numbers(n) AS (SELECT CAST(:start AS BIGINT) UNION ALL "
                    f"SELECT n + 1 FROM numbers WHERE n + 1 < :end) SELECT {values} FROM numbers"
                )
            )
            used = {
                name: value
                for name, value in parameters.items()
                if f":{name}" in values or name in "start end"
            }
            await connection.run(insertion, **used)

    await database.act("fill", write)


async def measure(database: Database, *, count: int) -> Cost:
    """Return the cost of a lease with this many waiting jobs."""
    await fill(database, count=count)
    await analyse(database)
    store = Jobs(database)
    now = NOW + timedelta(seconds=2)
    times = []
    for number in range(_LEASES):
        lease = Lease(f"{number:032x}", now + timedelta(seconds=15))
        begun = time.perf_counter()
        won = await store.lease(lease=lease, now=now, limit=_LIMIT)
        times.append(time.perf_counter() - begun)
        if len(won) != min(_LIMIT, max(0, count - number * _LIMIT)):
            raise RuntimeError("a lease did not win what is due")
    begun = time.perf_counter()
    await store.backlog()
    return Cost(count, median(times[: max(1, count // _LIMIT)]) * 1e3, (time.perf_counter() - begun) * 1e3)


async def analyse(database: Database) -> None:
    """Update the database's statistics, as its own housekeeping does."""
    await sql.run(database, "ANALYZE")
