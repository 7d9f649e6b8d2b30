"""What a process says while it follows the versions of its keys."""

from datetime import timedelta
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault.core.telemetry.logs import Logger
from idvault.processes.bootstrap.key.version import KeyVersionTracker
from idvault.sealing.key_set import Purpose
from tests.support.key_world import KeyWorld


async def test_a_version_that_a_file_lacks_is_warned_of_once(
    sqlite_main: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the hour in which the file can still be copied, not when the purpose is unavailable."""
    world = KeyWorld(sqlite_main, tmp_path)
    world.copy("b")
    first, second = world.load(), world.load("b")
    await world.follow(first)
    tracker = KeyVersionTracker(clock=lambda: world.now, vault=world.vault, keys=second)
    await tracker.once()
    world.after += timedelta(seconds=1)
    world.load().put(Purpose.INDEX, "1", bytes(32))
    await world.follow(first)
    said: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(Logger, "warning", lambda _self, event, **fields: said.append((event, fields)))
    for _ in range(2):
        await tracker.once()
    world.copy("b")
    await tracker.once()
    assert said == [("key_lacking", {"kind": "index", "version": 1})]
