"""A vault to measure: one `serve` alone on its core; PostgreSQL, worker, registry and load on the other."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from idvault_client import Tls, aio, transport
from tests.support import durable, machine
from tests.support.cluster import Cluster

_SERVER_CORE, _OTHERS_CORE = 0, 1


class MeasuredVault:
    """A running vault, and the CPU that its platform edge uses."""

    def __init__(self, cluster: Cluster, pid: int) -> None:
        self.cluster = cluster
        self._pid = pid

    def client(self, *, timeout: float = 30.0) -> aio.Vault:
        """Return a client of platform-a, to be made in a running event loop."""
        tls: Tls = self.cluster.tls()
        return aio.connect(
            f"127.0.0.1:{self.cluster.port}", tls=tls, timeout=timeout, server_name="localhost"
        )

    def channel(self) -> grpc.aio.Channel:
        """Return a bare channel of platform-a, to be made in a running event loop."""
        return grpc.aio.secure_channel(
            f"127.0.0.1:{self.cluster.port}",
            self.cluster.tls().credentials(),
            options=transport.options("localhost"),
        )

    def cpu(self) -> float:
        """Return the CPU seconds that the edge has used."""
        return machine.cpu_seconds(self._pid)

    def idle(self, *, seconds: float = 2.0) -> float:
        """Return how many CPU seconds the edge uses in a second without calls."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds


@contextmanager
def running() -> Iterator[MeasuredVault]:
    """Start everything, and leave nothing behind."""
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        machine.everybody_on(_OTHERS_CORE),
        durable.postgres() as databases,
    ):
        cluster = Cluster(Path(folder), databases, processes=1)
        try:
            cluster.start_work()
            cluster.start_serve()
            pid = cluster.pid("serve")
            machine.pin(pid, _SERVER_CORE)
            yield MeasuredVault(cluster, pid)
        finally:
            cluster.close()
