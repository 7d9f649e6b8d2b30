"""A worker whose clock is wrong ends nothing: what is due by its clock stays as it is, on both databases."""

import asyncio
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core import tables as metadata
from idvault.core.db.database import Database
from idvault.processes import migrations
from idvault_client import State
from idvault_client.erasures import ErasureState
from tests.support import wrong_clock
from tools.support import programs, sql
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases
from tools.support.sandbox import claim, verify, wait_for

_AHEAD = timedelta(days=45)
_DOUBTED = "idvault_clock_doubted 1.0"
_PERIOD = 6.0
_MADE_GOOD = {"log_head", "log_checkpoints", "log_nodes", "budgets", "status_feed", "day_keys"}
# The edge, whose clock is right, stores its counts meanwhile.
_COUNTED = {"platform_usage"}


@pytest.fixture
def cluster(tmp_path: Path, databases: Databases) -> Iterator[Cluster]:
    """An edge, and workers that the test starts."""
    with running(tmp_path, databases) as made:
        made.start_work()
        made.start_serve()
        yield made


def _work_with_a_wrong_clock(cluster: Cluster, *options: str) -> str:
    """Start such a worker; return the address of its metrics."""
    cluster.settings[wrong_clock.AHEAD] = str(_AHEAD.total_seconds())
    cluster.forked = wrong_clock.PROGRAM
    try:
        ready = cluster.start_work("work", *options)
    finally:
        cluster.forked = programs.VAULT
    return str(ready["metrics"])


def _metrics(url: str) -> str:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - the url of our own server
        text: str = answer.read().decode()
    return text


async def _rows(databases: Databases) -> dict[str, set[Any]]:
    """Return the rows of every table of both databases, except what the next run makes good, and counts."""
    assert migrations.CAPABILITIES
    found: dict[str, set[Any]] = {}
    for url, tables in ((databases.main_url, metadata.main), (databases.shred_url, metadata.shred)):
        database = Database(url=url)
        try:
            for name, table in tables.tables.items():
                if name not in _MADE_GOOD | _COUNTED:
                    # An entry gets its index, which changes nothing of it.
                    kept = [column for column in table.columns if column.name != "log_index"]
                    found[name] = {tuple(row) for row in await sql.rows(database, select(*kept))}
        finally:
            await database.close()
    return found


async def test_a_worker_with_a_wrong_clock_ends_nothing(cluster: Cluster, databases: Databases) -> None:
    """45 days ahead, an erasure, a waiting claim and keys are due; nothing ends, and the metric says so.

    Where nobody else tells the time, an operator's word lets the same worker end them, which the test sees.
    """
    with cluster.vault(timeout=20) as vault:
        erased = verify(vault, cluster.registry.newcomer()).account_token
        vault.erasures.request(erased)
        cluster.registry.behave("down")
        waiting = claim(vault, cluster.registry.newcomer())
        assert waiting.pending
        # What the right worker has not sent yet, the next one would: that ends nothing.
        while (await _rows(databases))["outbox"]:  # noqa: ASYNC110 - another process sends
            await asyncio.sleep(0.05)
        assert cluster.stop("work") == 0
        before = await _rows(databases)
        metrics = _work_with_a_wrong_clock(cluster)
        assert wait_for(lambda: _DOUBTED in _metrics(metrics))
        # Every task has run at least twice by the time at which the most seldom of them runs again.
        await asyncio.sleep(_PERIOD)
        assert cluster.stop("work") == 0
        # A restart under the same clock finds a log that was sequenced just now, and confirms nothing.
        metrics = _work_with_a_wrong_clock(cluster)
        assert wait_for(lambda: _DOUBTED in _metrics(metrics))
        await asyncio.sleep(_PERIOD)
        assert _DOUBTED in _metrics(metrics)
        assert cluster.stop("work") == 0
        assert await _rows(databases) == before
        assert vault.get_status(erased).is_verified
        assert vault.get_verification(waiting.request_id).pending

        metrics = _work_with_a_wrong_clock(cluster, "--clock-agrees")
        if databases.kind == "postgres":
            assert wait_for(lambda: _DOUBTED in _metrics(metrics))
            assert vault.get_status(erased).is_verified
        else:
            assert wait_for(lambda: vault.get_status(erased).state is State.ERASED)
        assert cluster.stop("work") == 0


async def test_after_a_repair_the_operator_says_so(cluster: Cluster, databases: Databases) -> None:
    """The wrong clock's times stay in the log: without witnesses the right one is doubted at first."""
    with cluster.vault(timeout=20) as vault:
        token = verify(vault, cluster.registry.newcomer()).account_token
        assert cluster.stop("work") == 0
        metrics = _work_with_a_wrong_clock(cluster)
        assert wait_for(lambda: _DOUBTED in _metrics(metrics))
        assert cluster.stop("work") == 0
        metrics = str(cluster.start_work()["metrics"])
        assert wait_for(lambda: "idvault_clock_doubted " in _metrics(metrics))
        assert wait_for(lambda: _DOUBTED in _metrics(metrics))
        assert cluster.stop("work") == 0
        metrics = str(cluster.start_work("work", "--clock-agrees")["metrics"])
        assert wait_for(lambda: "idvault_clock_doubted 0.0" in _metrics(metrics))
        assert vault.erasures.request(token).state is ErasureState.REQUESTED
