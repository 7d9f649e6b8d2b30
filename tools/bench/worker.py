"""P7: the cost of a log entry for the worker that sequences, hashes and publishes it, and its steady state.

The entries are copies of a real one with new ids: the acts that write entries are not measured.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from tools.bench.goal import Measured, Options, at_most, figure
from tools.support import durable, processes
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases

_ENTRIES = 20_000
_MOST_US = 60.0
_PATIENCE = 120.0
_IDLE = 2.0
_WORKER_CORE, _OTHERS_CORE = 0, 1
_COPY = """
    INSERT INTO log_entries (entry_id, leaf, occurred_at, recorded_at)
    SELECT replace(gen_random_uuid()::text, '-', ''), leaf, occurred_at, recorded_at
    FROM (SELECT * FROM log_entries LIMIT 1) AS one, generate_series(1, $1)
"""
# A sign-up leaves two log entries and one change of the feed.
_SIGN_UPS, _PARTS, _SECONDS = 2_000, 10, 8
_COPY_CHANGES = """
    INSERT INTO status_feed (account_token, relying_party, revision, sequence, changes, listed)
    SELECT 'acct_' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 26), 'platform-a', 1, NULL, 1, 1
    FROM generate_series(1, $1)
"""
_LEFT = "SELECT count(*) FROM log_entries WHERE log_index IS NULL"
_SIZE = "SELECT size FROM log_head"


def measure(options: Options) -> Measured:
    with (
        durable.postgres() as databases,
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        processes.everybody_on(_OTHERS_CORE),
        running(Path(folder), databases, checkout=options.checkout) as cluster,
    ):
        cluster.start_work()
        processes.pin(cluster.pid("work"), _WORKER_CORE)
        costs, steady = asyncio.run(_rounds(cluster, databases, options.rounds))
    return Measured(
        checks=(
            at_most(_MOST_US, f"CPU of a log entry, {_ENTRIES:,} at once", "us", costs),
            at_most(
                2, f"behind after {_SECONDS} s of {_SIGN_UPS:,} sign-ups a second", "s of entries",
                (one.left / (2 * _SIGN_UPS) for one in steady),
            ),
        ),
        figures=(
            figure("share of a core at that rate", "cores", (one.cores for one in steady)),
            figure("log entries and changes written", "a second", (one.written for one in steady)),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Steady:
    """After some seconds of steady work: entries without an index, cores used, rows written a second."""

    left: float
    cores: float
    written: float


async def _rounds(cluster: Cluster, databases: Databases, rounds: int) -> tuple[list[float], list[_Steady]]:
    url = make_url(databases.main_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection: Any = await asyncpg.connect(url)
    try:
        await _round(cluster, connection)  # warm-up: the log is empty and no statement is prepared
        costs = [await _round(cluster, connection) for _ in range(rounds)]
        return costs, [await _steady(cluster, connection) for _ in range(rounds)]
    finally:
        await connection.close()


async def _round(cluster: Cluster, connection: Any) -> float:
    """Return the worker's CPU microseconds per entry of a backlog, minus its idle use."""
    pid = cluster.pid("work")
    await _until_published(cluster, connection)
    idle_from = processes.cpu_seconds(pid)
    await asyncio.sleep(_IDLE)
    idle = (processes.cpu_seconds(pid) - idle_from) / _IDLE
    before, begun = processes.cpu_seconds(pid), time.monotonic()
    await connection.execute(_COPY, _ENTRIES)
    await _until_published(cluster, connection)
    used = processes.cpu_seconds(pid) - before - idle * (time.monotonic() - begun)
    return used / _ENTRIES * 1e6


async def _steady(cluster: Cluster, connection: Any) -> _Steady:
    """Write at the rate of the sign-ups while the worker works."""
    pid, loop = cluster.pid("work"), asyncio.get_running_loop()
    await _until_published(cluster, connection)
    before, begun = processes.cpu_seconds(pid), loop.time()
    for part in range(_SECONDS * _PARTS):
        await connection.execute(_COPY, 2 * _SIGN_UPS // _PARTS)
        await connection.execute(_COPY_CHANGES, _SIGN_UPS // _PARTS)
        await asyncio.sleep(max(0.0, begun + (part + 1) / _PARTS - loop.time()))
    seconds = loop.time() - begun
    left = float(await connection.fetchval(_LEFT))
    cores = (processes.cpu_seconds(pid) - before) / seconds
    return _Steady(left, cores, 3 * _SIGN_UPS * _SECONDS / seconds)


async def _until_published(cluster: Cluster, connection: Any) -> None:
    """Wait until every entry is sequenced and the public checkpoint covers the whole log."""
    async with asyncio.timeout(_PATIENCE):
        while (  # noqa: ASYNC110 - another process publishes
            await connection.fetchval(_LEFT) or _published(cluster) != await connection.fetchval(_SIZE)
        ):
            await asyncio.sleep(0.05)


def _published(cluster: Cluster) -> int | None:
    """Return the size of the published checkpoint: the second line of the note."""
    try:
        return int((cluster.public / "checkpoint").read_text("utf-8").splitlines()[1])
    except FileNotFoundError:
        return None
