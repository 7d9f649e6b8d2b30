"""Public accounts in the change feed: with their owners, whatever of the two has changed."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from idvault.public_account import api
from idvault.public_account.acts.step import shown
from idvault.public_account.rules.owner import Present
from idvault.status.acts import Feeds
from idvault_client import codec
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_verify.public_account import PublicAccountState
from tools.support.flow_world import PARTY, at
from tools.support.public_account_world import DAY, PublicAccountWorld

CLOSED = PublicAccountState.CLOSED


class Watched(PublicAccountWorld):
    """The world with a reader of the feed, who has read up to a place."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._feed = Feeds(vault=self.vault)
        self._place = 0

    async def news(self, *, seconds: float = 0) -> list[OwnedPublicAccount]:
        """Return the public accounts in what the feed tells next."""
        await self._feed.heads([PARTY], now=at(0))
        chunk = await self._feed.read(relying_party=PARTY, after=self._place)
        self._place = chunk.place
        present = Present(at(seconds), self.policy.zone)
        messages = [api.public_account(shown(each, present)) for each in chunk.public_accounts]
        return [codec.read(OwnedPublicAccount, each) for each in messages]


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[Watched]:
    """Return the world with a new database of each kind."""
    made = Watched(main_database)
    yield made
    await made.claims.verification.drain()


async def test_every_change_is_told(world: Watched) -> None:
    """Application, decision, operators and the worker's steps, each as it is now; nothing without any."""
    token, person = await world.company(), await world.person()
    assert await world.news() == []
    applied = await world.apply(token)
    assert await world.news() == [applied]
    opened = await world.approve(applied)
    assert await world.news() == [opened]
    added = await world.add_operator(opened, person)
    assert await world.news() == [added]
    removed = await world.remove_operator(opened, person)
    assert await world.news() == [removed]
    assert await world.news() == []
    await world.work(seconds=365 * DAY)
    (grace,) = await world.news(seconds=365 * DAY)
    assert grace.profile.state is PublicAccountState.GRACE
    await world.sanctions.account(7)
    assert await world.news() == []


async def test_a_change_of_the_owner_tells_all_its_public_accounts(world: Watched) -> None:
    """Its closed account closes them, and they are in the message that says so."""
    token = await world.company()
    opened = [await world.open(token), await world.open(token)]
    await world.news()
    keys = (await world.sanctions.moderator(1), await world.sanctions.moderator(2))
    await world.sanctions.closed(token, keys)
    told = await world.news()
    assert {each.public_account_id for each in told} == {each.public_account_id for each in opened}
    assert {each.profile.state for each in told} == {CLOSED}


async def test_a_transfer_is_told_once(world: Watched) -> None:
    """With its new owner, although both owners are in the feed again."""
    first, second = await world.company(90), await world.company(91, body="MA000002")
    opened = await world.open(first)
    await world.offer(opened, second)
    await world.news()
    moved = await world.accept(opened, second)
    assert await world.news() == [moved]


async def test_a_sanction_of_the_public_account_is_told(world: Watched) -> None:
    """By its owner's place in the feed, with the owner's status unchanged."""
    token = await world.company()
    opened = await world.open(token)
    await world.news()
    keys = (await world.sanctions.moderator(1), await world.sanctions.moderator(2))
    found = opened.public_account_id
    before = await world.sanctions.status(token)
    closed = await world.sanctions.closed(token, keys, public_account_id=found)
    assert [each.profile.state for each in await world.news()] == [CLOSED]
    await world.sanctions.lift(closed, key=keys[0])
    assert [each.profile.state for each in await world.news()] == [PublicAccountState.ACTIVE]
    assert await world.sanctions.status(token) == before
