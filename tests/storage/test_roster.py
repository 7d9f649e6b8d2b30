"""Adopted roster versions, against both databases."""

import asyncio

import pytest
from sqlalchemy import select

from idvault.domain.error import PreconditionError, Reason
from idvault.domain.event import EventType
from idvault.storage.schema import log_entries
from idvault.transparency import entry
from tests.storage.world import World, at

FIRST, SECOND = "1" * 64, "2" * 64


async def _adopt(world: World, version: int, digest: str) -> bool:
    event = world.event(EventType.ROSTER_ADOPTED)
    return await world.roster.adopt(version=version, digest=digest, now=at(), event=event)


async def test_version_is_adopted_once(world: World) -> None:
    """The first call notes the version with its entry; a repeat writes nothing."""
    event = world.event(EventType.ROSTER_ADOPTED)
    assert await world.roster.adopt(version=1, digest=FIRST, now=at(), event=event)
    (row,) = await world.all(select(log_entries))
    assert row.leaf == entry.encode_leaf(event.with_fields(version=1, hash=FIRST))
    before = await world.contents()
    assert not await _adopt(world, 1, FIRST)
    assert await world.contents() == before
    assert await _adopt(world, 2, SECOND)


@pytest.mark.parametrize(("version", "digest"), [(2, FIRST), (1, FIRST), (1, SECOND)])
async def test_other_hash_and_older_version_are_refused(world: World, version: int, digest: str) -> None:
    """The same version with another hash, and a lower version, are ROSTER_INVALID."""
    await _adopt(world, 1, FIRST)
    await _adopt(world, 2, SECOND)
    before = await world.contents()
    with pytest.raises(PreconditionError) as refused:
        await _adopt(world, version, digest)
    assert refused.value.reason is Reason.ROSTER_INVALID
    assert await world.contents() == before


async def test_one_of_many_adopts(world: World) -> None:
    """Of 8 processes that start at once, exactly one notes the version."""
    for version, digest in ((1, FIRST), (2, SECOND)):
        done = await asyncio.gather(*(_adopt(world, version, digest) for _ in range(8)))
        assert done.count(True) == 1
    assert (await world.counts())["log_entries"] == 2
