"""The disk of the public directory is full: people sign up, the worker says it, and catches up afterwards."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault.core.tables.log import log_entries
from idvault_verify.transparency import checkpoint, note, verifier
from idvault_verify.transparency.checkpoint import Checkpoint
from tests.support import full_disk
from tools.support import folders, programs, sql
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases
from tools.support.sandbox import verify, wait_for

PUBLISHING = {
    *("publication", "directory_index", "publish_statements", "reports"),
    *("status_keys", "status_lists", "supervision_page"),
}
"""The tasks that write published files; no other may fail."""


@pytest.fixture
def cluster(tmp_path: Path, databases: Databases) -> Iterator[Cluster]:
    """An edge, and a worker whose public directory is on such a disk."""
    with running(tmp_path, databases) as made:
        made.settings[full_disk.PLACE] = str(made.public)
        made.forked = full_disk.PROGRAM
        made.start_work()
        made.forked = programs.VAULT
        made.start_serve()
        yield made


def _shown(cluster: Cluster) -> Checkpoint:
    raw = (cluster.public / "checkpoint").read_bytes()
    return checkpoint.parse(note.parse(raw).text)


def _failed(cluster: Cluster) -> dict[str, str]:
    """Return what the worker's log says of each task that failed."""
    log = cluster.public.parent.parent / "work.log"
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.endswith("}")]
    return {each["task"]: each["error"] for each in lines if each.get("event") == "task_failed"}


async def _entries(databases: Databases) -> int:
    database = Database(url=databases.main_url)
    try:
        return await sql.count(database, log_entries)
    finally:
        await database.close()


async def test_a_full_public_directory(cluster: Cluster, databases: Databases) -> None:
    """Nothing is published, nobody is refused, and later everything is there without a restart."""
    is_full = cluster.public.with_name(full_disk.FLAG)
    with cluster.vault(timeout=20) as vault:
        assert verify(vault, cluster.registry.newcomer()).status.is_verified
        assert wait_for((cluster.public / "checkpoint").exists)
        is_full.touch()
        before = _shown(cluster)
        for _ in range(3):
            assert verify(vault, cluster.registry.newcomer()).status.is_verified
        assert wait_for(lambda: "publication" in _failed(cluster))
        assert "OSError[ENOSPC]" in _failed(cluster)["publication"]
        assert _failed(cluster).keys() <= PUBLISHING
        # What was published before the disk was full stays, and verifies.
        assert _shown(cluster).size >= before.size
        verifier.verify_files(_file(cluster), _shown(cluster))
        is_full.unlink()
        size = await _entries(databases)
        assert wait_for(lambda: _shown(cluster).size >= size)
        assert verify(vault, cluster.registry.newcomer()).status.is_verified
    assert not cluster.has_ended("work")
    verifier.verify_files(_file(cluster), _shown(cluster))
    assert cluster.stop("work") == 0
    drafts = [path for path in folders.files(cluster.public) if path.name.endswith(".draft")]
    assert drafts == []


def _file(cluster: Cluster) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        place = cluster.public / path
        return place.read_bytes() if place.is_file() else None

    return read
