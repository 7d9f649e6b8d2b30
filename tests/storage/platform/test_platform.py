"""The registered keys of platforms and monitors, against both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idvault.core.act import SYSTEM
from idvault.core.platform import Platform
from idvault.core.tables.log import log_entries
from idvault.platform import acts
from idvault.platform.rules import PresentedPlatform
from idvault_verify.error import AlreadyExistsError, InvalidError, NotFoundError, Reason
from idvault_verify.event import EventType
from idvault_verify.session import ACCEPTED, Proof
from idvault_verify.transparency import entry
from tools.support.storage_world import NOW, World, at


def _platform(world: World, name: str = "platform-a", role: str = "platform") -> Platform:
    return Platform(name, role, world.new_id(), world.random(32).hex(), NOW)


def _key(platform: Platform) -> dict[str, str]:
    return {"name": platform.name, "role": platform.role, "spki": platform.spki}


async def _register(world: World, platform: Platform) -> Platform:
    return await acts.register(world.vault, SYSTEM, at(), **_key(platform))


async def _revoke(world: World, platform: Platform, *, after: timedelta = timedelta(0)) -> Platform:
    return await acts.revoke(world.vault, SYSTEM, at(after=after), platform.name, platform.spki)


async def test_register_writes_key_and_entry(world: World) -> None:
    """A new key is stored with its entry and listed."""
    asked = _platform(world)
    event = world.event(EventType.PLATFORM_REGISTER)
    made = await acts.register(world.vault_of(event), SYSTEM, at(), **_key(asked))
    assert made == replace(asked, actor_id=made.actor_id)
    assert await acts.keys(world.vault) == [made]
    (row,) = await world.all(select(log_entries))
    written = event.with_fields(name="platform-a", role="platform", spki=asked.spki)
    assert row.leaf == entry.encode_leaf(written)


async def test_name_keeps_its_actor_id(world: World) -> None:
    """A second key of a name has the first one's actor id."""
    first = await _register(world, _platform(world))
    second = await _register(world, _platform(world))
    assert second.actor_id == first.actor_id
    assert second.spki != first.spki
    assert {platform.spki for platform in await acts.keys(world.vault)} == {first.spki, second.spki}


async def test_repeat_writes_nothing(world: World) -> None:
    """A registered key is returned unchanged, with its actor id."""
    first = await _register(world, _platform(world))
    before = await world.contents()
    assert await _register(world, replace(first, actor_id=world.new_id())) == first
    assert await world.contents() == before


async def test_refusals_leave_nothing_behind(world: World) -> None:
    """A revoked key, a name with another role and a key of another name are refused."""
    stored = await _register(world, _platform(world))
    revoked = await _register(world, _platform(world))
    await _revoke(world, revoked)
    before = await world.contents()
    for asked in (
        revoked,
        _platform(world, role="monitor"),
        replace(stored, name="platform-b"),
    ):
        with pytest.raises(AlreadyExistsError):
            await _register(world, asked)
    assert await world.contents() == before


async def test_revoke_once(world: World) -> None:
    """A key is revoked with its entry; a repeat keeps the first time and writes nothing."""
    stored = await _register(world, _platform(world))
    event = world.event(EventType.PLATFORM_REVOKE)
    revoked = await acts.revoke(world.vault_of(event), SYSTEM, at(), stored.name, stored.spki)
    assert revoked == replace(stored, revoked_at=NOW)
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    written = event.with_fields(name=stored.name, role=stored.role, spki=stored.spki)
    assert row.leaf == entry.encode_leaf(written)
    before = await world.contents()
    assert await _revoke(world, stored, after=timedelta(hours=1)) == revoked
    assert await world.contents() == before
    assert await acts.keys(world.vault) == [revoked]


async def test_revoke_of_an_unknown_key(world: World) -> None:
    """Neither an unknown key nor another name's key is found."""
    stored = await _register(world, _platform(world))
    for unknown in (_platform(world), replace(stored, name="platform-b")):
        with pytest.raises(NotFoundError):
            await _revoke(world, unknown)


async def test_concurrent_keys_of_a_new_name(world: World) -> None:
    """Keys of one new name registered concurrently agree on its actor id."""
    made = await asyncio.gather(*(_register(world, _platform(world)) for _ in range(8)))
    assert len({platform.actor_id for platform in made}) == 1
    assert (await world.counts())["log_entries"] == 8


async def _present(world: World, name: str, title: str = "") -> None:
    await acts.present(world.vault, SYSTEM, at(), name, title=title, origins=())


async def test_presented_platforms_are_listed_by_name(world: World) -> None:
    """Those that the pages present and that have a live key, by pages; a title stands in for the name."""
    made = {name: await _register(world, _platform(world, name)) for name in ("im-c", "im-a", "im-b", "im-d")}
    for name, title in (("im-b", "B"), ("im-c", ""), ("im-a", "A")):
        await _present(world, name, title)
    await _revoke(world, made["im-a"])
    both = [PresentedPlatform("im-b", "B"), PresentedPlatform("im-c", "im-c")]
    assert await acts.presented(world.vault, after="", limit=10) == both
    assert await acts.presented(world.vault, after="im-b", limit=10) == both[1:]
    assert await acts.presented(world.vault, after="", limit=1) == both[:1]
    assert await acts.presented_as(world.vault, "im-c") == both[1]
    for unknown in ("im-a", "im-d", "nobody"):
        with pytest.raises(NotFoundError) as caught:
            await acts.presented_as(world.vault, unknown)
        assert caught.value.reason is Reason.PLATFORM_NOT_FOUND


async def test_a_platform_states_which_proofs_it_accepts(world: World) -> None:
    """With an entry for each change, for all of its keys; a repeat writes nothing, a refusal neither."""
    stored = await _register(world, _platform(world))
    assert stored.proofs == ACCEPTED
    event = world.event(EventType.PLATFORM_ACCEPT)
    vault, name = world.vault_of(event), stored.name
    await acts.accept(vault, SYSTEM, at(), name, proofs=[Proof.RESULT_ONLY])
    (row,) = await world.all(select(log_entries).where(log_entries.c.entry_id == event.entry_id))
    assert row.leaf == entry.encode_leaf(event.with_fields(name=name, proofs="RESULT_ONLY"))
    second = await _register(world, _platform(world))
    assert {each.proofs for each in await acts.keys(world.vault)} == {second.proofs}
    assert second.proofs == {Proof.RESULT_ONLY}
    before = await world.contents()
    await acts.accept(world.vault, SYSTEM, at(), name, proofs=[Proof.RESULT_ONLY, Proof.RESULT_ONLY])
    with pytest.raises(InvalidError):
        await acts.accept(world.vault, SYSTEM, at(), name, proofs=list(Proof))
    for role in ("monitor", "web"):
        other = await _register(world, _platform(world, role, role))
        with pytest.raises(NotFoundError):
            await acts.accept(world.vault, SYSTEM, at(), other.name, proofs=[Proof.RESULT_ONLY])
    with pytest.raises(NotFoundError):
        await acts.accept(world.vault, SYSTEM, at(), "nobody", proofs=[Proof.RESULT_ONLY])
    assert {each.proofs for each in await acts.keys(world.vault) if each.name == name} == {second.proofs}
    assert len((await world.contents())["log_entries"]) == len(before["log_entries"]) + 2
    every = frozenset(Proof) - {Proof.ONE_REVIEWER}
    await acts.accept(world.vault, SYSTEM, at(), name, proofs=every, separate_persons=True)
    assert {each.proofs for each in await acts.keys(world.vault) if each.name == name} == {every}
