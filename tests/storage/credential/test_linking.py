"""Two services put together what each knows of the lists, and try to find out whose subjects are one person.

Each service knows the entries of its own users, and sees every version of every list. It notes when an entry
changes. The guess is the entry of the other service that changed nearest in time.
"""

from bisect import bisect_left
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, sqrt
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from idvault.claim.job.store import Job
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import from_micros
from idvault.core.tables.account import accounts, status_feed
from idvault.core.tables.credential import status_credentials
from idvault.status.credential import rules
from idvault.status.credential import store as credential_store
from idvault_verify.attest.status_list import StatusList
from idvault_verify.error import UnavailableError
from idvault_verify.event import EventType
from tests.storage.account.test_status import END
from tests.storage.credential.test_status_list import Lists
from tests.storage.hooks import failing_commit
from tools.support.storage_world import World, at

DAY = timedelta(days=1)
SEASONS, DAYS, A_DAY = 4, 3, 8
"""In each of the year's seasons there are days on which so many accounts change."""
SEASON = timedelta(days=90)


@pytest.fixture
def lists(world: World) -> Lists:
    """The acts."""
    return Lists(world)


@dataclass
class Owner:
    """An account with an entry for each of two services."""

    job: Job
    places: tuple[int, int]


@dataclass
class Observer:
    """Both services: when each entry changed, as the lists told. now: the time since the start."""

    lists: Lists
    seen: dict[int, timedelta] = field(default_factory=dict)
    _known: bytes = b""

    async def look(self, now: timedelta) -> None:
        """Read the list, and note what has changed since."""
        entries = (await self.lists.get(0)).entries
        if self._known:
            before, after = (StatusList(bits=1, data=each) for each in (self._known, entries))
            changed = [place for place in range(4096) if before.get(place) != after.get(place)]
            self.seen |= dict.fromkeys(changed, now)
        self._known = entries

    def guesses(self, owners: list[Owner]) -> int:
        """Return how many of the guesses are right: for each user of one service, one of the other's."""
        others = sorted((self.seen[each.places[1]], each.places[1]) for each in owners)
        right = 0
        for each in owners:
            when = self.seen[each.places[0]]
            place = bisect_left(others, (when, 0))
            near = others[max(place - 1, 0) : place + 1]
            right += min(near, key=lambda one: abs(one[0] - when))[1] == each.places[1]
        return right


Change = Callable[[World, Job, timedelta], Coroutine[Any, Any, None]]


async def _expire(world: World, job: Job, now: timedelta) -> None:
    account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert account is not None
    event = world.event(EventType.ACCOUNT_EXPIRE, job.account_token)
    assert await world.accounts.expire(account, today=END, now=at(after=now), event=event)


async def _close(world: World, job: Job, _now: timedelta) -> None:
    mine = accounts.c.account_token == job.account_token
    await world.do(update(accounts).where(mine).values(standing="CLOSED"))
    await _note(world, job)


async def _open_again(world: World, job: Job) -> None:
    mine = accounts.c.account_token == job.account_token
    await world.do(update(accounts).where(mine).values(standing="GOOD"))
    await _note(world, job)


async def _note(world: World, job: Job) -> None:
    """Queue a changed account, as every act does."""
    mine = status_feed.c.account_token == job.account_token
    await world.do(update(status_feed).where(mine).values(changes=status_feed.c.changes + 1))


async def _turns(world: World) -> list[datetime]:
    """Return the times that wait."""
    rows = await world.all(select(status_credentials.c.turns_at))
    return sorted(row.turns_at for row in rows if row.turns_at is not None)


async def year(lists: Lists, change: Change) -> tuple[int, int]:
    """Let accounts change over a year; return how many guesses were right, and of how many."""
    dice = Random(1)  # noqa: S311 - to be repeatable, not secret
    world, owners, observer, changes = lists.world, list[Owner](), Observer(lists), dict[timedelta, Owner]()
    for season in range(SEASONS):
        for _ in range(DAYS * A_DAY):
            place = 2 * len(owners)
            job = await world.verified()
            for one in (place, place + 1):
                await lists.issue(job, candidates=(one,), quota=10_000, expires_at=at().real + 365 * DAY)
            owners.append(Owner(job, (place, place + 1)))
            changes[SEASON * season + DAYS * DAY * dice.random()] = owners[-1]
    await lists.follow()
    await observer.look(timedelta())
    due, start = sorted(changes), at().real
    while due or await _turns(world):
        waiting = [each - start for each in (await _turns(world))[:1]]
        now = min([*due[:1], *waiting])
        if due and now == due[0]:
            await change(world, changes[due.pop(0)].job, now)
        await lists.follow(after=now)
        await observer.look(now)
    return observer.guesses(owners), len(owners)


async def test_changes_at_one_moment_link_subjects(
    world: World, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published as they come, nearly every pair is found: the attack works."""
    monkeypatch.setattr(rules, "turn_delay", lambda _seed, longest: min(longest, timedelta(0)))
    right, of = await year(lists, _expire)
    assert right == of


async def test_drawn_times_link_no_more_than_their_number_allows(world: World, lists: Lists) -> None:
    """A guess is right no more often than ADR 0059 says, within three standard deviations of that share."""
    right, of = await year(lists, _expire)
    share = (1 - (1 - exp(-2 * A_DAY)) / (2 * A_DAY)) / A_DAY
    assert right / of <= share + 3 * sqrt(share * (1 - share) / of)


async def test_a_closing_links_and_is_published_at_once(world: World, lists: Lists) -> None:
    """Others rely on it: this is the one change that still shows whose entries belong together."""
    right, of = await year(lists, _close)
    assert right == of


async def _waiting(lists: Lists) -> tuple[Owner, list[datetime]]:
    """Return an account that has changed, and the times that were drawn for its two entries."""
    job = await lists.world.verified()
    for place in (7, 8):
        await lists.issue(job, candidates=(place,))
    await lists.follow()
    await _expire(lists.world, job, timedelta())
    await lists.follow()
    return Owner(job, (7, 8)), await _turns(lists.world)


async def test_a_time_is_drawn_once(world: World, lists: Lists) -> None:
    """Repeated updates and rebuilds change neither the times nor the list before they come."""
    owner, drawn = await _waiting(lists)
    assert len(set(drawn)) == len(owner.places)
    for _ in range(3):
        await _note(world, owner.job)
        await lists.follow()
        await lists.rebuild()
        assert (await _turns(world), await lists.valid()) == (drawn, [7, 8])
    for number, when in enumerate(drawn):
        before = when - at().real - timedelta(microseconds=1)
        await lists.follow(after=before)
        assert len(await lists.valid()) == 2 - number
        await lists.follow(after=before + timedelta(microseconds=1))
        assert len(await lists.valid()) == 1 - number
    assert await _turns(world) == []


@pytest.mark.parametrize("committed", [False, True])
async def test_nothing_is_forgotten_after_a_crash(
    world: World, lists: Lists, main_database: Database, committed: bool
) -> None:
    """A worker that dies while it draws, or while it publishes, leaves what the next one needs."""
    job = await world.verified()
    await lists.issue(job, candidates=(7,))
    await lists.follow()
    await _expire(world, job, timedelta())
    with failing_commit(main_database, committed=committed) as fired, pytest.raises(UnavailableError):
        await lists.update(9)
    assert fired
    drawn = await _turns(world)
    assert len(drawn) == int(committed)
    await lists.follow()
    drawn = drawn or await _turns(world)
    assert await _turns(world) == drawn
    after = drawn[0] - at().real
    with failing_commit(main_database, committed=committed) as fired, pytest.raises(UnavailableError):
        await lists.update(9, after=after)
    assert fired
    await lists.follow(after=after)
    assert (await lists.valid(), await _turns(world)) == ([], [])


async def test_a_lift_waits_unless_the_credential_is_asked_for(world: World, lists: Lists) -> None:
    """The audience for which the credential is asked for again has it at once; the other one in its time."""
    job = await world.verified()
    for audience in ("a", "b"):
        await lists.issue(job, audience=audience)
    await lists.follow()
    await _close(world, job, timedelta())
    await lists.follow()
    assert await lists.valid() == []
    await _open_again(world, job)
    await lists.follow()
    assert (await lists.valid(), len(await _turns(world))) == ([], 2)
    assert (await lists.issue(job, audience="b")).list_index == 8
    await lists.follow()
    assert (await lists.valid(), len(await _turns(world))) == ([8], 1)
    await lists.follow(after=rules.LONGEST_TURN)
    assert await lists.valid() == [7, 8]


async def test_whoever_asks_before_the_worker_looks_waits_no_longer(world: World, lists: Lists) -> None:
    """Asked for again just after a closing has ended, it is published at once, and no other is."""
    job = await world.verified()
    for audience in ("a", "b"):
        await lists.issue(job, audience=audience)
    await lists.follow()
    await _close(world, job, timedelta())
    await lists.follow()
    await _open_again(world, job)
    assert (await lists.issue(job, audience="b")).list_index == 8
    await lists.follow()
    assert (await lists.valid(), len(await _turns(world))) == ([8], 1)


async def test_a_request_while_the_worker_draws_is_not_lost(world: World, lists: Lists) -> None:
    """What is asked for again between the worker's look and its note is published with the next look."""
    owner, drawn = await _waiting(lists)
    token = owner.job.account_token
    stale = [(row.account_token, row.credential_id) for row in await world.all(select(status_credentials))]
    await world.do(update(status_credentials).values(turns_at=from_micros(0)))
    turns = [(token, name, drawn[0], drawn[1]) for _, name in stale]

    async def late(connection: Connection) -> None:
        await connection.run(credential_store._TURN, turns=turns)

    await world.database.act("test", late)
    assert await _turns(world) == [from_micros(0)] * 2
    await lists.follow()
    assert (await lists.valid(), await _turns(world)) == ([], [])


async def test_a_change_that_is_undone_is_never_seen(world: World, lists: Lists) -> None:
    """Closed, opened and closed again, an account shows one change; a new credential is seen at once."""
    job = await world.verified()
    await lists.issue(job, audience="a")
    await lists.follow()
    await _close(world, job, timedelta())
    await lists.follow()
    version = (await lists.get(0)).version
    await _open_again(world, job)
    await lists.follow()
    await _close(world, job, timedelta())
    await lists.follow()
    assert ((await lists.get(0)).version, await _turns(world)) == (version, [])
    await _open_again(world, job)
    await lists.issue(job, audience="b")
    await lists.follow()
    assert await lists.valid() == [8]
