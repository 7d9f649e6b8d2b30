"""The fair queue of waiting jobs, against both databases."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import BigInteger, text, update

from idvault.claim.job import store as job_store
from idvault.claim.job.rules import JobState
from idvault.claim.job.store import Job
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables.claim import jobs
from idvault_verify.account import SubjectKind
from idvault_verify.error import UnavailableError
from tests.storage.hooks import connection_class, failing_commit, failing_statement
from tools.support.storage_world import World, at, lease_of
from tools.torture.registry import backlog

# The rows that a lease of ten from five parties reads, for any queue length.
_MOST_ROWS = 300


async def _wait(world: World, party: str, *, minute: int = 0, **progress: Any) -> Job:
    return await world.waiting(
        request=world.request(relying_party=party),
        now=at(after=timedelta(minutes=minute)),
        progress=progress,
    )


async def _lease(world: World, limit: int, *, now: datetime | None = None) -> list[str]:
    """Return the parties of the jobs in one lease."""
    lease = lease_of(world.new_id())
    won = await world.jobs.lease(lease=lease, now=now or at().real, limit=limit)
    return [job.relying_party for job in won]


async def test_turns_go_on_from_lease_to_lease(world: World) -> None:
    """Parties with 6, 2 and 1 jobs, leased one by one, take turns across leases."""
    for party, count in (("a", 6), ("b", 2), ("c", 1)):
        for _ in range(count):
            await _wait(world, party)
    order = [party for _ in range(9) for party in await _lease(world, 1)]
    assert order == ["a", "b", "c", "a", "b", "a", "a", "a", "a"]


async def test_shares_of_a_lease_are_equal(world: World) -> None:
    """A lease of 7 gives three parties 3, 2 and 2; the next one starts with the next party."""
    for party in "abc":
        for _ in range(6):
            await _wait(world, party)
    assert await _lease(world, 7) == ["a", "b", "c", "a", "b", "c", "a"]
    assert await _lease(world, 4) == ["b", "c", "a", "b"]
    assert await _lease(world, 2) == ["c", "a"]


async def test_more_parties_than_a_lease_takes(world: World) -> None:
    """The next lease of 2 serves the parties that had no turn."""
    for party in "abcde":
        await _wait(world, party)
        await _wait(world, party)
    turns = [await _lease(world, 2) for _ in range(5)]
    assert turns == [["a", "b"], ["c", "d"], ["e", "a"], ["b", "c"], ["d", "e"]]


async def test_a_job_without_an_intake_hides_no_other(world: World) -> None:
    """Jobs that no worker may lease do not block others, in either database's sort order."""
    first, _second = [await _wait(world, "a", state=JobState.UNKNOWN, sent_at=at().real) for _ in range(2)]

    await world.do(update(jobs).where(jobs.c.claim_id == first.claim_id).values(due_at=None))
    assert await _lease(world, 5) == ["a"]


async def test_doubtful_jobs_have_turns_of_their_own(world: World) -> None:
    """Doubtful jobs come before all others and also alternate between the parties."""
    doubt: dict[str, Any] = {"state": JobState.UNKNOWN, "sent_at": at().real}
    for party in ("a", "a", "b"):
        await _wait(world, party, **doubt)
    await _wait(world, "c")
    assert await _lease(world, 2) == ["a", "b"]
    assert await _lease(world, 2) == ["a", "c"]


async def test_whoever_had_a_turn_does_not_begin_anew(world: World) -> None:
    """A job that was leased but not sent comes before jobs that never had a turn."""
    first = await _wait(world, "a")
    for minute in (1, 2):
        await _wait(world, "a", minute=minute)
    (won,) = await world.jobs.lease(lease=lease_of("w"), now=at().real, limit=1)
    assert won.claim_id == first.claim_id
    later = at(after=timedelta(seconds=30)).real
    progress = won.progress.__class__(JobState.READY, 0, None, next_at=later)
    assert await world.jobs.advance(won, progress=progress, keep_lease=False)
    (other,) = await world.jobs.lease(
        lease=lease_of("x", until=later + timedelta(seconds=1)), now=at().real, limit=1
    )
    assert other.claim_id != first.claim_id
    lease = lease_of("y", until=later + timedelta(seconds=15))
    (again,) = await world.jobs.lease(lease=lease, now=later, limit=1)
    assert again.claim_id == first.claim_id


async def test_a_lost_worker_gives_its_jobs_back(world: World) -> None:
    """A lost worker's jobs are leased again after their lease, before jobs that never had a turn."""
    first = await _wait(world, "a")
    await _wait(world, "a", minute=1)
    until = at().real + timedelta(seconds=15)
    await world.jobs.lease(lease=lease_of("lost", until=until), now=at().real, limit=1)
    (won,) = await world.jobs.lease(
        lease=lease_of("next", until=until + timedelta(seconds=15)), now=until, limit=1
    )
    assert won.claim_id == first.claim_id


async def test_is_waiting_sees_only_what_comes_first(world: World) -> None:
    """A party's due sign-up precedes every new claim; its due re-verification only another one."""

    async def waits(party: str) -> tuple[bool, bool]:
        asked = [
            await world.jobs.is_waiting(
                relying_party=party, kind=SubjectKind.INDIVIDUAL, sign_up=sign_up, now=at().real
            )
            for sign_up in (True, False)
        ]
        # Organisations wait for another registry.
        assert not await world.jobs.is_waiting(
            relying_party=party, kind=SubjectKind.ORGANIZATION, sign_up=False, now=at().real
        )
        return asked[0], asked[1]

    assert await waits("a") == (False, False)
    await _wait(world, "a", next_at=at().real + timedelta(seconds=1))
    await _wait(world, "a", state=JobState.UNKNOWN, sent_at=at().real)
    await world.job(request=world.request(relying_party="a"))
    assert await waits("a") == (False, False)
    verified = await world.verified(request=world.request(relying_party="a"), person=world.person("x"))
    again = await world.again(verified, person=world.person("x"), request=world.request(relying_party="a"))
    await world.postpone(again)
    assert await waits("a") == (False, True)
    await _wait(world, "a")
    assert await waits("a") == (True, True)
    assert await waits("b") == (False, False)


@pytest.mark.parametrize("waiting", [2_000, 20_000])
async def test_a_lease_reads_the_same_however_many_wait(main_database: Database, waiting: int) -> None:
    """A lease of ten jobs reads within one bound with 2,000 and with 20,000 waiting jobs."""
    await backlog.fill(main_database, count=waiting)
    await backlog.analyse(main_database)

    async def lease(connection: Connection) -> int:
        count = _sqlite_steps if isinstance(connection, SqliteConnection) else _postgres_rows
        before = await count(connection)
        later = backlog.NOW + timedelta(seconds=1)
        rows = (await job_store.pick(connection, turns={}, now=later, limit=10)).rows
        assert len(rows) == 10
        assert len({row.relying_party for row in rows}) == backlog.PARTIES
        return await count(connection) - before

    assert 0 < await main_database.act("test", lease) <= _MOST_ROWS


# How many rows this transaction has read, with or without an index.
_ROWS_READ: Statement[int] = statement(
    text(
        "SELECT CAST(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS BIGINT) AS number "
        "FROM pg_stat_xact_user_tables WHERE relname IN ('jobs', 'claims', 'intakes')"
    ).columns(number=BigInteger),
    scalar,
)


async def _postgres_rows(connection: Connection) -> int:
    return await connection.one(_ROWS_READ) or 0


_steps = [0]


async def _sqlite_steps(connection: Connection) -> int:
    """Return how many times the database has run a hundred instructions since the first call."""

    def note() -> None:
        _steps[0] += 1

    assert isinstance(connection, SqliteConnection)
    connection.driver.set_progress_handler(note, 100)
    return _steps[0]


async def test_a_repeated_act_moves_no_turn_twice(world: World) -> None:
    """A lease retried after a conflict gives the same turns as the first try."""
    for party in "abc":
        for _ in range(2):
            await _wait(world, party)
    conflict = _conflict(world.database)
    with failing_statement(world.database, number=3, fault=conflict) as seen:
        assert await _lease(world, 1) == ["a"]
    assert len(seen) > 3
    assert await _lease(world, 1) == ["b"]
    with failing_commit(world.database, committed=False) as fired, pytest.raises(UnavailableError):
        await _lease(world, 1)
    assert fired
    assert await _lease(world, 1) == ["c"]


def _conflict(database: Database) -> Exception:
    """Return the error with which a database asks to repeat an act."""
    if connection_class(database) is SqliteConnection:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        return error
    serialization: Exception = asyncpg.SerializationError("conflict")
    return serialization
