"""Versions of keys are announced before they are used, and machines agree on them.

Acts are called, because processes follow their key files by themselves: there is no method.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.log import log_entries
from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing import key_set
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.key_version import ROLLED_OUT, KeyBehindError, KeyConflictError
from idvault_verify.error import Reason, UnavailableError
from tests.support.key_world import KeyWorld
from tests.support.sealed_rows import TEXTS_OF_A_CASE, SealedRows
from tools.support.people import CHEAP

_LEAVES = statement(select(log_entries.c.leaf), scalar)


@pytest.fixture
def world(main_database: Database, tmp_path: Path) -> KeyWorld:
    """An edge whose keys nobody has announced."""
    return KeyWorld(main_database, tmp_path)


async def _announced(world: KeyWorld) -> list[tuple[str, int]]:
    return [(each.purpose, each.version) for each in await world.announced()]


async def test_the_first_versions_are_used_at_once(world: KeyWorld) -> None:
    """Each purpose is announced once, with an entry of the log, however many processes follow."""
    for keys in (world.load(), world.load()):
        await world.follow(keys)
        assert keys.keys(Purpose.INDEX).primary == "0"
    found = await _announced(world)
    assert len(found) == len(set(found)) == 6  # of service.keys without the signing key
    leaves = [bytes(each) for each in await world.database.read("leaves", lambda c: c.all(_LEAVES))]
    assert sum(b"key:version:announce" in leaf for leaf in leaves) == len(leaves) == 6


async def test_a_new_version_is_read_first_and_written_an_hour_later(world: KeyWorld) -> None:
    """The running process finds the new version in the file, and uses it when it is due."""
    keys = world.load()
    await world.follow(keys)
    world.after += timedelta(days=1)
    world.load().put(Purpose.INDEX, "1", ENTROPY.random(key_set.KEY_SIZE))
    await world.follow(keys)
    assert (keys.keys(Purpose.INDEX).primary, keys.keys(Purpose.INDEX).others) == ("0", ["1"])
    world.after += ROLLED_OUT
    await world.follow(keys)
    assert (keys.keys(Purpose.INDEX).primary, keys.keys(Purpose.INDEX).others) == ("1", ["0"])
    assert keys.keys(Purpose.REQUEST).primary == "0"


async def test_a_machine_without_the_new_version_seals_nothing(world: KeyWorld) -> None:
    """It would not recognise whom the others have moved; with the copied file it goes on."""
    world.copy("b")
    first, second = world.load(), world.load("b")
    await world.follow(first)
    await world.follow(second)
    await world.rotated(Purpose.INDEX, first)
    with pytest.raises(KeyBehindError, match="version 1 of index"):
        await world.follow(second)
    with pytest.raises(KeyMissingError) as caught:
        second.primary(Purpose.INDEX)
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
    assert second.primary(Purpose.REQUEST) == first.primary(Purpose.REQUEST)
    world.copy("b")
    await world.follow(second)
    assert second.primary(Purpose.INDEX) == first.primary(Purpose.INDEX)


async def test_a_restored_database_waits_for_the_file_of_its_time(world: KeyWorld) -> None:
    """A later file, without the key of what is stored, announces nothing, so that its key is never in use."""
    keys, rows, purpose = world.load(), SealedRows(world.database), Purpose.MODERATION_TEXT
    await world.follow(keys)
    await rows.file_texts(keys, 1)
    world.copy("safe")
    world.load().put(purpose, "1", ENTROPY.random(key_set.KEY_SIZE))
    world.load().destroy(purpose, "0", successor="1")
    before, later = await _announced(world), world.load()
    for _ in range(2):
        world.after += ROLLED_OUT
        with pytest.raises(KeyBehindError, match="version 0 of moderation-text"):
            await world.follow(later)
        with pytest.raises(KeyMissingError):
            later.primary(purpose)
    assert await _announced(world) == before
    right = world.load("safe")
    await world.follow(right)
    assert await rows.read_texts(right) == TEXTS_OF_A_CASE


async def test_two_machines_that_rotate_on_their_own_do_not_mix(world: KeyWorld) -> None:
    """The second one's key is not the vault's: nothing is written under it, nor under the former one once the
    vault's is due; the right file, put there afterwards, is taken while the process runs.
    """
    world.copy("b")
    first, second = world.load(), world.load("b")
    await world.follow(first)
    await world.follow(second)
    world.load("b").put(Purpose.INDEX, "1", bytes(32))
    world.load().put(Purpose.INDEX, "1", ENTROPY.random(key_set.KEY_SIZE))
    for wait, primary in ((timedelta(seconds=1), "0"), (ROLLED_OUT, "1")):
        world.after += wait
        await world.follow(first)
        with pytest.raises(KeyConflictError, match="version 1 of index"):
            await world.follow(second)
        assert second.keys(Purpose.INDEX).primary == primary
        assert list(second.keys(Purpose.INDEX).versions) == ["0"]
    rows = SealedRows(world.database)
    one = await rows.sign_up(first, 7)
    with pytest.raises(KeyMissingError):
        await rows.sign_up(second, 7)
    assert second.primary(Purpose.REQUEST) == first.primary(Purpose.REQUEST)
    world.copy("b")
    await world.follow(second)
    assert await rows.sign_up(second, 7) == one


async def test_a_version_is_used_only_once_it_is_the_vaults(world: KeyWorld) -> None:
    """A machine that is behind, and makes a key of its own under the missing number, stays unavailable."""
    world.copy("b")
    first, second = world.load(), world.load("b")
    await world.follow(first)
    await world.follow(second)
    await world.rotated(Purpose.INDEX, first)
    with pytest.raises(KeyBehindError):
        await world.follow(second)
    world.load("b").put(Purpose.INDEX, "1", bytes(32))
    await second.held()  # as if it were asked before it has compared the key
    with pytest.raises(KeyMissingError):
        second.primary(Purpose.INDEX)


@pytest.mark.parametrize("content", [b"not a key file", None])
async def test_a_file_that_does_not_open_delays_no_rotation(world: KeyWorld, content: bytes | None) -> None:
    """What is due is used from the keys that the process has; it does not go on under the former one."""
    keys = world.load()
    await world.follow(keys)
    world.load().put(Purpose.INDEX, "1", ENTROPY.random(key_set.KEY_SIZE))
    world.after += timedelta(seconds=1)
    await world.follow(keys)
    world.path().unlink() if content is None else world.path().write_bytes(content)
    world.after += ROLLED_OUT
    with pytest.raises(UnavailableError):
        await world.follow(keys)
    assert keys.keys(Purpose.INDEX).primary == "1"


async def test_the_file_of_another_vault_is_refused(world: KeyWorld) -> None:
    """At the start, nothing is announced; while the process runs, its keys stay."""
    keys = world.load()
    await world.follow(keys)
    before, held = await _announced(world), keys.primary(Purpose.INDEX)
    other = world.path("other")
    other.parent.mkdir()
    made = key_set.fresh(Holder.SERVICE, entropy=ENTROPY)
    stranger = LocalKeyProvider.create(other, keys=made, passphrase=b"p", entropy=ENTROPY, cost=CHEAP)
    with pytest.raises(KeyConflictError):
        await world.follow(stranger)
    other.replace(world.path())
    with pytest.raises(UnavailableError, match="has another key under a version"):
        await world.follow(keys)
    assert keys.primary(Purpose.INDEX) == held
    assert await _announced(world) == before
