"""Change feeds, against both databases: no gaps and no missed changes, however slow an act is."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.tables.account import accounts, status_feed
from idvault_verify.account import AccountState, Standing
from idvault_verify.event import EventType
from tests.storage.account.test_status import END
from tests.storage.hooks import before_statements, held_act
from tools.support.databases import Databases
from tools.support.feed import Change, Feed, changes
from tools.support.storage_world import MATCHED, NO_RECORD, World, at


@pytest.fixture
def feed(main_database: Database) -> Feed:
    """The feeds."""
    return Feed(main_database)


async def news(feed: Feed, after: int = 0, party: str = "platform-a") -> list[Change]:
    while await feed.arrange(limit=100):
        pass
    return await changes(feed, party=party, after=after)


async def test_every_change_of_a_status_is_news(world: World, feed: Feed) -> None:
    """A sign-up, its outcome, an expiry and a removal each get a new number."""
    job = await world.job()
    (opened,) = await news(feed)
    assert opened.account is not None
    assert (opened.sequence, opened.account_token, opened.account.state) == (
        1,
        job.account_token,
        AccountState.PENDING,
    )
    await world.settle(job, MATCHED)
    (settled,) = await news(feed, after=1)
    assert settled.account is not None
    assert (settled.sequence, settled.account.state) == (2, AccountState.VERIFIED)
    event = world.event(EventType.ACCOUNT_EXPIRE, job.account_token)
    owner = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert owner is not None
    assert await world.accounts.expire(owner, today=END, now=at(), event=event)
    (expired,) = await news(feed)
    assert expired.account is not None
    assert (expired.sequence, expired.account.state) == (3, AccountState.EXPIRED)
    gone = await world.rejected()
    account = await world.accounts.get(relying_party="platform-a", account_token=gone.account_token)
    assert account is not None
    before = await news(feed)
    event = world.event(EventType.ACCOUNT_REMOVE, account.account_token, reason="never_verified")
    assert await world.accounts.remove(account, now=at(), event=event)
    assert await news(feed, after=before[-1].sequence) == [
        Change(before[-1].sequence + 1, gone.account_token, None)
    ]


async def test_what_is_no_change_is_no_news(world: World, feed: Feed) -> None:
    """Another claim of a verified account changes nothing published, so it gets no number."""
    job = await world.verified(person=world.person("x"))
    before = await news(feed)
    await world.again(job, person=world.person("x"))
    assert [change.sequence for change in await news(feed, after=before[-1].sequence)] == []


async def test_each_party_has_numbers_of_its_own(world: World, feed: Feed) -> None:
    """A feed counts from 1 without gaps and shows nothing of another party."""
    for party, count in (("platform-a", 3), ("platform-b", 2)):
        for _ in range(count):
            await world.job(request=world.request(relying_party=party))
    assert [change.sequence for change in await news(feed)] == [1, 2, 3]
    assert [change.sequence for change in await news(feed, party="platform-b")] == [1, 2]
    assert await feed.heads(["platform-a", "platform-b", "platform-c"]) == {
        "platform-a": 3,
        "platform-b": 2,
        "platform-c": 0,
    }
    assert await feed.heads([]) == {}
    assert [change.sequence for change in await changes(feed, after=1, limit=1)] == [2]


async def test_a_limit_is_a_limit(world: World, feed: Feed) -> None:
    """At most `limit` changes are numbered per call, and none is left behind."""
    for _ in range(5):
        await world.job()
    assert [await feed.arrange(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [change.sequence for change in await news(feed)] == [1, 2, 3, 4, 5]


async def test_a_batch_is_few_statements(world: World, feed: Feed, main_database: Database) -> None:
    """Twenty changes of three parties need as many statements as one change."""
    for party in ("platform-a", "platform-b", "platform-c") * 2:
        await world.job(request=world.request(relying_party=party))
    while await feed.arrange(limit=100):
        pass
    counts = []
    for count in (1, 20):
        for number in range(count):
            await world.job(request=world.request(relying_party=f"platform-{'abc'[number % 3]}"))
        seen: list[str] = []
        with before_statements(main_database, seen.append):
            assert await feed.arrange(limit=100) == count
        counts.append(len(seen))
    assert counts == [5, 5]


async def test_several_arrange_at_once(world: World, feed: Feed) -> None:
    """With concurrent acts and arrangers each number exists once, without gaps."""
    jobs = [await world.job() for _ in range(10)]

    async def arrange() -> int:
        return await feed.arrange(limit=3)

    await asyncio.gather(
        *(arrange() for _ in range(6)),
        *(world.settle(job, MATCHED) for job in jobs),
        *(arrange() for _ in range(6)),
    )
    found = await news(feed)
    assert {change.account_token for change in found} == {job.account_token for job in jobs}
    assert all(change.account and change.account.state is AccountState.VERIFIED for change in found)
    head = (await feed.heads(["platform-a"]))["platform-a"]
    assert found[-1].sequence == head
    assert 10 <= head <= 20


async def test_a_slow_act_is_not_missed(
    world: World, feed: Feed, main_database: Database, databases: Databases
) -> None:
    """A change whose act commits late gets a number that no watcher has passed yet."""
    slow = await world.verified()
    await news(feed)
    account = await world.accounts.get(relying_party="platform-a", account_token=slow.account_token)
    assert account is not None

    async def act(connection: Connection) -> None:
        await account_rows.lock(connection, account_token=slow.account_token)
        changed = replace(account, revision=account.revision + 1, standing=Standing.WARNED)
        await account_rows.put(connection, changed, claim_ended_at=None)

    async with held_act(main_database, act):
        seen = [change.sequence for change in await changes(feed)]
        if databases.kind == "postgres":
            # SQLite has one writer: nothing can be opened concurrently.
            other = await world.job()
            last = (await news(feed))[-1]
            assert last.account_token == other.account_token
            seen.append(last.sequence)
    (late,) = await news(feed, after=seen[-1])
    assert late.account is not None
    assert (late.account_token, late.account.standing.value) == (slow.account_token, "WARNED")


async def test_a_chunk_has_equal_statuses_together(world: World, feed: Feed) -> None:
    """Each text comes once, with the tokens of all its accounts; removed accounts are apart."""
    jobs = [await world.job() for _ in range(5)]
    for job in jobs[:2]:
        await world.settle(job, MATCHED)
    gone = await world.rejected()
    account = await world.accounts.get(relying_party="platform-a", account_token=gone.account_token)
    assert account is not None
    event = world.event(EventType.ACCOUNT_REMOVE, account.account_token, reason="never_verified")
    assert await world.accounts.remove(account, now=at(), event=event)
    last = (await news(feed))[-1].sequence
    chunk = await feed.changes(after=0, limit=100)
    found = sorted(sorted(tokens.split(",")) for tokens in chunk.accounts.values())
    tokens = [job.account_token for job in jobs]
    assert found == sorted([sorted(tokens[:2]), sorted(tokens[2:])])
    assert (chunk.removed, chunk.place) == ((gone.account_token,), last)
    assert (await feed.changes(after=last, limit=100)).place == last


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["open", "settle", "arrange", "read", "remove"]), max_size=25))
def test_whoever_reads_on_knows_everything(sqlite_databases: Databases, steps: list[str]) -> None:
    """A reader who resumes at the last number read ends with the accounts' exact state."""
    asyncio.run(_follow(sqlite_databases.main_url, steps))


async def _follow(url: str, steps: list[str]) -> None:
    database = Database(url=url)
    try:
        world, feed = World(database, seed=uuid4().hex), Feed(database)
        known: dict[str, AccountState] = {}
        cursor, jobs, done = 0, [], []

        async def read() -> int:
            place = cursor
            for change in await changes(feed, after=cursor, limit=2):
                assert change.sequence > place
                place = change.sequence
                if change.account is None:
                    known.pop(change.account_token, None)
                else:
                    known[change.account_token] = change.account.state
            return place

        for step in steps:
            if step == "open":
                jobs.append(await world.job())
            elif step == "settle" and jobs:
                done.append(jobs.pop())
                await world.settle(done[-1], NO_RECORD)
            elif step == "remove" and done:
                token = done.pop().account_token
                account = await world.accounts.get(relying_party="platform-a", account_token=token)
                assert account is not None
                event = world.event(EventType.ACCOUNT_REMOVE, token, reason="never_verified")
                assert await world.accounts.remove(account, now=at(), event=event)
            elif step == "arrange":
                await feed.arrange(limit=2)
            elif step == "read":
                cursor = await read()
        while await feed.arrange(limit=2):
            pass
        while (place := await read()) != cursor:
            cursor = place
        rows = await world.all(accounts.select())
        assert known == {row.account_token: AccountState(row.state) for row in rows}
        assert all(row.sequence for row in await world.all(status_feed.select()))
    finally:
        await database.close()
