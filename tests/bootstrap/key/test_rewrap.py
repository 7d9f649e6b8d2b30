"""The commands that rewrap and list keys compare clocks first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.key import rewrap as key_rewrap
from idvault.sealing import key_set
from idvault.sealing.key_set import Purpose
from idvault.sealing.key_version import KeyClockError
from idvault_verify.clock import ClockReading
from tests.support.key_world import KeyWorld
from tools.support.databases import Databases

WRONG = timedelta(minutes=90)


async def test_a_wrong_clock_ends_no_key(
    databases: Databases, main_database: Database, tmp_path: Path
) -> None:
    """A server's clock decides, so that nobody loses the version that all others write under.

    A SQLite file has no clock but this machine's: there the time has come.
    """
    world, passphrase = KeyWorld(main_database, tmp_path), tmp_path / "passphrase"
    passphrase.write_text("p")
    settings = Settings(
        keys=world.path(),
        key_passphrase_file=passphrase,
        database_url=SecretStr(databases.main_url),
        shred_database_url=SecretStr(databases.shred_url),
    )

    async def rewrap(shift: timedelta = timedelta(0)) -> list[int]:
        real, purpose = datetime.now(UTC) + shift, Purpose.MODERATION_TEXT.value
        reading = ClockReading(real, real)
        (done,) = await key_rewrap.rewrap(
            settings, purpose=purpose, now=reading, tell=lambda _name, _progress: None
        )
        return list(done.ended.destroyed)

    assert await rewrap() == []
    world.load().put(Purpose.MODERATION_TEXT, "1", ENTROPY.random(key_set.KEY_SIZE))
    assert await rewrap() == []
    if databases.main_url.startswith("sqlite"):
        assert await rewrap(WRONG) == [0]
        return
    announced = await world.announced()
    for shift in (WRONG, -WRONG):
        with pytest.raises(KeyClockError, match="the main database's"):
            await rewrap(shift)
    real = datetime.now(UTC) + WRONG
    with pytest.raises(KeyClockError):
        await key_rewrap.version_states(settings, now=ClockReading(real, real))
    assert await world.announced() == announced
    assert set(world.load().keys(Purpose.MODERATION_TEXT).versions) == {"0", "1"}
