"""Published day keys, against both databases."""

import asyncio

from idvault.sealing.ports import DayKey
from tools.support.storage_world import NO_RECORD, World


async def test_first_key_of_a_day_stays(world: World) -> None:
    """A second publisher gets the key that is published already."""
    first, second = (DayKey("2026-03-01", "synthetic", world.random(32)) for _ in range(2))
    assert await world.day_keys.publish(first) == first
    assert await world.day_keys.publish(second) == first
    assert await world.day_keys.newest(day="2026-03-01") == first
    assert await world.day_keys.newest(day="2026-03-02") is None


async def test_publishers_at_once_agree(world: World) -> None:
    """Concurrent publishers of one day all get the same key."""
    keys = [DayKey("2026-03-01", "synthetic", world.random(32)) for _ in range(8)]
    published = await asyncio.gather(*(world.day_keys.publish(key) for key in keys))
    assert len(set(published)) == 1


async def test_the_newest_key_of_a_day_comes_last(world: World) -> None:
    """The first key of a day is named by the day, later ones by their minutes."""
    names = ["2026-03-01", "2026-03-01T00:10", "2026-03-01T23:50", "2026-03-02"]
    for name in (names[2], names[3], names[0], names[1]):
        await world.day_keys.publish(DayKey(name, "synthetic", world.random(32)))
    assert await world.day_keys.names() == names
    found = await world.day_keys.newest(day="2026-03-01")
    assert found is not None
    assert found.day == names[2]


async def test_a_key_is_forgotten_alone(world: World) -> None:
    """The other keys stay; deleting a missing key is not an error."""
    for name in ("2026-03-01", "2026-03-01T00:10"):
        await world.day_keys.publish(DayKey(name, "synthetic", world.random(32)))
    for _ in range(2):
        await world.day_keys.forget(day="2026-03-01")
    assert await world.day_keys.names() == ["2026-03-01T00:10"]


async def test_a_key_is_needed_while_a_claim_waits_under_it(world: World) -> None:
    """It is needed until the claim is settled; another key of the day is not."""
    job = await world.waiting()
    assert await world.day_keys.is_needed(day="2026-03-01")
    assert not await world.day_keys.is_needed(day="2026-03-01T00:10")
    await world.settle(job, NO_RECORD, lease_id=None)
    assert not await world.day_keys.is_needed(day="2026-03-01")
