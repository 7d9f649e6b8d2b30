"""A vault to measure: one `serve` alone on a core; PostgreSQL, worker, registry and load on the other."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from idvault_client import Tls, aio, transport
from tools.bench.load import Target
from tools.support import processes
from tools.support.checkout import Checkout
from tools.support.cluster import Cluster
from tools.support.cluster import running as serving
from tools.support.databases import Databases

SERVER_CORE, OTHERS_CORE = 0, 1
NO_SETTINGS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class MeasuredVault:
    """A running vault with a separate folder."""

    cluster: Cluster
    folder: Path

    @property
    def pid(self) -> int:
        """The platform edge, whose CPU is measured."""
        return self.cluster.pid("serve")

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

    @property
    def target(self) -> Target:
        """The edge as a target of the load."""
        return Target(f"127.0.0.1:{self.cluster.port}", self.cluster.tls(), self.cpu)

    def cpu(self) -> float:
        return processes.cpu_seconds(self.pid)

    def idle(self, *, seconds: float = 2.0) -> float:
        """Return the CPU seconds that the edge uses per second without calls."""
        before = self.cpu()
        time.sleep(seconds)
        return (self.cpu() - before) / seconds


@contextmanager
def starting(
    databases: Databases, checkout: Checkout, settings: Mapping[str, str]
) -> Iterator[MeasuredVault]:
    """Prepare everything of a checkout and start all but `serve`; leave nothing behind."""
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        processes.everybody_on(OTHERS_CORE),
        serving(Path(folder), databases, checkout=checkout) as cluster,
    ):
        cluster.settings |= settings
        cluster.start_work()
        yield MeasuredVault(cluster, Path(folder))


@contextmanager
def running(databases: Databases, checkout: Checkout) -> Iterator[MeasuredVault]:
    """The same, with one `serve` alone on its core."""
    with starting(databases, checkout, NO_SETTINGS) as vault:
        vault.cluster.start_serve()
        processes.pin(vault.pid, SERVER_CORE)
        yield vault
