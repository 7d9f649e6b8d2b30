"""No worker ran when entries were to turn: what was missed must not turn all at once (ADR 0059)."""

from datetime import timedelta

import pytest

from idvault.status.credential import rules
from tests.storage.credential.test_linking import DAY, _close, _expire, _note, _open_again, _turns
from tests.storage.credential.test_status_list import Lists
from tools.support.storage_world import World, at

HOUR = rules.LONGEST_LATE_TURN
PLACES = [7, 8]
OUTAGES = [DAY, 3 * DAY, 30 * DAY]


@pytest.fixture
def lists(world: World) -> Lists:
    """The acts."""
    return Lists(world)


async def _gone(lists: Lists, outage: timedelta) -> timedelta:
    """Let an account with two entries expire, and no worker run until after both times; return that time."""
    job = await lists.world.verified()
    for place in PLACES:
        await lists.issue(job, candidates=(place,), expires_at=at().real + 365 * DAY)
    await lists.follow()
    await _expire(lists.world, job, timedelta())
    await lists.follow()
    assert len(await _turns(lists.world)) == len(PLACES)
    return outage


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_makes_no_batch(world: World, lists: Lists, outage: timedelta) -> None:
    """Both times have passed: each entry gets another, within an hour, and neither turns at the start."""
    back = await _gone(lists, outage)
    await lists.follow_late(after=back)
    assert await lists.valid() == PLACES
    drawn = [each - at().real - back for each in await _turns(world)]
    assert len(set(drawn)) == len(PLACES)
    assert timedelta() <= drawn[0] < drawn[1] <= HOUR
    await lists.follow_late(after=back + drawn[0])
    assert len(await lists.valid()) == 1
    await lists.follow_late(after=back + drawn[1])
    assert (await lists.valid(), await _turns(world)) == ([], [])


async def test_a_rebuild_after_an_outage_makes_none_either(world: World, lists: Lists) -> None:
    """A worker that starts rebuilds first: what was missed waits there, too, and is drawn once."""
    back = await _gone(lists, 2 * DAY)
    await lists.rebuild_late(real=at(after=back).real)
    drawn = await _turns(world)
    assert (await lists.valid(), len(set(drawn))) == (PLACES, 2)
    await lists.follow_late(after=back)
    await lists.rebuild_late(real=at(after=back).real)
    assert (await lists.valid(), await _turns(world)) == (PLACES, drawn)


async def test_a_look_a_moment_late_is_no_outage(world: World, lists: Lists) -> None:
    """The worker looks every second: what is late by less than a minute turns."""
    await _gone(lists, DAY)
    first, last = await _turns(world)
    await lists.follow_late(after=first - at().real + rules.MISSED_AFTER)
    assert len(await lists.valid()) == 1
    await lists.follow_late(after=last - at().real + rules.MISSED_AFTER)
    assert await lists.valid() == []


async def test_what_is_asked_for_waits_for_no_hour(world: World, lists: Lists) -> None:
    """New credentials, and those asked for again, are published at once, however late the worker is."""
    job = await world.verified()
    await lists.issue(job, audience="a", expires_at=at().real + 365 * DAY)
    await lists.follow_late(after=2 * DAY)
    assert await lists.valid() == [7]
    await _close(world, job, timedelta())
    await lists.follow_late(after=2 * DAY)
    await _open_again(world, job)
    await lists.follow_late(after=2 * DAY)
    await lists.issue(job, audience="a", expires_at=at().real + 365 * DAY)
    await _note(world, job)
    await lists.follow_late(after=5 * DAY)
    assert await lists.valid() == [7]
