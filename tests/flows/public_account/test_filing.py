"""Filings over both databases: the live public accounts of a day, also of one in the past."""

from datetime import timedelta

import pytest

from idvault.account.rules import LONGEST_DELAY
from idvault.public_account.acts import public_account as public_account_acts
from idvault_client.errors import InvalidFields
from idvault_client.public_accounts import AccountFiling
from idvault_verify.public_account import PublicAccountCategory, PublicAccountState
from idvault_verify.sanction import Degree
from tools.support import builders
from tools.support.flow_world import command
from tools.support.public_account_world import DAY, PublicAccountWorld, licence
from tools.support.sanction_world import until


async def filed(world: PublicAccountWorld, number: int, *, now: int = 40) -> list[AccountFiling]:
    """Return the filings of a day, as exported on another one."""
    return await world.filings(seconds=now * DAY, day=builders.TODAY + timedelta(days=number))


async def test_the_past_stays_as_it_was(world: PublicAccountWorld) -> None:
    """Opened, closed, moved and sanctioned since: the filings of each day are those of that day."""
    sanctions = world.sanctions
    first, second = await world.company(90), await world.company(91, body="MA000002")
    keys = (await sanctions.moderator(1), await sanctions.moderator(2))
    opened = await world.open(first, licence(builders.TODAY + timedelta(days=10)), seconds=DAY)
    await sanctions.closed(first, keys, given=until(5 * DAY), seconds=3 * DAY)
    await world.offer(opened, second, seconds=15 * DAY)
    await world.accept(opened, second, seconds=20 * DAY)
    lifted = await sanctions.closed(second, keys, seconds=25 * DAY)
    await sanctions.lift(lifted, key=keys[0], seconds=27 * DAY)
    await world.close(opened, seconds=30 * DAY)
    assert [len(await filed(world, number)) for number in (0, 1, 2, 3, 4, 5, 19, 20, 24)] == [
        *(0, 1, 1, 0, 0, 1, 1, 1, 1)
    ]
    assert [len(await filed(world, number)) for number in (25, 26, 27, 29, 30, 40)] == [0, 0, 1, 1, 0, 0]
    (media,), (company,), (moved,) = [await filed(world, number) for number in (9, 10, 20)]
    assert (media.category, company.category) == (PublicAccountCategory.MEDIA, PublicAccountCategory.COMPANY)
    assert (company.account_token, moved.account_token) == (first, second)
    assert moved.owner_changed_on == builders.TODAY + timedelta(days=20)


async def test_a_closed_follower_is_not_filed(world: PublicAccountWorld) -> None:
    """Closed by its renewal under a sanction of the person, and back in the second in which that ends."""
    sanctions = world.sanctions
    named, other = await world.person(1, who=1), await world.person(2, who=1)
    opened = await world.open(other, seconds=DAY)
    keys = (await sanctions.moderator(1), await sanctions.moderator(2))
    closing = await sanctions.of_person(named, Degree.CLOSE, keys, given=until(30 * DAY), seconds=2 * DAY)
    renewal = command(
        50, builders.identity(number="11000019010101000X"), account_token=other, method="VerifyIndividual"
    )
    await world.claims.verify(renewal, seconds=4 * DAY)
    assert (await world.profile(opened, seconds=4 * DAY)).state is PublicAccountState.CLOSED
    assert await world.filings(seconds=4 * DAY) == []
    await sanctions.lift(closing, key=keys[0], seconds=10 * DAY)
    released = 10 * DAY + int(LONGEST_DELAY.total_seconds())
    assert await sanctions.release(seconds=released) == 1
    assert [len(await filed(world, number)) for number in (2, 3, 4, 9, 12, 13, 40)] == [1, 1, 0, 0, 0, 1, 1]
    assert (await world.profile(opened, seconds=released)).state is PublicAccountState.ACTIVE


async def test_today_is_now(world: PublicAccountWorld) -> None:
    """Without a day the filings are the current ones; a day to come has none."""
    opened = await world.open(await world.company())
    assert [each.public_account_id for each in await world.filings(seconds=0)] == [opened.public_account_id]
    await world.close(opened, seconds=1)
    assert await world.filings(seconds=1) == []
    with pytest.raises(InvalidFields):
        await filed(world, 41)


async def test_grace_is_filed_and_expiry_is_not(world: PublicAccountWorld) -> None:
    """Whether the worker has written it down or not."""
    await world.open(await world.company())
    for _ in range(2):
        (grace,) = await filed(world, 365, now=500)
        assert grace.state is PublicAccountState.GRACE
        assert await filed(world, 395, now=500) == []
        await world.work(seconds=500 * DAY)


async def test_a_long_list(world: PublicAccountWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunk after chunk, in the order of ids, each once; a category that nobody has is empty."""
    monkeypatch.setattr(public_account_acts, "CHUNK", 2)
    token = await world.company()
    made = [await world.open(token) for _ in range(5)]
    found = [each.public_account_id for each in await world.filings(seconds=0)]
    assert found == sorted(each.public_account_id for each in made)
    for category, count in ((PublicAccountCategory.COMPANY, 5), (PublicAccountCategory.MEDIA, 0)):
        assert len(await world.filings(seconds=0, category=category)) == count
