"""A version that was announced and lost is withdrawn, and the purpose goes on.

Acts are called, because an operator withdraws by a command: there is no method.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.tables.claim import requests
from idvault.core.tables.tip_off import tip_offs
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.key.rewrap import withdraw_newest
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.key_version import ROLLED_OUT, KeyBehindError, KeyKeptError
from tests.support.key_world import KeyWorld
from tests.support.sealed_rows import SealedRows, plant

PURPOSES = [Purpose.INDEX, Purpose.MODERATION_TEXT, Purpose.TIP_OFF, Purpose.REQUEST]


@pytest.fixture
def world(main_database: Database, tmp_path: Path) -> KeyWorld:
    """An edge on two machines."""
    return KeyWorld(main_database, tmp_path, holder=Holder.SERVICE)


async def _lost(world: KeyWorld, purpose: Purpose) -> tuple[LocalKeyProvider, LocalKeyProvider]:
    """Announce a version on one machine; return its keys, and those of the other one, which lacks it."""
    world.copy("b")
    first, second = world.load(), world.load("b")
    for each in (first, second):
        await world.follow(each)
    world.after += timedelta(seconds=1)
    world.load().put(purpose, "1", ENTROPY.random(key_set.KEY_SIZE))
    await world.follow(first)
    return first, second


async def _withdraw(world: KeyWorld, purpose: Purpose) -> int:
    own = world.load("b")
    return await withdraw_newest(world.vault, own, purpose, now=world.now)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("waits", [timedelta(0), ROLLED_OUT])
async def test_a_lost_version_is_withdrawn(world: KeyWorld, purpose: Purpose, waits: timedelta) -> None:
    """Before it is in use and after: the former one is used again, and a new key has the same number."""
    _, second = await _lost(world, purpose)
    assert [each.version for each in await world.lacking(second)] == [1]
    world.after += waits
    if waits:
        with pytest.raises(KeyBehindError):
            await world.follow(second)
    assert await _withdraw(world, purpose) == 1
    await world.follow(second)
    assert second.keys(purpose).primary == "0"
    world.load("b").put(purpose, "1", ENTROPY.random(key_set.KEY_SIZE))
    for _ in range(2):
        await world.follow(second)
        world.after += ROLLED_OUT
    assert second.keys(purpose).primary == "1"
    assert await world.lacking(second) == []


async def _file(world: KeyWorld, keys: LocalKeyProvider, purpose: Purpose) -> None:
    rows, asked_at = SealedRows(world.database), world.now.real

    async def act(connection: Connection) -> None:
        if purpose is Purpose.TIP_OFF:
            await plant(connection, tip_offs, 1, secret_key="1")
        else:
            await plant(connection, requests, 1, made_at=asked_at)

    if purpose is Purpose.INDEX:
        await rows.sign_up(keys, 7)
    elif purpose is Purpose.MODERATION_TEXT:
        await rows.file_texts(keys, 7)
    else:
        await world.database.act("test.file", act)


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_version_with_something_under_it_is_kept(world: KeyWorld, purpose: Purpose) -> None:
    """Whoever has the key stored something; so is a version that the file has, and the only one."""
    first, _ = await _lost(world, purpose)
    world.after += ROLLED_OUT
    await world.follow(first)
    await _file(world, first, purpose)
    before = await world.announced()
    with pytest.raises(KeyKeptError, match=r"\d are stored under version 1"):
        await _withdraw(world, purpose)
    world.copy("b")
    with pytest.raises(KeyKeptError, match="has version 1"):
        await _withdraw(world, purpose)
    with pytest.raises(KeyKeptError, match="no later version"):
        await _withdraw(world, Purpose.REFERENCE)
    assert await world.announced() == before
