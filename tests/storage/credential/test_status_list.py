"""Credentials, lists and keys, against both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, update

from idvault.claim.job.store import Job
from idvault.core.act import SYSTEM, MemberActor
from idvault.core.db.database import Database
from idvault.core.tables.account import accounts, records
from idvault.core.tables.claim import claims, jobs, requests
from idvault.core.tables.credential import credential_counts, status_credentials, status_lists, status_marks
from idvault.status.credential import acts
from idvault.status.credential import store as credential_store
from idvault.status.credential.rules import LONGEST_TURN, Credential, CredentialIssue, StoredList
from idvault_verify.attest.status_list import INVALID, LIST_SIZE, VALID, StatusList
from idvault_verify.clock import ClockReading
from idvault_verify.error import (
    AlreadyExistsError,
    ExhaustedError,
    IdvaultError,
    NotFoundError,
    PreconditionError,
)
from idvault_verify.event import EventType
from idvault_verify.signing_key import StatusKey
from tests.storage.account.test_status import END
from tests.storage.hooks import before_statements
from tests.support.list_turns import looked, waiting
from tools.support.builders import ZONE
from tools.support.storage_world import NOW, TODAY, World, at

ISSUED = datetime(2026, 2, 28, 4, 0, tzinfo=UTC)


class Lists:
    """The acts and builders of this file."""

    def __init__(self, world: World) -> None:
        self.world = world

    def wish(self, job: Job, **changes: Any) -> dict[str, Any]:
        """Return what a credential is issued of; request, credential_id and now are the act's own."""
        return {
            "request": self.world.request(),
            "credential_id": self.world.new_id(),
            "account_token": job.account_token,
            "audience": self.world.new_id(),
            "candidates": (7, 8, 9),
            "today": TODAY,
            "issued_at": ISSUED,
            "expires_at": ISSUED + timedelta(days=30),
            "quota": 100,
            "zone": ZONE,
            "now": at(),
            **changes,
        }

    async def issue(self, job: Job, **changes: Any) -> Credential:
        return await self.ask(self.wish(job, **changes))

    async def ask(self, wish: dict[str, Any]) -> Credential:
        given = dict(wish)
        request, made, now = given.pop("request"), given.pop("credential_id"), given.pop("now")
        asked, by = request.of_account(wish["account_token"]), MemberActor("b" * 32, request.caller)
        return await acts.issued.run(self.world.vault, by, now, asked, made, CredentialIssue(**given))

    async def update(self, limit: int, *, after: timedelta = timedelta()) -> int:
        return await acts.update(self.world.vault, at(after=after), today=TODAY, limit=limit)

    async def follow(self, *, after: timedelta = timedelta()) -> None:
        """Update the lists as a worker that has run until then."""
        await looked(self.world.vault, at(after=after), ZONE)
        await self.follow_late(after=after)

    async def follow_late(self, *, after: timedelta) -> None:
        """Update the lists as a worker that starts then."""
        while await self.update(2, after=after):
            pass

    async def rebuild(self, *, today: date = TODAY, real: datetime = ISSUED) -> None:
        """Rebuild the list, also at each time that was drawn, as a worker that has run until then."""
        for each in (*await waiting(self.world.vault, real), real):
            await self.rebuild_late(today=today, real=each)

    async def rebuild_late(self, *, today: date = TODAY, real: datetime) -> None:
        """Rebuild the list as a worker that starts then."""
        await acts.rebuild(self.world.vault, ClockReading(NOW, real), 0, today=today)

    async def numbers(self) -> list[int]:
        return await acts.list_numbers(self.world.vault)

    async def get(self, number: int) -> StoredList:
        return await acts.get_list(self.world.vault, number)

    async def entry(self, credential: Credential) -> int:
        stored = await self.get(credential.list_number)
        return StatusList(bits=1, data=stored.entries).get(credential.list_index)

    async def valid(self, number: int = 0) -> list[int]:
        entries = StatusList(bits=1, data=(await self.get(number)).entries)
        assert len(entries) == LIST_SIZE
        return [index for index in range(64) if entries.get(index) == VALID]


@pytest.fixture
def lists(world: World) -> Lists:
    """The acts."""
    return Lists(world)


async def test_a_credential_has_one_place(world: World, lists: Lists) -> None:
    """Each credential has a unique index, also within one account."""
    one, other = await world.verified(), await world.verified()
    places = [await lists.issue(job) for job in (one, one, other)]
    assert [(each.list_number, each.list_index) for each in places] == [(0, 7), (0, 8), (0, 9)]
    assert await lists.numbers() == [0]
    assert await lists.valid() == []
    await lists.follow()
    assert await lists.valid() == [7, 8, 9]


async def test_a_crowded_list_gets_a_successor(world: World, lists: Lists) -> None:
    """If every drawn index is used, a new list is started."""
    job = await world.verified()
    for _ in range(3):
        await lists.issue(job)
    assert (await lists.issue(job)).list_number == 1
    assert (await lists.issue(job)).list_number == 1
    await lists.follow()
    assert (await lists.valid(0), await lists.valid(1)) == ([7, 8, 9], [7, 8])
    with pytest.raises(IdvaultError):
        await lists.issue(job, candidates=())


async def test_a_live_credential_is_handed_out_again(world: World, lists: Lists) -> None:
    """To each request for the same account and audience, and to that request's repeats ever after."""
    job, other = await world.verified(), await world.verified()
    first = await lists.issue(job, audience="a")
    before = await world.counts()
    wish = lists.wish(job, audience="a")
    later = {"expires_at": ISSUED + timedelta(days=49), "now": at(after=timedelta(days=19))}
    for asked in (wish, wish, lists.wish(job, audience="a", **later)):
        assert await lists.ask(asked) == first
    after = await world.counts()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "requests": 2
    }
    elsewhere = [await lists.issue(job, audience="b"), await lists.issue(other, audience="a")]
    assert [one.list_index for one in elsewhere] == [8, 9]


async def test_a_credential_that_ends_gets_a_successor(world: World, lists: Lists) -> None:
    """If a new one would live twenty days longer, or the present one has expired."""
    job = await world.verified()
    first = await lists.issue(job, audience="a")
    renewed = await lists.issue(job, audience="a", expires_at=first.expires_at + timedelta(days=20))
    again = await lists.issue(job, audience="a", expires_at=renewed.expires_at)
    assert [first.list_index, renewed.list_index, again.list_index] == [7, 8, 8]
    late = {"now": at(after=timedelta(days=60)), "expires_at": renewed.expires_at + timedelta(days=1)}
    assert (await lists.issue(job, audience="a", **late)).list_index == 9


async def test_64_requests_for_one_credential(world: World, lists: Lists) -> None:
    """Concurrent requests for one account and audience get one credential."""
    job = await world.verified()
    found = await asyncio.gather(*(lists.issue(job, audience="a") for _ in range(64)))
    assert len(set(found)) == 1
    assert (await world.counts())["status_marks"] == 1


async def test_a_quota_of_new_credentials(world: World, lists: Lists) -> None:
    """Of concurrent requests as many get one as the quota allows; the count starts again the next day."""
    accounts_of = [await world.verified() for _ in range(8)]
    answers = await asyncio.gather(
        *(lists.issue(job, quota=3, candidates=(place,)) for place, job in enumerate(accounts_of)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, ExhaustedError) for one in answers) == 5
    assert [*(await acts.issued_today(world.vault, now=at(), zone=ZONE)).values()] == [3]
    tomorrow = {"today": TODAY + timedelta(days=1), "now": at(after=timedelta(days=1))}
    await lists.issue(accounts_of[0], quota=3, candidates=(90,), **tomorrow)
    rows = await world.all(credential_counts.select())
    assert [(row.day, row.issued) for row in rows] == [(TODAY + timedelta(days=1), 1)]


async def test_one_request_is_one_credential(world: World, lists: Lists) -> None:
    """Repeats, also concurrent ones, return the existing credential; a different body is refused."""
    job = await world.verified()
    wish = lists.wish(job)
    again = [{**wish, "credential_id": world.new_id(), "issued_at": NOW} for _ in range(5)]
    found = await asyncio.gather(*(lists.ask(each) for each in (wish, *again)))
    assert len(set(found)) == 1
    assert (await world.counts())["status_credentials"] == 1
    with pytest.raises(AlreadyExistsError):
        await lists.ask({**wish, "request": replace(wish["request"], fingerprint=b"x" * 32)})


async def test_a_request_of_a_claim_is_no_credentials(world: World, lists: Lists) -> None:
    """A request id used by a claim is refused for a credential."""
    request = world.request()
    job = await world.verified(request=request)
    with pytest.raises(AlreadyExistsError):
        await lists.issue(job, request=replace(request, fingerprint=b"x" * 32))


async def test_who_has_no_credential(world: World, lists: Lists) -> None:
    """Unknown and other parties' accounts are not found, and an expired one is refused, without a trace."""
    verified = await world.verified()
    refused: list[tuple[dict[str, Any], type[IdvaultError]]] = [
        (lists.wish(verified, today=END), PreconditionError),
        (lists.wish(verified, account_token="acct_" + "0" * 26), NotFoundError),
        (lists.wish(verified, request=world.request(relying_party="platform-b")), NotFoundError),
    ]
    before = await world.contents()
    for wish, error in refused:
        with pytest.raises(error):
            await lists.ask(wish)
    assert await world.contents() == before


async def test_all_of_an_accounts_entries_follow_a_change(world: World, lists: Lists) -> None:
    """An expiry changes every entry of the account and no other, within the bound."""
    job, other = await world.verified(), await world.verified()
    for each in (job, other, job):
        await lists.issue(each)
    await lists.follow()
    former = await lists.get(0)
    account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert account is not None
    event = world.event(EventType.ACCOUNT_EXPIRE, job.account_token)
    assert await world.accounts.expire(account, today=END, now=at(), event=event)
    assert await lists.update(1) == 1
    assert await lists.update(9) == 0
    assert await lists.get(0) == former
    await lists.follow(after=LONGEST_TURN)
    assert await lists.valid() == [8]
    assert await lists.update(9, after=LONGEST_TURN) == 0


async def test_a_batch_is_few_statements(world: World, lists: Lists, main_database: Database) -> None:
    """Ten changed accounts with entries in two lists need as many statements as one."""
    job = await world.verified()
    for _ in range(4):  # the last one starts the second list
        await lists.issue(job)
    counts = []
    places = count(100)
    for jobs_of in (1, 10):
        for _ in range(jobs_of):
            await lists.issue(await world.verified(), candidates=(next(places),))
        seen: list[str] = []
        with before_statements(main_database, seen.append):
            assert await lists.update(50) >= jobs_of
        counts.append(len(seen))
    assert counts == [10, 10]
    assert await lists.numbers() == [0, 1]


async def test_an_erased_or_closed_account_is_invalid_and_its_places_stay_used(
    world: World, lists: Lists
) -> None:
    """A removed account's entries are INVALID; its marks stay, without naming it."""
    job = await world.verified()
    credential = await lists.issue(job)
    await lists.follow()
    assert await lists.entry(credential) == VALID
    for table in (records, jobs, claims, requests, accounts):
        await world.do(delete(table).where(table.c.account_token == job.account_token))
    await lists.rebuild()
    assert await lists.entry(credential) == INVALID
    await world.do(delete(status_credentials))
    await lists.rebuild()
    assert (await lists.issue(await world.verified())).list_index == 8
    assert [tuple(row) for row in await world.all(status_marks.select())] == [(0, 7), (0, 8)]
    assert [column.name for column in status_marks.c] == ["number", "place"]


async def test_a_rebuild_sees_what_nobody_noted(world: World, lists: Lists) -> None:
    """A rebuilt list includes direct database changes, and accounts that expired today in their time."""
    one, other = await world.verified(), await world.verified()
    for job in (one, other):
        await lists.issue(job)
    await lists.follow()
    await world.do(
        update(accounts).where(accounts.c.account_token == one.account_token).values(standing="CLOSED")
    )
    await lists.rebuild()
    assert await lists.valid() == [8]
    version = (await lists.get(0)).version
    await lists.rebuild()
    assert (await lists.get(0)).version == version
    await lists.rebuild(today=END)
    assert await lists.valid() == [8]
    await lists.rebuild(today=END, real=ISSUED + LONGEST_TURN)
    assert await lists.valid() == []


async def test_a_rebuild_reaches_every_page(world: World, lists: Lists) -> None:
    """Entries of the first and the last page, and at a page's edge, are right within a day; others stay."""
    places = (0, 2**14 - 1, 2**14, LIST_SIZE - 1)
    for place in places:
        await lists.issue(await world.verified(), candidates=(place,))
    await lists.follow()
    wrong = StatusList.filled(INVALID)
    wrong.set(5, VALID)
    await world.do(update(status_lists).values(entries=credential_store.packed(wrong)))
    await lists.rebuild()
    assert await lists.valid() == []
    await lists.rebuild(real=ISSUED + LONGEST_TURN)
    assert await lists.valid() == [0]
    found = StatusList(bits=1, data=(await lists.get(0)).entries)
    assert [place for place in range(LIST_SIZE) if found.get(place) == VALID] == list(places)


async def test_a_credential_that_ran_out_goes(world: World, lists: Lists) -> None:
    """An expired credential is deleted; its request is then unknown, its index stays used."""
    job = await world.verified()
    wish = lists.wish(job)
    await lists.ask(wish)
    await lists.follow()
    await lists.rebuild(real=wish["expires_at"] + timedelta(seconds=1))
    assert await lists.valid() == []
    assert (await world.counts())["status_credentials"] == 0
    with pytest.raises(NotFoundError):
        await lists.ask(wish)
    assert (await lists.issue(job)).list_index == 8


async def test_workers_and_acts_at_once(world: World, lists: Lists) -> None:
    """With concurrent updates, rebuilds and account changes, the lists end up matching the accounts."""
    signed = [await world.verified() for _ in range(6)]
    for place, job in enumerate(signed):
        await lists.issue(job, candidates=(place,))

    async def expire(job: Job) -> None:
        account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
        assert account is not None
        event = world.event(EventType.ACCOUNT_EXPIRE, job.account_token)
        assert await world.accounts.expire(account, today=END, now=at(), event=event)

    await asyncio.gather(
        *(lists.update(2) for _ in range(4)),
        *(expire(job) for job in signed[:3]),
        lists.rebuild(),
        *(lists.update(2) for _ in range(4)),
    )
    await lists.follow()
    await lists.follow(after=LONGEST_TURN)
    assert await lists.valid() == [3, 4, 5]


async def test_no_list_yet(world: World, lists: Lists) -> None:
    """Without credentials there is no list, but changes are still marked as listed."""
    assert await lists.update(9) == 0
    await world.verified()
    assert await lists.update(9) == 1
    assert await lists.numbers() == []
    with pytest.raises(NotFoundError):
        await lists.get(0)
    assert await world.all(status_lists.select()) == []


async def test_a_key_is_announced_once(lists: Lists) -> None:
    """The first announcement is kept."""
    key = StatusKey(b"k" * 32, "status-token", ISSUED)
    for each in (key, replace(key, announced_at=NOW), StatusKey(b"j" * 32, "status-list", NOW)):
        await acts.announce(lists.world.vault, SYSTEM, at(), each)
    found = await lists.world.vault.read("test", credential_store.all_keys)
    assert sorted(found, key=lambda each: each.public_key) == [StatusKey(b"j" * 32, "status-list", NOW), key]
