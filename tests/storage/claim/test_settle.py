"""Acts `settle`, `postpone` and `purge`, and the reads of claims, against both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idvault.claim.acts import backlog as claim_backlog
from idvault.claim.acts import registry_check
from idvault.claim.acts.claim import open_claim
from idvault.claim.job.rules import JobProgress, JobState
from idvault.claim.job.store import Job
from idvault.core import account_request
from idvault.core.act import SYSTEM, MemberActor, Tx
from idvault.core.db.connection import Connection, Work
from idvault.core.tables.claim import attempts, intakes, jobs
from idvault.core.tables.log import log_entries
from idvault.sealing.ports import Intake
from idvault_verify.account import AccountState, Assurance
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.event import EventType
from idvault_verify.transparency import entry
from tests.storage.hooks import held_act
from tools.support.storage_world import MATCHED, MISMATCHED, NO_RECORD, NOW, TODAY, World, at, lease_of


async def test_success(world: World) -> None:
    """A success verifies the account, stores the record and ends claim, job and intake."""
    job = await world.job(person=world.person("x"))
    settlement = world.settlement(job, MATCHED)
    event = world.event(EventType.CLAIM_SETTLE, job.account_token)
    claim = await world.claims.settle(settlement, event=event)
    assert claim is not None
    assert (claim.state, claim.failure_reason, claim.retry_at) == (ClaimState.SUCCEEDED, None, None)
    account = claim.account
    assert (account.state, account.assurances) == (
        AccountState.VERIFIED,
        frozenset({Assurance.REGISTRY_MATCH}),
    )
    assert (account.verify_date, account.expire_date) == (TODAY, date(2027, 3, 1))
    assert (account.revision, account.open_claim_id) == (2, None)
    assert await world.accounts.get(relying_party="platform-a", account_token=job.account_token) == account
    assert await world.stored_record(job.account_token) == settlement.record
    assert await world.slots("x") == 1
    assert settlement.record is not None
    written = event.with_fields(
        claim_id=job.claim_id,
        state="SUCCEEDED",
        failure_reason="",
        record_digest=settlement.record.digest(),
    )
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    assert row.leaf == entry.encode_leaf(written)


async def test_failure(world: World) -> None:
    """A failure rejects a sign-up, keeps its attempt and stores no record."""
    job = await world.waiting(person=world.person("x"))
    event = world.event(EventType.CLAIM_SETTLE, job.account_token)
    settlement = world.settlement(job, MISMATCHED, lease_id=None)
    claim = await world.claims.settle(settlement, event=event)
    assert claim is not None
    assert (claim.state, claim.failure_reason) == (ClaimState.FAILED, FailureReason.MISMATCH)
    assert (claim.account.state, claim.account.revision) == (AccountState.REJECTED, 2)
    assert await world.slots("x") == 0
    counts = await world.counts()
    assert (counts["records"], counts["intakes"], counts["attempts"]) == (0, 0, 1)
    written = event.with_fields(
        claim_id=job.claim_id, state="FAILED", failure_reason="MISMATCH", record_digest=b""
    )
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    assert row.leaf == entry.encode_leaf(written)


async def test_second_success_replaces_the_record(world: World) -> None:
    """An account keeps only its newest record."""
    job = await world.verified(person=world.person("x"))
    again = await world.again(job, person=world.person("x"))
    settlement = world.settlement(again, MATCHED)
    await world.claims.settle(settlement, event=world.event(EventType.CLAIM_SETTLE))
    assert await world.stored_record(job.account_token) == settlement.record
    assert (await world.counts())["records"] == 1


async def test_a_match_without_a_slot_fails(world: World) -> None:
    """The record that was sealed for it is discarded."""
    await world.verified(person=world.person("x"))
    full = await world.job(person=world.person("x"))
    claim = await world.settle(full, MATCHED, accounts_per_person=1)
    assert claim is not None
    assert (claim.state, claim.failure_reason) == (ClaimState.FAILED, FailureReason.ACCOUNT_LIMIT_REACHED)
    assert (claim.account.state, claim.receipt) == (AccountState.REJECTED, None)
    counts = await world.counts()
    assert (counts["records"], counts["receipts"], counts["attempts"], await world.slots("x")) == (1, 1, 0, 1)


async def test_an_account_keeps_its_slot(world: World) -> None:
    """A re-verification takes no second slot, and none is needed if the limit is lower now."""
    job = await world.verified(person=world.person("x"))
    await world.verified(person=world.person("x"))
    again = await world.again(job, person=world.person("x"))
    claim = await world.settle(again, MATCHED, accounts_per_person=1)
    assert claim is not None
    assert claim.state is ClaimState.SUCCEEDED
    await world.settle(await world.again(job, person=world.person("x")), NO_RECORD)
    assert await world.slots("x") == 2


async def test_a_different_owner_is_refused_after_the_match(world: World) -> None:
    """The account keeps its person and record, and the other person no slot."""
    settlement = world.settlement(first := await world.job(person=world.person("x")), MATCHED)
    await world.claims.settle(settlement, event=world.event(EventType.CLAIM_SETTLE))
    claim = await world.settle(await world.again(first, person=world.person("y")), MATCHED)
    assert claim is not None
    assert claim.failure_reason is FailureReason.DIFFERENT_OWNER
    assert await world.slots("y") == 0
    assert await world.stored_record(first.account_token) == settlement.record


async def test_late_answer_loses(world: World) -> None:
    """A claim that has ended cannot be ended again, whatever the answer and the fence."""
    job = await world.job()
    await world.settle(job, NO_RECORD)
    before = await world.contents()
    assert await world.settle(job, MATCHED) is None
    assert await world.settle(job, MATCHED, lease_id=None) is None
    assert await world.settle(job, NO_RECORD) is None
    assert await world.contents() == before


async def test_superseded_answer_loses(world: World) -> None:
    """An answer to a superseded claim changes nothing."""
    job = await world.job(person=world.person("x"))
    await world.again(job, person=world.person("x"))
    before = await world.contents()
    assert await world.settle(job, MATCHED) is None
    assert await world.settle(job, MATCHED, lease_id=None) is None
    assert await world.contents() == before


async def test_foreign_fence_loses(world: World) -> None:
    """A settlement under a lease that another worker has won since changes nothing."""
    job = await world.job()
    late = job.lease.until
    won = await world.jobs.take(
        account_token=job.account_token,
        claim_id=job.claim_id,
        lease=lease_of("other", until=late + timedelta(seconds=15)),
        now=late,
    )
    assert won is not None
    before = await world.contents()
    assert await world.settle(job, MATCHED) is None
    assert await world.contents() == before
    assert await world.settle(won, MATCHED) is not None


async def test_unknown_claim_settles_to_nothing(world: World) -> None:
    """An unknown account, and an unknown claim of a known account, return None."""
    job = await world.job()
    assert await world.settle(replace(job, account_token=world.new_claim().account_token), NO_RECORD) is None
    assert await world.settle(replace(job, claim_id=world.new_id()), NO_RECORD) is None


async def test_record_and_outcome_must_agree(world: World) -> None:
    """A success without a record and a failure with one are programming errors."""
    job = await world.job()
    with pytest.raises(ValueError, match="record"):
        await world.settle(job, MATCHED, record=None)
    with pytest.raises(ValueError, match="record"):
        await world.settle(job, NO_RECORD, record=world.record(job))


async def test_an_attempt_is_kept_at_the_time_of_its_claim(world: World) -> None:
    """It is kept under the limiter key of the claim, which the job then deletes."""
    asked = world.new_claim()
    job = await world.job(person=asked.person)
    await world.settle(job, MISMATCHED, now=at(after=timedelta(minutes=3)))
    (row,) = await world.all(select(attempts))
    assert (row.limiter_key, row.attempted_at) == (asked.person.limiter_key, NOW)
    (done,) = await world.all(select(jobs))
    assert (done.state, done.limiter_key, done.pair, done.lease_id) == (JobState.DONE.value, None, None, None)


async def test_a_kept_attempt_keeps_its_newest_time(world: World) -> None:
    """Equal pairs share a row, in whatever order their claims end."""
    minutes = (1, 3, 2)
    tried = {"person": world.person("x"), "pair": b"p" * 32}
    opened = [await world.job(**tried, now=at(after=timedelta(minutes=one))) for one in minutes]
    for job in opened:
        await world.settle(job, MISMATCHED)
    (row,) = await world.all(select(attempts))
    assert row.attempted_at == NOW + timedelta(minutes=3)


async def test_many_settle_at_once(world: World) -> None:
    """Of 16 concurrent settlements of one claim exactly one ends it."""
    job = await world.job(person=world.person("x"))
    answers = await asyncio.gather(
        *(world.settle(job, MATCHED if turn % 2 else NO_RECORD, lease_id=None) for turn in range(16))
    )
    (winner,) = [claim for claim in answers if claim is not None]
    assert await world.slots("x") == (1 if winner.state is ClaimState.SUCCEEDED else 0)
    assert (await world.counts())["log_entries"] == 2


async def test_settle_and_supersede_at_once(world: World) -> None:
    """If an answer and a new claim of one account coincide, only an answer that counted takes a slot."""
    for _ in range(5):
        name = world.new_id()
        job = await world.job(person=world.person(name))
        settled, again = await asyncio.gather(
            world.settle(job, MATCHED), world.again(job, person=world.person(name))
        )
        account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
        assert account is not None
        assert account.open_claim_id == again.claim_id
        assert account.state is (AccountState.PENDING if settled is None else AccountState.VERIFIED)
        assert await world.slots(name) == (0 if settled is None else 1)


async def test_postpone_stores_the_intake_and_gives_the_lease_up(world: World) -> None:
    """A postponed claim waits with its intake and progress, and its entry is written."""
    job = await world.job()
    due = at(after=timedelta(seconds=10)).real
    assert await world.postpone(job, state=JobState.UNKNOWN, sent_at=at().real, next_at=due)
    (row,) = await world.all(select(intakes))
    assert (row.day, row.ciphertext) == ("2026-03-01", b"sealed")
    (waiting,) = await world.all(select(jobs))
    assert (waiting.state, waiting.lease_id, waiting.next_at) == (JobState.UNKNOWN.value, None, due)
    assert (await world.counts())["log_entries"] == 2


async def test_postpone_loses_against_an_outcome(world: World) -> None:
    """A claim that has ended is not postponed."""
    job = await world.job()
    await world.settle(job, NO_RECORD)
    before = await world.contents()
    assert not await world.postpone(job)
    assert await world.contents() == before


async def test_retry_time_of_a_waiting_claim(world: World) -> None:
    """A PENDING claim shows when its job is due."""
    asked = world.new_claim()
    job = await world.job(request=asked.request)
    due = at(after=timedelta(seconds=30)).real
    await world.postpone(job, next_at=due)
    claim = await world.claims.find(relying_party="platform-a", request_id=asked.request.request_id)
    assert claim.retry_at == due


async def test_find_knows_only_ones_own_requests(world: World) -> None:
    """An unknown request and another party's are REQUEST_NOT_FOUND."""
    asked = world.new_claim()
    await world.open(asked)
    for party, request_id in (
        ("platform-b", asked.request.request_id),
        ("platform-a", world.request().request_id),
    ):
        with pytest.raises(NotFoundError) as refused:
            await world.claims.find(relying_party=party, request_id=request_id)
        assert refused.value.reason is Reason.REQUEST_NOT_FOUND


async def test_overdue_claims_oldest_first(world: World) -> None:
    """Only PENDING claims opened at or before the time are overdue."""
    for hour in (3, 1, 2, 4):
        await world.open(claim_id=f"{hour}" * 32, now=at(after=timedelta(hours=hour)))
    ended = await world.job(now=at())
    await world.settle(ended, NO_RECORD)
    limit = NOW + timedelta(hours=3)
    overdue = await world.claims.overdue(opened_before=limit, limit=10)
    assert [claim.claim_id[0] for claim in overdue] == ["1", "2", "3"]
    assert len(await world.claims.overdue(opened_before=limit, limit=2)) == 2


async def test_purge_forgets_old_requests(world: World) -> None:
    """Request rows made before the time are deleted, with one entry; the claims stay."""
    old, new = world.new_claim(), world.new_claim(now=at(after=timedelta(days=1)))
    await world.open(old)
    await world.open(new)
    before, now = NOW + timedelta(days=1), at(after=timedelta(days=8))
    event = replace(world.event(EventType.REQUEST_PURGE), occurred_at=now.business, recorded_at=now.real)
    assert await claim_backlog.forget(world.vault_of(event), SYSTEM, now) == 1
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    assert row.leaf == entry.encode_leaf(event.with_fields(before=before.isoformat(), count=1))
    with pytest.raises(NotFoundError):
        await world.claims.find(relying_party="platform-a", request_id=old.request.request_id)
    await world.claims.find(relying_party="platform-a", request_id=new.request.request_id)
    assert (await world.counts())["claims"] == 2


async def test_purge_of_nothing_writes_nothing(world: World) -> None:
    """Without old requests there is no entry."""
    await world.open()
    before = await world.contents()
    assert await claim_backlog.forget(world.vault, SYSTEM, at()) == 0
    assert await world.contents() == before


async def test_purge_forgets_old_attempts(world: World) -> None:
    """Attempts that no longer count are deleted too."""
    job = await world.verified(person=world.person("x"))
    await world.settle(await world.again(job, person=world.person("y")), MISMATCHED)
    for days, left in ((0, 1), (1, 0)):
        await claim_backlog.forget(world.vault, SYSTEM, at(after=timedelta(days=days)))
        counts = await world.counts()
        assert (counts["attempts"], counts["account_attempts"]) == (left, left)


async def test_progress_survives_the_database(world: World) -> None:
    """Every field of progress is restored as stored."""
    job = await world.job()
    progress = JobProgress(JobState.IN_PROGRESS, 1, NOW, at().real, attempts=3, missing=1, resends=2)
    assert await world.jobs.advance(job, progress=progress, keep_lease=False)
    won = await world.jobs.take(
        account_token=job.account_token, claim_id=job.claim_id, lease=lease_of("next"), now=at().real
    )
    assert won is not None
    assert won.progress == progress


async def test_a_deposit_waits_for_the_lease(world: World) -> None:
    """An intake brought by another caller is stored once; the job is due when its holder's lease ends."""
    job = await world.job()

    async def deposit() -> bool:
        return await world.claims.deposit(
            account_token=job.account_token,
            claim_id=job.claim_id,
            intake=Intake("2026-03-01", b"sealed"),
            event=world.event(EventType.CLAIM_POSTPONE, job.account_token),
        )

    assert await deposit()
    assert not await deposit()
    until = job.lease.until
    early = until - timedelta(microseconds=1)
    assert await world.jobs.lease(lease=lease_of("w"), now=early, limit=1) == []
    assert await world.jobs.advance(job, progress=job.progress, keep_lease=True)
    lease = lease_of("w", until=until + timedelta(seconds=15))
    (won,) = await world.jobs.lease(lease=lease, now=until, limit=1)
    assert won.intake == Intake("2026-03-01", b"sealed")
    assert await world.settle(won, MATCHED)
    assert (await world.counts())["intakes"] == 0
    assert not await deposit()


@asynccontextmanager
async def _meanwhile(world: World, body: Work[Any]) -> AsyncIterator[None]:
    """Keep an act open for the duration of the block and slightly longer."""
    async with held_act(world.database, body):
        yield
        await asyncio.sleep(0.2)


def _deposit(world: World, job: Job) -> Work[Any]:
    """Return the body of an act that stores an intake."""
    intake = Intake("2026-03-01", b"sealed")
    return lambda one: registry_check.store_deposit.body(
        Tx(one, SYSTEM, at(), world.vault.events), job.account_token, job.claim_id, intake
    )


async def test_an_intake_that_came_while_settling_waited_is_deleted(world: World) -> None:
    """Settle sees an intake stored by the act it waited for."""
    job = await world.job()
    async with _meanwhile(world, _deposit(world, job)):
        settling = asyncio.create_task(world.settle(job, MATCHED))
    assert await settling is not None
    assert (await world.counts())["intakes"] == 0


async def test_a_claim_superseded_while_settling_waited_is_not_settled(world: World) -> None:
    """Settle sees that the claim ended while it waited."""
    job = await world.job(person=world.person("x"))
    asked = world.new_claim(account_token=job.account_token, new_account=False, person=world.person("y"))
    by = MemberActor("b" * 32, "platform-a")

    async def superseding(one: Connection) -> None:
        request = asked.request.of_account(asked.account_token)
        await account_request.remember(one, request, made=asked.claim_id, now=NOW)
        await open_claim.body(Tx(one, by, at(), world.vault.events, request), asked.claim_id, asked, None)

    async with _meanwhile(world, superseding):
        settling = asyncio.create_task(world.settle(job, MATCHED))
    assert await settling is None
    assert (await world.slots("x"), await world.slots("y")) == (0, 0)
    assert (await world.counts())["records"] == 0


async def test_a_job_whose_intake_came_while_taking_waited_is_not_taken(world: World) -> None:
    """The job is now a worker's."""
    job = await world.job()
    late, key = job.lease.until, {"account_token": job.account_token, "claim_id": job.claim_id}
    async with _meanwhile(world, _deposit(world, job)):
        taking = asyncio.create_task(world.jobs.take(**key, lease=lease_of("other"), now=late))
    assert await taking is None
