"""Act `open`, against both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idvault.claim.job import rules as job_rules
from idvault.claim.job.rules import JobState
from idvault.claim.rules import TIMED_OUT, ClaimOutcome, Owner
from idvault.core.tables.claim import jobs, persons
from idvault.core.tables.log import log_entries, log_openings
from idvault_verify.account import AccountState, SubjectKind
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import ExhaustedError, NotFoundError, Reason
from idvault_verify.event import EventType
from idvault_verify.organization import OrganizationCategory
from idvault_verify.transparency import entry
from tools.support.claims import AskedClaim
from tools.support.storage_world import MATCHED, MISMATCHED, NO_RECORD, NOW, World, at, lease_of


async def test_sign_up_is_written_whole(world: World) -> None:
    """A sign-up creates a PENDING claim, an account, and a leased job in SENDING."""
    asked = world.new_claim(ais=(world.new_id(), world.new_id()))
    opened = await world.open(asked)
    assert opened.job is not None
    assert opened.job.progress == job_rules.born(now=asked.now.real)
    assert not opened.job.withheld
    assert (opened.job.ais, opened.job.consent, opened.job.lease) == (asked.ais, asked.consent, asked.lease)
    assert (opened.job.opened_at, opened.job.intake) == (asked.now.business, None)
    assert opened.claim.state is ClaimState.PENDING
    assert opened.claim.account.state is AccountState.PENDING
    assert opened.claim.account.revision == 1
    assert opened.claim.account.open_claim_id == asked.claim_id
    found = await world.claims.find(relying_party="platform-a", request_id=asked.request.request_id)
    assert found == opened.claim


async def test_sign_up_writes_its_log_entry(world: World) -> None:
    """The entry's leaf commits to the claim id; its exact time and opening key are stored separately."""
    asked = world.new_claim()
    event = world.event(EventType.CLAIM_OPEN, asked.account_token)
    await world.claims.open(asked, event=event, superseded=world.event(EventType.CLAIM_SUPERSEDE))
    (row,) = await world.all(select(log_entries))
    assert row.leaf == entry.encode_leaf(event.with_fields(claim_id=asked.claim_id))
    assert (row.entry_id, row.log_index, row.occurred_at) == (event.entry_id, None, NOW)
    (key,) = await world.all(select(log_openings))
    assert tuple(key) == (asked.account_token, event.entry_id, event.opening_key)


async def test_repeat_shows_the_state_as_it_is_now(world: World) -> None:
    """A repeat after the outcome returns the outcome."""
    asked = world.new_claim()
    job = await world.job(**{"request": asked.request})
    settled = await world.settle(job, MATCHED)
    assert (await world.open(asked)).claim == settled


async def test_request_ids_belong_to_their_relying_party(world: World) -> None:
    """Two relying parties may use the same request id."""
    asked = world.new_claim()
    await world.open(asked)
    other = await world.open(world.new_claim(request=replace(asked.request, caller="platform-b")))
    assert other.job is not None


async def test_repeat_after_removal_finds_nothing(world: World) -> None:
    """After the account's removal, repeat and find are REQUEST_NOT_FOUND."""
    asked = world.new_claim()
    job = await world.job(request=asked.request)
    claim = await world.settle(job, NO_RECORD)
    assert claim is not None
    removed = world.event(EventType.ACCOUNT_REMOVE, job.account_token, reason="never_verified")
    assert await world.accounts.remove(claim.account, now=at(), event=removed)
    with pytest.raises(NotFoundError) as repeated:
        await world.open(asked)
    with pytest.raises(NotFoundError) as asked_for:
        await world.claims.find(relying_party="platform-a", request_id=asked.request.request_id)
    assert {repeated.value.reason, asked_for.value.reason} == {Reason.REQUEST_NOT_FOUND}


async def _refused(world: World, new_claim: AskedClaim, kind: type[Exception], reason: Reason) -> None:
    before = await world.contents()
    with pytest.raises(kind) as refused:
        await world.open(new_claim)
    assert getattr(refused.value, "reason", None) is reason
    assert await world.contents() == before


async def test_an_account_of_another_party_is_unknown(world: World) -> None:
    """Its token is refused as an unknown one is, and leaves nothing behind."""
    await _refused(world, world.new_claim(new_account=False), NotFoundError, Reason.ACCOUNT_NOT_FOUND)
    job = await world.verified()
    theirs = world.new_claim(
        request=world.request(relying_party="platform-b"),
        account_token=job.account_token,
        new_account=False,
    )
    await _refused(world, theirs, NotFoundError, Reason.ACCOUNT_NOT_FOUND)


async def test_limiter_by_hour(world: World) -> None:
    """Five wrong names within an hour refuse the sixth try until the oldest is an hour old."""
    for minute in range(5):
        job = await world.job(person=world.person("x"), now=at(after=timedelta(minutes=minute)))
        await world.settle(job, MISMATCHED, now=at(after=timedelta(minutes=minute + 30)))
    late = world.new_claim(person=world.person("x"), now=at(after=timedelta(minutes=59)))
    await _refused(world, late, ExhaustedError, Reason.TOO_MANY_ATTEMPTS)
    await world.job(person=world.person("y"))
    await world.job(person=world.person("x"), request=world.request(relying_party="platform-b"))
    await world.job(person=world.person("x"), now=at(after=timedelta(minutes=60)))


async def test_limiter_by_day(world: World) -> None:
    """Twenty wrong names within a day refuse, including those under yesterday's key."""
    today = world.person("x")
    for hour in range(20):
        job = await world.job(person=today, now=at(after=timedelta(hours=hour)))
        await world.settle(job, MISMATCHED, now=at(after=timedelta(hours=hour)))
    tomorrow = world.person("x", limiter_key=world.random(32), yesterday_key=today.limiter_key)
    late = world.new_claim(person=tomorrow, now=at(after=timedelta(hours=23)))
    await _refused(world, late, ExhaustedError, Reason.TOO_MANY_ATTEMPTS)
    await world.job(person=tomorrow, now=at(after=timedelta(hours=24)))


async def test_open_claims_count(world: World) -> None:
    """Five claims under way, four of them waiting, refuse the sixth until one of them has matched."""
    opened = [await world.waiting(person=world.person("x")) for _ in range(4)]
    await world.job(person=world.person("x"))
    late = world.new_claim(person=world.person("x"))
    await _refused(world, late, ExhaustedError, Reason.TOO_MANY_ATTEMPTS)
    await world.settle(opened[0], MATCHED, lease_id=None)
    await world.open(late)


async def test_64_names_at_once(world: World) -> None:
    """Of 64 concurrent claims with different names exactly five open."""
    new_claims = [world.new_claim(person=world.person("x")) for _ in range(64)]
    opened = await asyncio.gather(*(world.open(one) for one in new_claims), return_exceptions=True)
    refused = [one for one in opened if isinstance(one, ExhaustedError)]
    assert (len(refused), (await world.counts())["claims"]) == (59, 5)


async def test_an_equal_pair_is_not_charged_twice(world: World) -> None:
    """Kept or under way, today or yesterday, a pair counts once."""
    today, pair = world.person("x"), world.random(32)
    for _ in range(6):
        await world.settle(await world.job(person=world.person("x"), pair=pair), MISMATCHED)
    tomorrow = world.person("x", limiter_key=world.random(32), yesterday_key=today.limiter_key)
    for _ in range(4):
        await world.job(person=tomorrow, pair=pair, now=at(after=timedelta(minutes=1)))
    for _ in range(4):
        await world.job(person=tomorrow, now=at(after=timedelta(minutes=2)))
    late = world.new_claim(person=tomorrow, now=at(after=timedelta(minutes=3)))
    await _refused(world, late, ExhaustedError, Reason.TOO_MANY_ATTEMPTS)


async def test_every_denied_attempt_counts(world: World) -> None:
    """A number without a record counts as a wrong name does; a claim that timed out does not."""
    for outcome in (TIMED_OUT, *[NO_RECORD] * 4, MISMATCHED):
        await world.settle(await world.job(person=world.person("x")), outcome)
    late = world.new_claim(person=world.person("x"))
    await _refused(world, late, ExhaustedError, Reason.TOO_MANY_ATTEMPTS)


async def test_an_account_with_a_record_is_charged_by_itself(world: World) -> None:
    """It is refused after five wrong names of whatever persons, and not for those of strangers."""
    mine = await world.verified(person=world.person("x"))
    for _ in range(5):
        await world.settle(await world.job(person=world.person("x")), MISMATCHED)
    own = await world.again(mine, person=world.person("x"))
    assert not own.withheld
    await world.settle(own, MATCHED)
    for name in "abcde":
        await world.settle(await world.again(mine, person=world.person(name)), MISMATCHED)
    late = world.new_claim(account_token=mine.account_token, new_account=False, person=world.person("f"))
    await _refused(world, late, ExhaustedError, Reason.TOO_MANY_ATTEMPTS)
    await world.job(person=world.person("f"))


async def test_a_claim_at_another_persons_limit_is_withheld(world: World) -> None:
    """It opens, is charged to its account alone, and stays withheld while it waits."""
    mine = await world.verified(person=world.person("x"))
    for _ in range(5):
        await world.settle(await world.job(person=world.person("y")), MISMATCHED)
    held = await world.again(mine, person=world.person("y"))
    assert held.withheld
    assert await world.postpone(held)
    (leased,) = await world.jobs.lease(lease=lease_of("w"), now=at().real, limit=9)
    assert leased.withheld
    before = (await world.counts())["attempts"]
    await world.settle(leased, MISMATCHED)
    counts = await world.counts()
    assert (counts["attempts"], counts["account_attempts"]) == (before, 1)


async def test_a_replaced_claim_stays_charged_if_it_was_sent(world: World) -> None:
    """Only a claim of which certainly no check was sent gives its attempt back."""
    mine = await world.job(person=world.person("x"))
    for _ in range(6):
        mine = await world.again(mine, person=world.person("x"))
        await world.postpone(mine)
    assert (await world.counts())["attempts"] == 1  # the first one was under way
    for sent in ({"sent_at": NOW}, {"check_index": 1}, {"resends": 1}):
        await world.postpone(await world.again(mine, person=world.person("x")), **sent)
    await world.again(mine, person=world.person("x"))
    assert (await world.counts())["attempts"] == 4


async def test_new_claim_supersedes_the_open_one(world: World) -> None:
    """The old claim fails, its job is DONE, its intake deleted; both entries are written."""
    old = await world.waiting(person=world.person("x"))
    asked = world.new_claim(account_token=old.account_token, new_account=False, person=world.person("y"))
    event = world.event(EventType.CLAIM_OPEN, old.account_token)
    superseded = world.event(EventType.CLAIM_SUPERSEDE, old.account_token)
    opened = await world.claims.open(asked, event=event, superseded=superseded)
    assert opened.claim.account.open_claim_id == asked.claim_id
    assert opened.claim.account.state is AccountState.PENDING
    (row,) = await world.all(select(jobs).where(jobs.c.claim_id == old.claim_id))
    assert (row.state, row.lease_id, row.limiter_key, row.pair) == (JobState.DONE.value, None, None, None)
    assert (await world.counts())["intakes"] == 0
    leaves = {row.entry_id: row.leaf for row in await world.all(select(log_entries))}
    written = superseded.with_fields(claim_id=old.claim_id, by_claim_id=asked.claim_id)
    assert leaves[superseded.entry_id] == entry.encode_leaf(written)
    assert event.entry_id in leaves


async def test_open_claims_take_no_slot(world: World) -> None:
    """Only a match takes one."""
    for _ in range(3):
        await world.job(person=world.person("x"))
    assert await world.slots("x") == 0


async def test_person_moves_to_the_present_index(world: World) -> None:
    """A person found under the previous index version keeps id and slots and is moved."""
    job = await world.verified(person=world.person("x"))
    former = world.person("x")
    present = replace(former, index_version=2, index=world.random(32), others=(former.index,))
    again = await world.again(job, person=present)
    assert await world.settle(again, MATCHED)
    (row,) = await world.all(select(persons))
    assert (row.person_index, row.index_version, row.accounts) == (present.index, 2, 1)


async def test_concurrent_moves_of_one_person(world: World) -> None:
    """Concurrent claims that find a person under the previous version agree on one person."""
    await world.verified(person=world.person("x"))
    former = world.person("x")
    index = world.random(32)
    new_claims = [
        world.new_claim(
            person=world.person("x", index_version=2, index=index, others=(former.index,)), pair=index
        )
        for _ in range(8)
    ]
    opened = await asyncio.gather(*(world.open(new_claim) for new_claim in new_claims))
    assert len([one for one in opened if one.job]) == 8
    assert (await world.counts())["persons"] == 1


async def test_subject_kind_is_kept(world: World) -> None:
    """An organisation's claim and account have its subject kind; the category waits for a representative."""
    job = await world.job(subject_kind=SubjectKind.ORGANIZATION, representative=world.random(32))
    account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert account is not None
    assert account.subject_kind is SubjectKind.ORGANIZATION
    owner = Owner(SubjectKind.ORGANIZATION, OrganizationCategory.INSTITUTION)
    settled = await world.settle(job, ClaimOutcome(ClaimState.SUCCEEDED), owner=owner)
    account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert settled is not None
    assert settled.failure_reason is FailureReason.REPRESENTATIVE_PENDING
    assert account == settled.account
    assert (account.subject_kind, account.organization_category) == (SubjectKind.ORGANIZATION, None)


async def test_one_request_64_times_at_once(world: World) -> None:
    """Of 64 concurrent calls with one request exactly one opens a claim, and all see it."""
    asked = world.new_claim(person=world.person("x"))
    new_claims = [
        world.new_claim(request=asked.request, person=world.person("x"), new_account=True) for _ in range(64)
    ]
    opened = await asyncio.gather(*(world.open(new_claim) for new_claim in new_claims))
    assert len([one for one in opened if one.job is not None]) == 1
    assert len({one.claim.claim_id for one in opened}) == 1
    counts = await world.counts()
    assert (counts["requests"], counts["claims"], counts["accounts"]) == (1, 1, 1)
    assert (counts["jobs"], counts["log_entries"], await world.slots("x")) == (1, 1, 0)


@pytest.mark.parametrize("limit", [5, 2])
async def test_64_requests_of_one_person_at_once(world: World, limit: int) -> None:
    """Exactly K of 64 concurrent matches of one person take a slot; the other records are discarded."""
    pair = world.random(32)
    new_claims = [world.new_claim(person=world.person("x"), pair=pair) for _ in range(64)]
    opened = await asyncio.gather(*(world.open(new_claim) for new_claim in new_claims))
    settled = await asyncio.gather(
        *(world.settle(one.job, MATCHED, accounts_per_person=limit) for one in opened if one.job)
    )
    reasons = [claim.failure_reason for claim in settled if claim]
    assert (reasons.count(None), reasons.count(FailureReason.ACCOUNT_LIMIT_REACHED)) == (limit, 64 - limit)
    assert (await world.slots("x"), (await world.counts())["records"]) == (limit, limit)


async def test_crossed_persons_do_not_wait_for_each_other(world: World) -> None:
    """Two accounts that keep swapping claimants concurrently do not deadlock."""
    first, second = await world.job(person=world.person("x")), await world.job(person=world.person("y"))
    for turn in range(10):
        names = ("y", "x") if turn % 2 == 0 else ("x", "y")
        first, second = await asyncio.gather(
            world.again(first, person=world.person(names[0]), pair=b"x"),
            world.again(second, person=world.person(names[1]), pair=b"y"),
        )
    assert (await world.counts())["persons"] == 2
