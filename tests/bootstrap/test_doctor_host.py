"""The doctor's checks of a host: owners, full disks, the passphrase, records without keys, clocks."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from pydantic import SecretStr

from idvault.core.check import AilmentError, Check, look
from idvault.core.config import Settings
from idvault.processes.bootstrap.base import ENTROPY, Deployment
from idvault.processes.bootstrap.checks import asked
from idvault.processes.bootstrap.checks.environment import check_disks, check_owners
from idvault.sealing.key_provider import LocalKeyProvider
from idvault_verify.clock import ClockReading
from tests.support.pair_world import PairWorld
from tools.support import logs
from tools.support.databases import Databases
from tools.support.people import CHEAP

Usage = namedtuple("Usage", "total used free")


def _settings(databases: Databases, folder: Path) -> Settings:
    (folder / "passphrase").write_text("long enough for a test", encoding="ascii")
    (folder / "public").mkdir(exist_ok=True)
    LocalKeyProvider.create(
        folder / "work.keys", keys={}, passphrase=b"long enough for a test", entropy=ENTROPY, cost=CHEAP
    )
    return Settings(
        database_url=SecretStr(databases.main_url),
        shred_database_url=SecretStr(databases.shred_url),
        keys=folder / "work.keys",
        key_passphrase_file=folder / "passphrase",
        public_dir=folder / "public",
    )


def _now() -> ClockReading:
    return ClockReading(logs.START, logs.START)


def _of_host(deployment: Deployment) -> list[Check]:
    names = {"records", "disk", "files", "keys", "database-clock"}
    found = [check for check in asked.by_operator(deployment) if check.name in names]
    assert {check.name for check in found} | {"database-clock"} == names
    return found


async def test_what_a_host_lacks(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record without a key, a wrong passphrase, a full disk, and a clock that is far from the server's."""
    settings = _settings(databases, tmp_path)
    world = await PairWorld(databases, tmp_path).begin()
    try:
        tokens = await world.sign_up(2)
        checks = _of_host(Deployment(settings=settings, clock=_now, main=world.main, shred=world.shred))
        is_server = databases.main_url.startswith("postgresql")
        found = await look(checks)
        assert set(found) == ({"database-clock"} if is_server else set())
        await world.forget_key(tokens[0])
        settings.key_passphrase_file.write_text("another", encoding="ascii")
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 5_000_000))
        found = await look(checks)
        assert found["records"].startswith("1 records have no shred key, of at most")
        assert found["keys"].endswith("check IDVAULT_KEYS and IDVAULT_KEY_PASSPHRASE_FILE")
        assert (
            "the disk of IDVAULT_PUBLIC_DIR has 5 MB left, and nothing new is published once it is full"
        ) in found["disk"]
        acts = "the disk of IDVAULT_DATABASE_URL has 5 MB left, and acts are refused once it is full"
        assert (acts in found["disk"]) is not is_server
        assert is_server == ("database server's by" in found.get("database-clock", ""))
        settings.key_passphrase_file.unlink()
        assert "PASSPHRASE_FILE cannot be read" in (await look(checks))["keys"]
    finally:
        await world.close()


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)
def test_owners(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file that belongs to another user than the key file is named by its setting."""
    settings = _settings(databases, tmp_path)
    check_owners(settings)
    stat = Path.stat
    strangers: set[Path] = set()

    def other(path: Path, **options: bool) -> os.stat_result:
        found = stat(path, **options)
        values = list(found)
        if path in strangers:
            values[4] += 1
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", other)
    for path, named in (
        (settings.key_passphrase_file, "the file in IDVAULT_KEY_PASSPHRASE_FILE"),
        (settings.public_dir, "the folder of IDVAULT_PUBLIC_DIR"),
        (Path(databases.main_url.removeprefix("sqlite:///")), "the file of IDVAULT_DATABASE_URL"),
    ):
        strangers = {path}
        with pytest.raises(AilmentError, match=f"{named} belongs to another user"):
            check_owners(settings)
    strangers = {settings.public_dir}
    # An edge's settings may name the worker's folder: giving it to the edge's user would stop the worker.
    with pytest.raises(AilmentError, match="or remove the setting unless these are the worker's"):
        check_owners(settings)
    settings.public_dir.chmod(0o775)
    check_owners(settings)
    check_owners(settings.model_copy(update={"keys": Path()}))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is named by its setting."""
    settings = Settings(
        database_url=SecretStr("postgresql:///main"),
        shred_database_url=SecretStr("postgresql:///shred"),
        public_dir=tmp_path / "none",
    )
    with pytest.raises(AilmentError, match="the folder of IDVAULT_PUBLIC_DIR cannot be read"):
        check_disks(settings)
