"""The figures of a process's files: certificates, disks and the newest backup."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.key.acts.version import ShredKeys
from idvault.key.store import version as key_store
from idvault.processes.bootstrap import vitals
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.periodic.vault import backup_tasks
from idvault_verify.clock import ClockReading
from tests.attest.test_certificate import GOOD, pem
from tests.support.pair_world import PairWorld
from tools.support import logs
from tools.support.builders import ZONE
from tools.support.databases import Databases

NOW = logs.START


def _base(settings: Settings) -> Base:
    reading = ClockReading(NOW, NOW)
    main, shred = Database(url="sqlite:///main"), Database(url="sqlite:///shred")
    return Base(
        settings=settings,
        clock=lambda: reading,
        metrics=Metrics(),
        logs=Logs(process="test"),
        main=main,
        shred=shred,
    )


def _shown(base: Base) -> dict[str, float]:
    """Return what is shown, by name and label."""
    return {
        " ".join((sample.name.removeprefix("idvault_"), *sample.labels.values())): sample.value
        for family in base.metrics.vitals.families()
        for sample in family.samples
    }


def _backup(folder: Path, *, ended: datetime | str) -> None:
    folder.mkdir(parents=True)
    copied = {"file": "f", "folder": "", "bytes": 1, "sha256": "", "schema": "1"}
    words = dict.fromkeys(("version", "began", "deployment_id", "destroy_after"), "")
    counts = dict.fromkeys(("entries", "signed", "accounts", "records", "keys"), 0)
    made = {**words, **counts, "main": copied, "shred": copied, "rosters": [], "not_included": []}
    (folder / "manifest.json").write_text(json.dumps({**made, "format": 1, "ended": str(ended)}))


async def test_what_the_files_tell(tmp_path: Path) -> None:
    """The certificate's end, the space of each folder, and the age of the newest whole backup."""
    (tmp_path / "tls.pem").write_bytes(pem(GOOD))
    (tmp_path / "public").mkdir()
    _backup(tmp_path / "backup" / "a", ended=NOW - timedelta(hours=9))
    _backup(tmp_path / "backup" / "b", ended=NOW - timedelta(hours=2))
    _backup(tmp_path / "backup" / "c", ended="yesterday")
    _backup(tmp_path / "backup" / "e", ended=NOW + timedelta(hours=1))
    note = vitals.note_backup(tmp_path / "backup", "shred", now=NOW - timedelta(minutes=5))
    assert note.stat().st_mode & 0o777 == 0o644
    (tmp_path / "backup" / "d").mkdir()
    base = _base(
        Settings(
            database_url=SecretStr(f"sqlite:///{tmp_path}/main.sqlite3"),
            shred_database_url=SecretStr("postgresql:///shred"),
            tls_certificate=tmp_path / "tls.pem",
            tls_ca=tmp_path / "none.pem",
            web_tls_certificate=tmp_path / "tls.pem",
            public_dir=tmp_path / "public",
            backup_dir=tmp_path / "backup",
        )
    )
    await vitals.set_vitals(base)
    shown = _shown(base)
    assert (shown["backup_age_seconds main"], shown["backup_age_seconds shred"]) == (2 * 3_600, 5 * 60)
    assert shown["certificate_expiry_seconds tls_certificate"] > 0
    assert shown["disk_size_bytes main"] == shutil.disk_usage(tmp_path).total
    assert 0 <= shown["disk_free_bytes public"] <= shown["disk_size_bytes public"]
    assert {name for name in shown if name.startswith(("disk_free", "cert"))} == {
        "disk_free_bytes main",
        "disk_free_bytes public",
        "disk_free_bytes backup",
        "certificate_expiry_seconds tls_certificate",
        "certificate_expiry_seconds web_tls_certificate",
    }


async def test_without_a_backup_there_is_no_age(tmp_path: Path) -> None:
    """A folder without a backup has no age to show, and one that is gone has no disk."""
    settings = Settings(
        database_url=SecretStr(f"sqlite:///{tmp_path}/gone/main.sqlite3"),
        shred_database_url=SecretStr("postgresql:///shred"),
        backup_dir=tmp_path / "none",
    )
    base = _base(settings)
    await vitals.set_vitals(base)
    assert {name.split(" ")[0] for name in _shown(base)} == {"build_info", "ready"}
    assert vitals.newest_backups(tmp_path, now=NOW) == {}
    _backup(tmp_path / "now", ended=NOW.astimezone(UTC))
    assert vitals.newest_backups(tmp_path / "now", now=NOW) == {"main": NOW, "shred": NOW}


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-03-01T12:00:00", "9999-01-01T00:00:00+00:00", "\xff"]
)
def test_a_note_that_does_not_count(tmp_path: Path, text: str) -> None:
    """What is no time with its zone, or is in the future, is not the age of a backup."""
    (tmp_path / "main.backup-ended").write_bytes(text.encode("latin-1"))
    assert vitals.newest_backups(tmp_path, now=NOW) == {}


def test_a_note_of_another_tool(tmp_path: Path) -> None:
    """The job may write the note itself, with any zone."""
    (tmp_path / "main.backup-ended").write_text(f"{NOW.astimezone(ZONE).isoformat()}\n")
    assert vitals.newest_backups(tmp_path, now=NOW) == {"main": NOW}


async def test_records_without_a_key(databases: Databases, tmp_path: Path) -> None:
    """The worker counts the records whose shred key is lost; that of an erased account is meant to be so."""
    world = await PairWorld(databases, tmp_path).begin()
    try:
        tokens = await world.sign_up(3)
        await world.forget_key(tokens[0])
        await world.forget_key(tokens[1], erased=True)
        base = replace(_base(Settings()), main=world.main, shred=world.shred)
        counting, _ = backup_tasks(base)
        await counting.run(ClockReading(NOW, NOW))
        assert _shown(base)["records_without_key"] == 1
    finally:
        await world.close()


async def test_keys_without_a_record(databases: Databases, tmp_path: Path) -> None:
    """The worker deletes them, and rests for an hour after each round."""
    world = await PairWorld(databases, tmp_path).begin()
    try:
        (token,) = await world.sign_up(1)
        base = replace(_base(Settings()), main=world.main, shred=world.shred)
        _, destroying = backup_tasks(base)
        left = []
        for hours in (0, 0.9, 1):
            which = {"account_token": token, "record_id": uuid4().hex}
            await ShredKeys(world.shred).obtain(**which, candidate=b"9" * 32)
            await destroying.run(ClockReading(NOW, NOW + timedelta(hours=hours)))
            left.append(len(await world.shred.read("test", lambda one: key_store.keyed(one, [token]))))
        assert left == [1, 2, 1]
    finally:
        await world.close()
