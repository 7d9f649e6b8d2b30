"""A vault to measure: one `serve` alone on a core; PostgreSQL, worker, registry and load on the other."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from idvault_client import Tls, aio, transport
from tests.support import processes
from tests.support.checkout import Checkout
from tests.support.cluster import Cluster
from tests.support.cluster import running as serving
from tests.support.databases import Databases

_SERVER_CORE, _OTHERS_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class MeasuredVault:
    """A running vault with a separate folder; pid: its platform edge, whose CPU is measured."""

    cluster: Cluster
    pid: int
    folder: Path

    def client(self, *, timeout: float = 30.0) -> aio.Vault:
        """Return a client of platform-a; must be created in a running event loop."""
        tls: Tls = self.cluster.tls()
        return aio.connect(
            f"127.0.0.1:{self.cluster.port}", tls=tls, timeout=timeout, server_name="localhost"
        )

    def channel(self) -> grpc.aio.Channel:
        """Return a bare channel of platform-a; must be created in a running event loop."""
        return grpc.aio.secure_channel(
            f"127.0.0.1:{self.cluster.port}",
            self.cluster.tls().credentials(),
            options=transport.options("localhost"),
        )

    def cpu(self) -> float:
        return processes.cpu_seconds(self.pid)

    def idle(self, *, seconds: float = 2.0) -> float:
        """Return the CPU seconds that the edge uses per second without calls."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds


@contextmanager
def running(databases: Databases, checkout: Checkout) -> Iterator[MeasuredVault]:
    """Start everything of a checkout over these databases, and leave nothing behind."""
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        processes.everybody_on(_OTHERS_CORE),
        serving(Path(folder), databases, serving=True, checkout=checkout) as cluster,
    ):
        pid = cluster.pid("serve")
        processes.pin(pid, _SERVER_CORE)
        yield MeasuredVault(cluster, pid, Path(folder))
