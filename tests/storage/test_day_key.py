"""Published day keys, against both databases."""

import asyncio

from idvault.ports.sealing import DayKey
from tests.storage.world import World


async def test_first_key_of_a_day_stays(world: World) -> None:
    """Whoever publishes second gets the key that is published."""
    first, second = (DayKey("2026-03-01", "synthetic", world.random(32)) for _ in range(2))
    assert await world.day_keys.publish(first) == first
    assert await world.day_keys.publish(second) == first
    assert await world.day_keys.get(day="2026-03-01") == first
    assert await world.day_keys.get(day="2026-03-02") is None


async def test_publishers_at_once_agree(world: World) -> None:
    """Concurrent publishers of one day all get the same key."""
    keys = [DayKey("2026-03-01", "synthetic", world.random(32)) for _ in range(8)]
    published = await asyncio.gather(*(world.day_keys.publish(key) for key in keys))
    assert len(set(published)) == 1


async def test_forget_days_before(world: World) -> None:
    """Keys of earlier days go, the day itself stays."""
    for day in ("2026-02-28", "2026-03-01", "2026-03-02"):
        await world.day_keys.publish(DayKey(day, "synthetic", world.random(32)))
    await world.day_keys.forget(before="2026-03-01")
    assert await world.day_keys.get(day="2026-02-28") is None
    assert await world.day_keys.get(day="2026-03-01") is not None
    assert await world.day_keys.get(day="2026-03-02") is not None
