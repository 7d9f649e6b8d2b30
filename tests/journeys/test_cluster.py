"""Several stateless processes over one database: one dies under load, and nothing is lost or doubled."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Table

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts, records
from idvault.core.tables.claim import claims
from tools.support import sql
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases
from tools.support.sandbox import send, settled, wait_for

TABLES = (accounts, claims, records)


@pytest.fixture
def cluster(tmp_path: Path, databases: Databases) -> Iterator[Cluster]:
    """Two serving processes and a worker."""
    with running(tmp_path, databases, processes=2) as made:
        yield made


@pytest.fixture
def counted(databases: Databases) -> "Counted":
    """Count rows directly in the database."""
    return Counted(databases)


class Counted:
    """Counts rows of the main database."""

    def __init__(self, databases: Databases) -> None:
        self._url = databases.main_url

    async def rows(self) -> dict[str, int]:
        database = Database(url=self._url)
        try:
            return {table.name: await _count(database, table) for table in TABLES}
        finally:
            await database.close()


async def _count(database: Database, table: Table) -> int:
    return await sql.count(database, table)


async def test_a_process_that_dies_under_load_loses_nothing(cluster: Cluster, counted: Counted) -> None:
    """Each acknowledged claim exists, each retry is the same claim, and the registry decided each once."""
    cluster.start_work()
    ready = cluster.start_serve()
    assert len(ready["pids"]) == 2
    people = [(cluster.registry.newcomer(), str(uuid4())) for _ in range(32)]
    cluster.registry.behave("normal", latency_ms=100)
    with cluster.vault(timeout=4) as vault, ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(send, vault, person, request_id) for person, request_id in people]
        assert wait_for(lambda: sum(call.done() for call in calls) >= 6)
        os.kill(ready["pids"][0], signal.SIGKILL)
        before = [call.result() for call in calls]
    assert cluster.wait_end("serve") == 1
    cluster.start_serve()
    with cluster.vault(timeout=20) as vault, ThreadPoolExecutor(8) as pool:
        after = list(pool.map(lambda asked: settled(vault, *asked), people))
    assert all(answer.succeeded for answer in after)
    assert all(old is None or old.pending or old == new for old, new in zip(before, after, strict=True))
    assert cluster.registry.charged() == len(people)
    rows = await counted.rows()
    assert set(rows.values()) == {len(people)}


async def test_claims_that_wait_are_settled_by_one_of_two_workers(cluster: Cluster, counted: Counted) -> None:
    """Two workers share the backlog, one is killed, and every claim is settled once."""
    cluster.start_work()
    first = cluster.start_work("work-2")
    assert first["metrics"]
    cluster.start_serve()
    people = [(cluster.registry.newcomer(), str(uuid4())) for _ in range(12)]
    cluster.registry.behave("down")
    with cluster.vault(timeout=10) as vault, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda asked: send(vault, *asked), people))
        assert all(answer is not None and answer.pending for answer in answers)
        cluster.registry.behave("normal")
        cluster.stop("work-2")
        assert wait_for(
            lambda: all(vault.get_verification(asked).succeeded for _, asked in people), patience=60
        )
    assert cluster.registry.charged() == len(people)
    assert (await counted.rows())["records"] == len(people)
    assert cluster.stop("serve") == 0
    assert cluster.stop("work") == 0
