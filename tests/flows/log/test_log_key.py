"""A later key of the log is announced, then signs beside the former one, and then alone.

The steps are called: the worker makes them, no method does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.log import store
from idvault.log.acts import stored_log
from idvault.log.acts.publication import ANNOUNCED_FOR, BOTH_FOR, LogKeys, Publisher
from idvault.log.acts.sequencing import Sequencer
from idvault.log.store import LOG_KEYS
from idvault_verify.error import DamagedError, UnavailableError
from idvault_verify.transparency import log_key, note
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from tools.support import merkle
from tools.support.log_world import KEY, ORIGIN, SIGNER, LogWorld, at

FIRST = NoteSigner(KEY, SIGNER.sign)
SECOND, THIRD = (merkle.signer(ORIGIN, seed=seed) for seed in (7, 8))
WEEK, YEAR = ANNOUNCED_FOR.total_seconds(), BOTH_FOR.total_seconds()


@dataclass
class Signing:
    """A worker whose key file gets more keys."""

    world: LogWorld
    held: list[NoteSigner] = field(default_factory=lambda: [FIRST])

    def __post_init__(self) -> None:
        shred, files = self.world.shred, LocalPublicFiles(directory=self.world.folder)
        self.keys = LogKeys(shred, files, lambda: self.held)
        self.log = Sequencer(
            main=self.world.main,
            shred=shred,
            files=files,
            signer=SIGNER,
            policy=self._policy,
            witnesses={},
            alarm=_no_alarm,
            signers=self.keys.signers,
        )
        self.publication = Publisher(main=self.world.main, shred=shred, files=files, policy=self._policy)

    def _policy(self) -> CosignaturePolicy:
        return CosignaturePolicy(ORIGIN, self.keys.keys)

    async def step(self, seconds: float) -> list[VerifierKey]:
        """Run the tasks; return whose signatures the published checkpoint has."""
        await self.keys.run(now=at(seconds))
        await self.log.run(now=at(seconds))
        await self.publication.run(now=at(seconds))
        raw = (self.world.folder / "checkpoint").read_bytes()
        opened = note.open_note(raw, [FIRST.key, SECOND.key, THIRD.key])
        return [each.key for each in opened.verified]


async def stored(world: LogWorld) -> bytes | None:
    """Return the announcements that are stored."""
    return await stored_log.latest_note(world.shred, LOG_KEYS)


async def restore(world: LogWorld, announcements: bytes | None) -> None:
    """Put the stored announcements back to others, or to none."""
    if announcements is None:
        await world.shred.act("test", lambda one: store.forget_note(one, LOG_KEYS))
    else:
        await world.shred.act("test", lambda one: store.set_note(one, LOG_KEYS, announcements))


def _no_alarm(why: str) -> None:
    raise AssertionError(why)


async def test_a_key_is_announced_signs_beside_the_former_one_and_then_alone(log_world: LogWorld) -> None:
    """Also while the log stands still; whoever knows any of its keys goes on."""
    signing = Signing(log_world)
    await log_world.write(3)
    assert await signing.step(0) == [FIRST.key]
    assert not (log_world.folder / log_key.FILE).exists()
    signing.held.append(SECOND)
    assert await signing.step(1) == [FIRST.key]
    (change,) = log_key.decode((log_world.folder / log_key.FILE).read_bytes())
    assert (change.former, change.later) == (FIRST.key, SECOND.key)
    assert await signing.step(WEEK) == [FIRST.key]
    assert await signing.step(WEEK + 1) == [FIRST.key, SECOND.key]
    assert await signing.step(WEEK + YEAR) == [FIRST.key, SECOND.key]
    assert signing.keys.over(at(WEEK + YEAR).real) == []
    await log_world.write(2)
    assert await signing.step(WEEK + YEAR + 1) == [SECOND.key]
    assert signing.keys.over(at(WEEK + YEAR + 1).real) == [FIRST.key]


async def test_a_restarted_worker_without_the_former_key_goes_on(log_world: LogWorld) -> None:
    """The former key is destroyed; what it signed still verifies, and a third key follows."""
    signing = Signing(log_world, [FIRST, SECOND])
    await log_world.write(3)
    await signing.step(0)
    assert await signing.step(WEEK + 1) == [FIRST.key, SECOND.key]
    later = Signing(log_world, [SECOND])
    assert await later.step(WEEK + YEAR + 5) == [FIRST.key, SECOND.key]  # nothing new was to be signed
    assert set(later.keys.keys) == {FIRST.key, SECOND.key}
    await log_world.write(1)
    assert await later.step(WEEK + YEAR + 6) == [SECOND.key]
    later.held.append(THIRD)
    await later.step(WEEK + YEAR + 7)
    changes = log_key.decode((log_world.folder / log_key.FILE).read_bytes())
    assert [each.later for each in changes] == [SECOND.key, THIRD.key]
    assert log_key.keys_of(FIRST.key, changes) == (FIRST.key, SECOND.key, THIRD.key)


async def test_a_file_that_is_behind_announces_nothing(log_world: LogWorld) -> None:
    """The newest key is in another copy of the file: this worker signs with what it has."""
    await Signing(log_world, [FIRST, SECOND]).keys.run(now=at(0))
    behind = Signing(log_world, [FIRST])
    await log_world.write(1)
    assert await behind.step(WEEK + YEAR + 9) == [FIRST.key]
    assert len(log_key.decode(await stored(log_world) or b"")) == 1


async def test_a_restored_database_goes_on_with_what_was_published(log_world: LogWorld) -> None:
    """Readers follow the published announcements: others would lead them to nothing."""
    signing = Signing(log_world, [FIRST, SECOND])
    await signing.keys.run(now=at(0))
    published = (log_world.folder / log_key.FILE).read_bytes()
    await restore(log_world, None)
    files = LocalPublicFiles(directory=log_world.folder)
    restored = LogKeys(log_world.shred, files, lambda: signing.held)
    for seconds in (5, 6):
        await restored.run(now=at(seconds))
        assert await stored(log_world) == published == (log_world.folder / log_key.FILE).read_bytes()


async def test_a_database_from_between_two_changes_does_not_announce_again(log_world: LogWorld) -> None:
    """The newest key has waited already, and a folder that followed refuses another note of it."""
    signing = Signing(log_world, [FIRST, SECOND])
    await signing.keys.run(now=at(0))
    between = await stored(log_world)
    signing.held.append(THIRD)
    await signing.keys.run(now=at(2 * WEEK))
    published = (log_world.folder / log_key.FILE).read_bytes()
    assert len(log_key.decode(published)) == 2
    await restore(log_world, between)
    files = LocalPublicFiles(directory=log_world.folder)
    keys = LogKeys(log_world.shred, files, lambda: signing.held)
    await keys.run(now=at(4 * WEEK))
    assert await stored(log_world) == published == (log_world.folder / log_key.FILE).read_bytes()
    assert [each.key for each in keys.signers(at(4 * WEEK).real)] == [FIRST.key, SECOND.key, THIRD.key]


@pytest.mark.parametrize("wrong", ["damaged", "another"])
async def test_what_is_stored_replaces_what_is_published_wrong(log_world: LogWorld, wrong: str) -> None:
    """A damaged file, or the announcements of others, are written again."""
    signing = Signing(log_world, [FIRST, SECOND])
    await signing.keys.run(now=at(0))
    before, path = await stored(log_world), log_world.folder / log_key.FILE
    others = [log_key.parse(log_key.announce(THIRD, FIRST, signs_from=5)), *log_key.decode(before or b"")]
    path.write_bytes(b"damaged" if wrong == "damaged" else log_key.encode(others))
    await signing.keys.run(now=at(1))
    assert path.read_bytes() == before == await stored(log_world)


class _Overtaken:
    """A shred database that another worker changes first."""

    async def one(self, *_: Any, **__: Any) -> None:
        return None

    async def act(self, *_: Any) -> bool:
        return False


async def test_of_two_workers_one_announces(log_world: LogWorld) -> None:
    """The slower one tries again; damaged announcements stop it."""
    files = LocalPublicFiles(directory=log_world.folder)
    keys = LogKeys(cast(Database, _Overtaken()), files, _both)
    with pytest.raises(UnavailableError):
        await keys.run(now=at(0))
    log_world.folder.mkdir(exist_ok=True)
    (log_world.folder / log_key.FILE).write_bytes(b"damaged")
    with pytest.raises(DamagedError):
        await keys.run(now=at(0))
    await restore(log_world, b"damaged")
    with pytest.raises(DamagedError):
        await LogKeys(log_world.shred, files, _both).run(now=at(0))


def _both() -> Sequence[NoteSigner]:
    return [FIRST, SECOND]
