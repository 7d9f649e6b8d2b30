"""Leases and progress of jobs, against both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from idvault.claim.job import rules as job_rules
from idvault.claim.job.rules import JobState
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.claim import jobs
from idvault.sealing.ports import Intake
from tests.storage.hooks import held_act
from tools.support.databases import PostgresMaker
from tools.support.storage_world import MATCHED, NO_RECORD, NOW, World, at, lease_of


async def test_lease_returns_the_whole_job(world: World) -> None:
    """A leased job has everything needed to settle it, including its intake."""
    job = await world.job(ais=("1" * 32, "2" * 32))
    await world.postpone(job)
    lease = lease_of("worker")
    (won,) = await world.jobs.lease(lease=lease, now=at().real, limit=10)
    ready = job_rules.JobProgress(JobState.READY, 0, None, next_at=at().real)
    assert won == replace(job, lease=lease, progress=ready, intake=Intake("2026-03-01", b"sealed"))
    assert await world.jobs.lease(lease=lease_of("late"), now=at().real, limit=10) == []


async def test_lease_runs_out(world: World) -> None:
    """A job is due again exactly when its lease ends."""
    await world.waiting()
    lease = lease_of("first", until=at().real + timedelta(seconds=15))
    assert await world.jobs.lease(lease=lease, now=at().real, limit=1)
    early = lease.until - timedelta(microseconds=1)
    assert not await world.jobs.lease(lease=lease_of("second"), now=early, limit=1)
    (won,) = await world.jobs.lease(
        lease=lease_of("second", until=lease.until + timedelta(seconds=15)), now=lease.until, limit=1
    )
    assert won.lease.lease_id == lease_of("second").lease_id


async def test_sending_cut_short_is_unknown(world: World) -> None:
    """A job that was SENDING when its lease expired is leased again, and stored, as UNKNOWN."""
    job = await world.waiting(progress={"state": JobState.SENDING, "sent_at": at().real})
    now = at(after=timedelta(seconds=3)).real
    (won,) = await world.jobs.lease(lease=lease_of("a", until=now), now=now, limit=1)
    assert won.progress.state is JobState.UNKNOWN
    assert won.progress.next_at == at().real + job_rules.QUERY_DELAY
    (row,) = await world.all(jobs.select())
    assert (row.state, row.next_at, row.claim_id) == ("UNKNOWN", won.progress.next_at, job.claim_id)


async def test_what_is_not_leased(world: World) -> None:
    """Jobs that are not due, DONE or without an intake are not leased."""
    await world.waiting(progress={"next_at": at().real + timedelta(seconds=1)})
    await world.settle(await world.waiting(), NO_RECORD, lease_id=None)
    await world.job()
    assert await world.jobs.lease(lease=lease_of("a"), now=at().real, limit=10) == []


async def test_doubtful_jobs_come_first_then_parties_in_turn(world: World) -> None:
    """Doubtful jobs come first; then one of each party in turn, sign-ups first, older before newer."""
    names: dict[str, str] = {}

    async def wait(name: str, party: str, minute: int, **progress: object) -> None:
        job = await world.waiting(
            request=world.request(relying_party=party),
            now=at(after=timedelta(minutes=minute)),
            progress=progress,
        )
        names[job.claim_id] = name

    verified = await world.verified(person=world.person("x"))
    again = await world.again(verified, person=world.person("x"))
    await world.postpone(again)
    names[again.claim_id] = "a re-verification"
    for name, party, minute in (("a3", "platform-a", 3), ("a1", "platform-a", 1), ("a2", "platform-a", 2)):
        await wait(name, party, minute)
    await wait("b9", "platform-b", 9)
    await wait("doubtful", "platform-c", 20, state=JobState.UNKNOWN, sent_at=at().real)
    await wait("sending", "platform-a", 19, state=JobState.SENDING, sent_at=at().real)
    won = await world.jobs.lease(lease=lease_of("w"), now=at().real, limit=10)
    order = [names[job.claim_id] for job in won]
    assert order == ["sending", "doubtful", "a1", "b9", "a2", "a3", "a re-verification"]


async def test_limit_takes_the_first(world: World) -> None:
    """A limit leaves the later ones for the next lease."""
    first = await world.waiting()
    second = await world.waiting(now=at(after=timedelta(minutes=1)))
    for lease, job in ((lease_of("1"), first), (lease_of("2"), second)):
        (won,) = await world.jobs.lease(lease=lease, now=at().real, limit=1)
        assert won.claim_id == job.claim_id


async def test_many_lessees_share_without_overlap(world: World) -> None:
    """16 concurrent workers lease 40 jobs: each job once, and none is left."""
    waiting = {(await world.waiting()).claim_id for _ in range(40)}
    won = await asyncio.gather(
        *(world.jobs.lease(lease=lease_of(str(turn)), now=at().real, limit=3) for turn in range(16))
    )
    claimed = [job.claim_id for batch in won for job in batch]
    assert len(claimed) == len(set(claimed)) == 40
    assert set(claimed) == waiting


async def test_lessees_do_not_wait_for_a_locked_job(postgres_maker: PostgresMaker, tmp_path: Path) -> None:
    """On PostgreSQL, which has many writers, the other jobs are leased while an act holds one job's row."""
    databases = await asyncio.to_thread(postgres_maker.fresh, tmp_path)
    database = Database(url=databases.main_url)
    world = World(database)
    first = await world.waiting()
    second = await world.waiting(now=at(after=timedelta(minutes=1)))

    held = statement(update(jobs).where(jobs.c.claim_id == first.claim_id).values(attempts=7))
    async with held_act(database, lambda connection: connection.run(held)):
        leased = world.jobs.lease(lease=lease_of("w"), now=at().real, limit=10)
        won = await asyncio.wait_for(leased, timeout=60)
    assert [job.claim_id for job in won] == [second.claim_id]
    await database.close()
    await asyncio.to_thread(postgres_maker.drop, databases)


async def test_take_for_the_repeating_caller(world: World) -> None:
    """A caller's repeat leases the job of a claim without intake whose lease expired."""
    job = await world.job()
    lease = lease_of("repeat", until=job.lease.until + timedelta(seconds=15))
    key = {"account_token": job.account_token, "claim_id": job.claim_id}
    early = job.lease.until - timedelta(microseconds=1)
    assert await world.jobs.take(**key, lease=lease, now=early) is None
    won = await world.jobs.take(**key, lease=lease, now=job.lease.until)
    assert won is not None
    assert (won.lease, won.intake, won.ais) == (lease, None, job.ais)
    assert won.progress == job_rules.take_up(progress=job.progress, now=job.lease.until)
    assert await world.jobs.take(**key, lease=lease_of("third"), now=job.lease.until) is None


async def test_take_leaves_waiting_and_done_jobs(world: World) -> None:
    """A claim with an intake, one that ended, and an unknown one are not taken."""
    done = await world.verified()
    for job in (await world.waiting(), done, replace(done, claim_id=world.new_id())):
        won = await world.jobs.take(
            account_token=job.account_token,
            claim_id=job.claim_id,
            lease=lease_of("repeat"),
            now=job.lease.until,
        )
        assert won is None


async def test_one_of_many_repeats_takes(world: World) -> None:
    """Of 16 concurrent repeats exactly one leases the job."""
    job = await world.job()
    won = await asyncio.gather(
        *(
            world.jobs.take(
                account_token=job.account_token,
                claim_id=job.claim_id,
                lease=lease_of(str(turn), until=job.lease.until + timedelta(seconds=9)),
                now=job.lease.until,
            )
            for turn in range(16)
        )
    )
    assert len([one for one in won if one is not None]) == 1


async def test_advance_keeps_or_gives_up_the_lease(world: World) -> None:
    """Progress is stored under the lease; after the lease is released it is refused."""
    job = await world.job()
    kept = await world.jobs.advance(job, progress=replace(job.progress, attempts=1), keep_lease=True)
    assert kept == replace(job, progress=replace(job.progress, attempts=1))
    given = await world.jobs.advance(job, progress=replace(job.progress, attempts=2), keep_lease=False)
    assert given is not None
    assert await world.jobs.advance(job, progress=job.progress, keep_lease=True) is None
    (row,) = await world.all(jobs.select())
    assert (row.attempts, row.lease_id, row.leased_until) == (2, None, None)


async def test_advance_loses_against_an_outcome(world: World) -> None:
    """A DONE job does not change."""
    job = await world.verified()
    assert await world.jobs.advance(job, progress=job.progress, keep_lease=True) is None


async def test_backlog_and_oldest(world: World) -> None:
    """The backlog counts jobs that are not DONE; the oldest claim is given in business time."""
    assert (await world.jobs.backlog(), await world.jobs.oldest()) == ({}, None)
    await world.job(now=at(after=timedelta(minutes=2)))
    first = await world.job()
    assert (await world.jobs.backlog(), await world.jobs.oldest()) == ({"platform-a": 2}, NOW)
    await world.settle(first, MATCHED)
    assert await world.jobs.oldest() == NOW + timedelta(minutes=2)
    await world.job(request=world.request(relying_party="platform-b"))
    assert await world.jobs.backlog() == {"platform-a": 1, "platform-b": 1}
