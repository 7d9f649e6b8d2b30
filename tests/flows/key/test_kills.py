"""Rotation and rewrapping are killed at 100 random points while sign-ups go on: nobody is lost.

Operators do both by commands, no method does, so acts are called; a kill strikes below the API.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.key.rewrap import rewrappings
from idvault.sealing import key_set
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.key_version import ROLLED_OUT, SETTLED
from idvault_verify import durable_file
from tests.support.key_world import KeyWorld
from tests.support.sealed_rows import TEXTS_OF_A_CASE, SealedRows

KILLS, PERSONS, CASES, SEED = 100, 12, 4, 20261127
ROTATED = (Purpose.INDEX, Purpose.MODERATION_TEXT)
STEPS = (timedelta(seconds=1), ROLLED_OUT, SETTLED, ROLLED_OUT + SETTLED)


class KilledError(BaseException):
    """The process ends here."""


class Points:
    """Counts the points at which an operator's command may die, and dies at one of them."""

    def __init__(self) -> None:
        self.last, self.count = 0, 0

    def passed(self) -> None:
        """Die if this is the point."""
        self.count += 1
        if self.count == self.last:
            raise KilledError

    def around(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Return a write of a file with a point before and one after it."""

        def written(*args: Any, **kwargs: Any) -> Any:
            self.passed()
            done = write(*args, **kwargs)
            self.passed()
            return done

        return written

    @contextmanager
    def armed(self, patch: pytest.MonkeyPatch, database: Database, at: int) -> Iterator[None]:
        """Die at the at-th point of the block: before or after an act, or a write of the key file."""
        act = database.act

        async def acted(name: str, work: Any) -> Any:
            self.passed()
            done = await act(name, work)
            self.passed()
            return done

        with patch.context() as inner:
            inner.setattr(database, "act", acted)
            inner.setattr(durable_file, "replace", self.around(durable_file.replace))
            self.last, self.count = at, 0
            yield


async def _operate(world: KeyWorld, rng: random.Random) -> None:
    """Do what an operator does at some time: rotate, or rewrap, with a process of its own."""
    keys, purpose = world.load(), rng.choice(ROTATED)
    await world.follow(keys)
    versions = keys.keys(purpose).versions
    if len(versions) < 2 or rng.random() < 0.15:
        version = str(max(int(each) for each in versions) + 1)
        keys.put(purpose, version, ENTROPY.random(key_set.KEY_SIZE))
        await world.follow(keys)
    rewrapping = rewrappings(world.vault, keys)[purpose]
    await rewrapping.run(now=world.now)
    await rewrapping.end(now=world.now)


async def test_killed_at_random_points(
    main_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each kill an edge that ran all the time, and one that starts, know and read everything."""
    rng, points = random.Random(SEED), Points()  # noqa: S311 - a reproducible walk
    world, rows = KeyWorld(main_database, tmp_path, holder=Holder.SERVICE), SealedRows(main_database)
    running = world.load()
    await world.follow(running)
    ids = {number: await rows.sign_up(running, number) for number in range(PERSONS)}
    for number in range(CASES):
        await rows.file_texts(running, number)
    killed, ended, longest = 0, 0, 10
    while killed < KILLS:
        world.after += rng.choice(STEPS)
        with points.armed(monkeypatch, main_database, at=rng.randrange(1, longest)):
            try:
                await _operate(world, rng)
                ended, longest = ended + 1, points.count + 2
            except KilledError:
                killed, longest = killed + 1, longest + 1
        await world.follow(running)
        started = world.load()
        await world.follow(started)
        for edge in (running, started):
            number = rng.randrange(PERSONS)
            assert await rows.sign_up(edge, number) == ids[number]
            assert await rows.read_texts(edge) == TEXTS_OF_A_CASE * CASES
    assert {number: await rows.sign_up(running, number) for number in range(PERSONS)} == ids
    assert ended > 0
    assert int(running.keys(Purpose.INDEX).primary) > 3
    assert "0" not in running.keys(Purpose.MODERATION_TEXT).versions
