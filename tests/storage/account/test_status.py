"""Reads, expiry and removal of accounts, against both databases."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import insert, select

from idvault.claim.job.store import Job
from idvault.core.db.statement import param, statement
from idvault.core.tables.claim import reviews
from idvault.core.tables.log import log_entries
from idvault_verify.account import Account, AccountState
from idvault_verify.claim import ReviewState
from idvault_verify.event import EventType
from idvault_verify.transparency import entry
from tests.storage.hooks import before_statements
from tools.support.storage_world import MISMATCHED, NO_RECORD, NOW, World, at

END = date(2027, 3, 1)


async def _account(world: World, job: Job) -> Account:
    account = await world.accounts.get(relying_party=job.relying_party, account_token=job.account_token)
    assert account is not None
    return account


async def test_get_knows_only_ones_own(world: World) -> None:
    """An unknown account and another party's both give None."""
    job = await world.verified()
    assert (await _account(world, job)).state is AccountState.VERIFIED
    for party, token in (("platform-b", job.account_token), ("platform-a", world.new_claim().account_token)):
        assert await world.accounts.get(relying_party=party, account_token=token) is None


async def test_each_party_reads_only_its_own(world: World) -> None:
    """Look-ups of one party and turn are one read, which finds no account of another party."""
    mine, theirs = await world.job(), await world.job(request=world.request(relying_party="platform-b"))
    asked = [(party, job) for party in ("platform-a", "platform-b") for job in (mine, theirs)]
    seen: list[str] = []
    with before_statements(world.accounts.database, seen.append):
        found = await asyncio.gather(
            *(
                world.accounts.get(relying_party=party, account_token=job.account_token)
                for party, job in asked
            )
        )
    assert [account and account.account_token for account in found] == [
        mine.account_token,
        None,
        None,
        theirs.account_token,
    ]
    assert len(seen) == 2


async def test_expiring_accounts(world: World) -> None:
    """VERIFIED accounts are listed from their expire_date on."""
    job = await world.verified()
    await world.rejected()
    assert await world.accounts.expiring(today=END - timedelta(days=1), limit=9) == []
    assert await world.accounts.expiring(today=END, limit=9) == [await _account(world, job)]
    assert await world.accounts.expiring(today=END, limit=0) == []


async def test_expire_counts_a_revision_and_writes_its_entry(world: World) -> None:
    """An expiry is stored once, with the date in its log entry."""
    account = await _account(world, await world.verified())
    event = world.event(EventType.ACCOUNT_EXPIRE, account.account_token)
    assert await world.accounts.expire(account, today=END, now=at(), event=event)
    stored = await world.accounts.get(relying_party="platform-a", account_token=account.account_token)
    assert stored == replace(account, state=AccountState.EXPIRED, revision=account.revision + 1)
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    assert row.leaf == entry.encode_leaf(event.with_fields(expire_date="2027-03-01"))


async def test_expire_with_another_revision_changes_nothing(world: World) -> None:
    """An account that changed since it was read, or is not due, is left alone."""
    account = await _account(world, await world.verified())
    before = await world.contents()
    event = world.event(EventType.ACCOUNT_EXPIRE, account.account_token)
    stale = replace(account, revision=account.revision - 1)
    assert not await world.accounts.expire(stale, today=END, now=at(), event=event)
    assert not await world.accounts.expire(account, today=END - timedelta(days=1), now=at(), event=event)
    assert await world.contents() == before


async def test_expire_happens_once(world: World) -> None:
    """Of 8 concurrent sweeps exactly one stores the expiry."""
    account = await _account(world, await world.verified())
    done = await asyncio.gather(
        *(
            world.accounts.expire(
                account,
                today=END,
                now=at(),
                event=world.event(EventType.ACCOUNT_EXPIRE, account.account_token),
            )
            for _ in range(8)
        )
    )
    assert done.count(True) == 1
    assert (await world.counts())["log_entries"] == 3


async def test_expire_keeps_a_claim_opened_meanwhile(world: World) -> None:
    """A claim opened after the sweep read the account stays open."""
    job = await world.verified(person=world.person("x"))
    account = await _account(world, job)
    again = await world.again(job, person=world.person("x"))
    event = world.event(EventType.ACCOUNT_EXPIRE, account.account_token)
    assert await world.accounts.expire(account, today=END, now=at(), event=event)
    assert (await _account(world, job)).open_claim_id == again.claim_id


async def test_abandoned_accounts(world: World) -> None:
    """Only rejected accounts without person and open claim are listed, after their last claim's time."""
    gone = await world.rejected()
    await world.verified()
    busy = await world.rejected()
    await world.job(account_token=busy.account_token, new_account=False)
    later = await world.job()
    await world.settle(later, NO_RECORD, now=at(after=timedelta(days=1)))
    listed = await world.accounts.abandoned(before=NOW + timedelta(hours=1), limit=9)
    assert listed == [await _account(world, gone)]
    assert await world.accounts.abandoned(before=NOW, limit=9) == []
    both = await world.accounts.abandoned(before=NOW + timedelta(days=2), limit=9)
    assert [account.account_token for account in both] == sorted([gone.account_token, later.account_token])


async def test_abandoned_accounts_are_in_an_order_that_tells_nothing(world: World) -> None:
    """That of their random tokens, whichever claim ended first."""
    for minutes in range(8):
        await world.settle(await world.job(), NO_RECORD, now=at(after=timedelta(minutes=minutes)))
    listed = await world.accounts.abandoned(before=NOW + timedelta(days=1), limit=9)
    tokens = [account.account_token for account in listed]
    assert (len(tokens), tokens) == (8, sorted(tokens))


async def test_remove_deletes_everything_of_the_account(world: World) -> None:
    """Its claims, jobs, checks and reviews are deleted with it; the request row and the log stay."""
    job = await world.job(person=world.person("x"))
    await world.settle(job, MISMATCHED)
    account = await _account(world, job)
    seen = {
        "account_token": account.account_token,
        "review_id": "ab" * 16,
        "relying_party": account.relying_party,
        "sign_up": True,
        "state": ReviewState.SIGNED.value,
        "mark": b"m",
        "policy_version": "terms-3",
        "agreed_at": NOW,
        "reviewer_id": "cd" * 16,
        "reviewed_at": NOW,
        "paper": b"p",
    }
    add = statement(insert(reviews).values({name: param(name) for name in seen}))
    await world.database.act("test", lambda one: one.run(add, **seen))
    event = world.event(EventType.ACCOUNT_REMOVE, account.account_token, reason="never_verified")
    assert await world.accounts.remove(account, now=at(), event=event)
    counts = await world.counts()
    assert [counts[name] for name in ("accounts", "claims", "jobs", "intakes")] == [0] * 4
    assert await world.all(select(reviews)) == []
    # The person was known by this account alone.
    assert (counts["requests"], counts["log_entries"], counts["persons"]) == (1, 3, 0)
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    assert row.leaf == entry.encode_leaf(event)
    assert not await world.accounts.remove(account, now=at(), event=event)


async def test_remove_leaves_what_changed_or_succeeded(world: World) -> None:
    """With a different revision, an open claim or a person nothing is removed."""
    rejected = await _account(world, await world.rejected())
    busy_job = await world.rejected()
    busy = await _account(world, busy_job)
    await world.job(account_token=busy.account_token, new_account=False)
    verified = await _account(world, await world.verified())
    before = await world.contents()
    for account in (replace(rejected, revision=1), busy, replace(busy, revision=3), verified):
        event = world.event(EventType.ACCOUNT_REMOVE, account.account_token, reason="never_verified")
        assert not await world.accounts.remove(account, now=at(), event=event)
    assert await world.contents() == before
