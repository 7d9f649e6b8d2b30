"""An edge is upgraded on one machine: its successor shares the address, and no call fails."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import idvault_client
from idvault_client import NotFound
from tools.support.cluster import EDGE, Cluster, running
from tools.support.databases import Databases

pytestmark = pytest.mark.process
CALLS, CALLERS = 2_000, 4
UNITS = Path(__file__).resolve().parents[2] / "idvault" / "processes" / "setup" / "units"
NOBODY = "acct_" + "0" * 26


@pytest.fixture
def cluster(tmp_path: Path, sqlite_databases: Databases) -> Iterator[Cluster]:
    """A worker, and no edge yet."""
    with running(tmp_path, sqlite_databases, processes=1) as made:
        made.start_work()
        yield made


class _Callers:
    """Callers with a client each, which share a number of calls; each is answered by the database."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._left = iter(range(CALLS))
        self._done = 0
        self.third = asyncio.Event()

    async def run(self) -> int:
        await asyncio.gather(*(self._one() for _ in range(CALLERS)))
        return self._done

    async def _one(self) -> None:
        target, tls = f"127.0.0.1:{self._cluster.port}", self._cluster.tls()
        async with idvault_client.aio.connect(
            target, tls=tls, timeout=30.0, server_name="localhost"
        ) as vault:
            for _ in self._left:
                with pytest.raises(NotFound):
                    await vault.get_status(NOBODY)
                self._done += 1
                if self._done == CALLS // 3:
                    self.third.set()


def test_the_units_take_over_like_this() -> None:
    """The template units of systemd start what this file starts, and are started once it serves."""
    for edge in ("platform", "custody"):
        unit = (UNITS / f"idvault-{edge}@.service").read_text("utf-8")
        (started,) = re.findall(r"^ExecStart=\S+ (.+)$", unit, re.MULTILINE)
        (checked,) = re.findall(r"^ExecStartPre=\S+ check-config (.+)$", unit, re.MULTILINE)
        assert started.split() == checked.split() == [*EDGE, edge, "--shares-port"]
        assert "\nType=notify\n" in unit


async def test_an_edge_is_replaced_without_a_refused_call(cluster: Cluster) -> None:
    """2,000 calls while the only edge is replaced by another process: each gets its answer."""
    await asyncio.to_thread(cluster.start_edge, "old")
    callers = _Callers(cluster)
    calling = asyncio.create_task(callers.run())
    third = asyncio.create_task(callers.third.wait())
    await asyncio.wait({calling, third}, return_when=asyncio.FIRST_COMPLETED)
    assert not calling.done()
    await asyncio.to_thread(cluster.start_edge, "new")
    assert await asyncio.to_thread(cluster.stop, "old") == 0
    assert await calling == CALLS
