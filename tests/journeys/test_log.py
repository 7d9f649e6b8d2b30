"""Two workers keep one log while people sign up, and one worker is killed: the public log is one history.

They run until twenty checkpoints were published, half of them after the kill. IDVAULT_TEST_LOG_SECONDS sets
how long they run at least.
"""

import asyncio
import json
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault.core.tables.log import log_entries
from idvault_client import Vault
from idvault_dev.layout import LOG_ORIGIN
from idvault_verify.transparency import checkpoint, note, verifier
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import WIDTH, Bundle, decode_bundle, grown_bundles
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tools.support import sql
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases
from tools.support.sandbox import verify, wait_for

SECONDS = float(os.environ.get("IDVAULT_TEST_LOG_SECONDS", "0"))
CHECKPOINTS = 20
CALLERS = 4


@pytest.fixture
def cluster(tmp_path: Path, databases: Databases) -> Iterator[Cluster]:
    """One serving process; the test starts the workers."""
    with running(tmp_path, databases) as made:
        yield made


def _read(public: Path, path: str) -> bytes | None:
    place = public / path
    return place.read_bytes() if place.is_file() else None


def _shown(public: Path) -> Checkpoint | None:
    raw = _read(public, "checkpoint")
    return None if raw is None else checkpoint.parse(note.parse(raw).text)


async def _sign_up(cluster: Cluster, vault: Vault, stop: asyncio.Event) -> int:
    """Sign people up, one after the other; return how many were acknowledged."""
    count = 0
    while not stop.is_set():
        person = await asyncio.to_thread(cluster.registry.newcomer)
        assert (await asyncio.to_thread(verify, vault, person)).status.is_verified
        count += 1
    return count


async def _follow(public: Path, seen: list[Checkpoint], stop: asyncio.Event) -> None:
    """Note every checkpoint that was published, in order."""
    while not stop.is_set():
        found = _shown(public)
        if found is not None and found not in seen[-1:]:
            seen.append(found)
        await asyncio.sleep(0.02)


def _wait_for_checkpoints(seen: list[Checkpoint], calls: list[asyncio.Task[int]]) -> None:
    """Wait for half of the checkpoints, and half of the time; a caller that ends has failed."""
    enough, end = len(seen) + CHECKPOINTS // 2, time.monotonic() + SECONDS / 2

    def is_enough() -> bool:
        return len(seen) >= enough and time.monotonic() >= end

    assert wait_for(lambda: is_enough() or any(call.done() for call in calls), patience=90 + SECONDS)


def _assert_one_history(public: Path, seen: list[Checkpoint]) -> None:
    """Fail unless each checkpoint covers a prefix of the entries and none was taken back."""
    assert [one.size for one in seen] == sorted(one.size for one in seen)
    expected = {one.size: one.root for one in seen}
    tree = CompactRange()
    for bundle in grown_bundles(0, seen[-1].size):
        data = _read(public, bundle.path) or _read(public, Bundle(bundle.index, WIDTH).path)
        assert data is not None
        for leaf in decode_bundle(data, bundle.width):
            assert expected.pop(tree.size, tree.root()) == tree.root()
            tree.append(leaf_hash(leaf))
    assert expected == {tree.size: tree.root()}


async def test_two_workers_keep_one_log(cluster: Cluster, databases: Databases) -> None:
    """Every checkpoint continues the previous one, across a kill -9; in the end every entry is public."""
    cluster.start_work("work-1")
    cluster.start_work("work-2")
    await asyncio.to_thread(cluster.start_serve)
    stop, seen = asyncio.Event(), list[Checkpoint]()
    with cluster.vault(timeout=20) as vault:
        calls = [asyncio.create_task(_sign_up(cluster, vault, stop)) for _ in range(CALLERS)]
        follower = asyncio.create_task(_follow(cluster.public, seen, stop))
        await asyncio.to_thread(_wait_for_checkpoints, seen, calls)
        await asyncio.to_thread(cluster.kill, "work-1")
        outside = cluster.public.parent / "outside"
        outside.write_bytes(_read(cluster.public, "checkpoint") or b"")
        await asyncio.to_thread(cluster.start_work, "work-1")
        await asyncio.to_thread(_wait_for_checkpoints, seen, calls)
        stop.set()
        verified = sum(await asyncio.gather(*calls))
        await follower
    assert verified > 0
    size = await _entries(databases)
    assert size >= 2 * verified
    assert await asyncio.to_thread(wait_for, lambda: _size(cluster.public) == size)
    newest = _shown(cluster.public)
    assert newest is not None
    assert newest.origin == LOG_ORIGIN
    verifier.verify_files(lambda path: _read(cluster.public, path), newest)
    _assert_one_history(cluster.public, [*seen, newest])
    await asyncio.to_thread(_assert_command_verifies, cluster, databases, outside, newest)
    assert not [line for line in _lines(cluster) if line.get("event") == "log_alarm"]


def _assert_command_verifies(
    cluster: Cluster, databases: Databases, outside: Path, newest: Checkpoint
) -> None:
    """Fail unless the command verifies both forms of the log against a checkpoint from mid-run."""
    told = ["--public-key", cluster.log_key, "--checkpoint", str(outside)]
    main = ["--database", databases.main_url, "--shred-database", databases.shred_url]
    expected = f"log: {newest.size} entries, root {b64encode(newest.root).decode()}, verified\n"
    for source in (main, ["--bundle", str(cluster.public)]):
        assert cluster.command("log", "verify", *source, *told) == expected


async def _entries(databases: Databases) -> int:
    """Return how many entries were ever written, sequenced or not."""
    database = Database(url=databases.main_url)
    try:
        return await sql.count(database, log_entries)
    finally:
        await database.close()


def _size(public: Path) -> int:
    shown = _shown(public)
    return 0 if shown is None else shown.size


def _lines(cluster: Cluster) -> list[dict[str, object]]:
    logs = sorted(cluster.public.parent.parent.glob("work-*.log"))
    assert len(logs) == 2
    return [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
