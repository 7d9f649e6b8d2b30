"""What a process says while it follows the versions of its keys."""

from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from idvault.bootstrap.key_following import Follower
from idvault.sealing.key_set import Purpose
from idvault.storage.base.database import Database
from tests.support.key_world import KeyWorld


async def test_a_version_that_a_file_lacks_is_warned_of_once(sqlite_main: Database, tmp_path: Path) -> None:
    """In the hour in which the file can still be copied, not when the purpose is unavailable."""
    world = KeyWorld(sqlite_main, tmp_path)
    world.copy("b")
    first, second = world.load(), world.load("b")
    await world.follow(first)
    follower = Follower(clock=lambda: world.now, flow=world.flow(second))
    await follower.once()
    world.after += timedelta(seconds=1)
    world.load().put(Purpose.INDEX, "1", bytes(32))
    await world.follow(first)
    with capture_logs() as said:
        for _ in range(2):
            await follower.once()
        world.copy("b")
        await follower.once()
    assert said == [{"event": "key_lacking", "log_level": "warning", "kind": "index", "version": 1}]
