"""The shared rate cap, against both databases."""

import asyncio
from datetime import datetime, timedelta

from idvault.registry import store
from idvault.registry.ports import CallTurn
from tools.support.storage_world import NOW, World

GAP = timedelta(microseconds=11_111)
FAR = NOW + timedelta(hours=1)


async def _take(
    world: World, name: str, *, now: datetime, latest: datetime, gap: timedelta = GAP
) -> datetime | None:
    return await store.take(world.database, CallTurn(name, gap, now, latest))


async def test_slots_follow_each_other_exactly(world: World) -> None:
    """Every slot is exactly one gap after the previous one, to the microsecond."""
    slots = [await _take(world, "check", now=NOW, latest=FAR) for _ in range(5)]
    assert slots == [NOW + turn * GAP for turn in range(5)]


async def test_slot_is_never_before_now(world: World) -> None:
    """Unused time is not saved up."""
    await _take(world, "check", now=NOW, latest=FAR)
    later = NOW + timedelta(minutes=1)
    assert await _take(world, "check", now=later, latest=FAR) == later
    assert await _take(world, "check", now=later, latest=FAR) == later + GAP


async def test_slot_too_late_is_not_taken(world: World) -> None:
    """A slot after the latest time is None, and the next caller's slot is unchanged."""
    assert await _take(world, "check", now=NOW, latest=NOW) == NOW
    early = NOW + GAP - timedelta(microseconds=1)
    assert await _take(world, "check", now=NOW, latest=early) is None
    assert await _take(world, "check", now=NOW, latest=NOW + GAP) == NOW + GAP
    before = await world.contents()
    assert await _take(world, "new", now=NOW, latest=NOW - GAP) is None
    assert await world.contents() == before


async def test_names_have_clocks_of_their_own(world: World) -> None:
    """Slots of one name do not affect another name."""
    await _take(world, "check", now=NOW, latest=FAR)
    assert await _take(world, "query", now=NOW, latest=FAR) == NOW


async def test_concurrent_takers_never_share_a_slot(world: World) -> None:
    """64 concurrent takers get 64 slots, one gap apart."""
    slots = await asyncio.gather(*(_take(world, "check", now=NOW, latest=FAR) for _ in range(64)))
    assert sorted(slot for slot in slots if slot) == [NOW + turn * GAP for turn in range(64)]


async def test_pause_moves_forward_only(world: World) -> None:
    """No slot starts before the pause ends; an earlier pause does not shorten it."""
    until = NOW + timedelta(seconds=60)
    await store.pause(world.database, "check", until=until)
    await store.pause(world.database, "check", until=NOW + timedelta(seconds=5))
    assert await _take(world, "check", now=NOW, latest=NOW + timedelta(seconds=59)) is None
    assert await _take(world, "check", now=NOW, latest=FAR) == until
    await store.pause(world.database, "check", until=until + GAP / 2)
    assert await _take(world, "check", now=NOW, latest=FAR) == until + GAP


async def test_a_slot_of_a_wrong_clock_stops_nobody(world: World) -> None:
    """Slots and pauses of a process whose clock was days ahead do not hold calls for days."""
    wrong = NOW + timedelta(days=15)
    assert await _take(world, "check", now=wrong, latest=wrong + GAP) == wrong
    assert await _take(world, "check", now=NOW, latest=NOW + GAP) == NOW
    assert await _take(world, "check", now=NOW, latest=NOW + GAP) == NOW + GAP
    await store.pause(world.database, "query", until=wrong)
    assert await _take(world, "query", now=NOW, latest=NOW + GAP) == NOW


async def test_a_slow_cap_is_kept(world: World) -> None:
    """Where one call in many minutes is allowed, the next slot is far ahead, and is right."""
    gap = timedelta(minutes=50)
    assert await _take(world, "check", gap=gap, now=NOW, latest=FAR) == NOW
    assert await _take(world, "check", gap=gap, now=NOW, latest=NOW) is None


async def test_slots_are_read_by_name(world: World) -> None:
    """Each clock's next slot, which a ban moves ahead; reading takes none."""
    assert await world.database.read("slots", store.slots) == {}
    await _take(world, "check", now=NOW, latest=FAR)
    await store.pause(world.database, "query", until=FAR)
    for _ in range(2):
        assert await world.database.read("slots", store.slots) == {"check": NOW + GAP, "query": FAR}
