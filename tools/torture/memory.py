"""Every process stays within the memory that it declares, whatever load one caller or visitor makes.

For each load of `tools.torture.loads` a deployment of its own runs: one process of each edge, the hosted
pages, a worker, a witness. Beside the load a platform reads statuses and a visitor opens pages, each time
over a new connection. A process that exceeded IDVAULT_MEMORY or died, and a platform or a visitor without any
answer, count as lost.
"""

import http.client
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from idvault.core.capacity import DEFAULT_MEMORY
from idvault_client import VaultError, connect
from tools.support.checkout import HERE, Checkout
from tools.support.cluster import Cluster, running
from tools.support.durable import durable
from tools.support.processes import peak_mib
from tools.support.sandbox import verify
from tools.torture.campaign import Options
from tools.torture.loads import LOADS, Target, beside
from tools.torture.tally import Tally

LOADER, STRANGER = "platform-b", "monitor"
PROCESSES = ("serve", "custody", "web", "work", "witness")
_DIRECT = ("idle sockets",)
"""Loads of the pages without a proxy in front; others say their addresses themselves."""
_PAUSE = 0.1
_PATIENCE = 10.0
_REST = 1.0


@dataclass
class Asked:
    """What somebody beside a load was answered."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        return max(self.seconds, default=0.0)

    def __str__(self) -> str:
        return f"{len(self.seconds)} answers, slowest {self.slowest:.1f} s, {len(self.failures)} failures"


@contextmanager
def asking(ask: Callable[[], None]) -> Iterator[Asked]:
    """Ask again and again beside the block."""
    asked, stop = Asked(), threading.Event()

    def repeat() -> None:
        while not stop.wait(_PAUSE):
            begun = time.monotonic()
            try:
                ask()
            except (OSError, VaultError, http.client.HTTPException) as error:
                asked.failures.append(f"{type(error).__name__} {error}")
            else:
                asked.seconds.append(time.monotonic() - begun)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield asked
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class Peaks:
    """One load: what it did, the peaks of all processes in MiB, and who was answered."""

    load: str
    told: str
    before: Mapping[str, float]
    peaks: Mapping[str, float]
    platform: Asked
    visitor: Asked

    def rows(self) -> Iterator[str]:
        """Yield the load's rows of the table."""
        for name, peak in self.peaks.items():
            yield f"{self.load:16} {name:8} {self.before[name]:6.0f} {peak:6.0f} {DEFAULT_MEMORY:6}"
        yield f"{self.load:16} {self.told}; platform: {self.platform}; visitor: {self.visitor}"

    def judge(self, tally: Tally) -> None:
        """Count what did not hold."""
        tally.faults += 1
        tally.acknowledged += len(self.platform.seconds) + len(self.visitor.seconds)
        for name in PROCESSES:
            if (peak := self.peaks.get(name)) is None:
                tally.lose(f"{self.load}: {name} ended")
            elif peak > DEFAULT_MEMORY:
                tally.lose(f"{self.load}: {name} took {peak:.0f} MiB of {DEFAULT_MEMORY}")
        for who, asked in (("the platform", self.platform), ("the visitor", self.visitor)):
            if not asked.seconds:
                tally.lose(f"{self.load}: {who} was never answered: {asked.failures[-1:]}")


class Deployment:
    """A running deployment under one load."""

    def __init__(self, cluster: Cluster, *, direct: bool) -> None:
        """Start every process. direct: no proxy stands in front of the pages."""
        self._cluster = cluster
        cluster.register(LOADER)
        pages = cluster.start_web(proxies=0 if direct else 1, https=direct)
        cluster.start_work()
        cluster.start_serve()
        ports = {
            "serve": f"127.0.0.1:{cluster.port}",
            "custody": cluster.start_custody(),
            "web": urlsplit(pages).netloc,
            "witness": urlsplit(cluster.start_witness()).netloc,
        }
        ports |= {f"metrics of {name}": cluster.metrics(name) for name in PROCESSES}
        self.target = Target(
            edge=ports["serve"],
            tls=cluster.tls(LOADER),
            registry=cluster.registry.address,
            stranger=cluster.tls(STRANGER),
            pages=pages,
            forwarded=not direct,
            ports=ports,
        )
        with cluster.vault(timeout=_PATIENCE) as vault:
            self._token = verify(vault, cluster.registry.newcomer()).account_token

    def peaks(self) -> dict[str, float]:
        """Return the peaks of the processes that run."""
        running = [name for name in PROCESSES if not self._cluster.has_ended(name)]
        return {name: peak_mib(self._cluster.pid(name)) for name in running}

    def read(self) -> None:
        """Read a status over a new connection, as a platform; raises VaultError."""
        with connect(
            self.target.edge, tls=self._cluster.tls(), timeout=_PATIENCE, server_name="localhost"
        ) as vault:
            vault.get_status(self._token)

    def visit(self) -> None:
        """Open a page over a new connection, as a visitor; raises OSError and HTTPException."""
        url = urlsplit(self.target.pages)
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=self.target.tls.ca)
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                url.netloc, timeout=_PATIENCE, context=context
            )
        else:
            made = http.client.HTTPConnection(url.netloc, timeout=_PATIENCE)
        try:
            made.request("GET", "/v/none", headers={"X-Forwarded-For": "192.0.2.7"})
            made.getresponse().read()
        finally:
            made.close()


def measure(
    load: str, pair_kind: str, folder: Path, *, seconds: float, scale: float = 1.0, checkout: Checkout | None
) -> Peaks:
    """Run one load against a deployment of its own."""
    with (
        durable(pair_kind, folder) as pair,
        running(folder, pair, processes=1, checkout=checkout) as cluster,
    ):
        deployment = Deployment(cluster, direct=load in _DIRECT)
        return under(deployment, load, seconds=seconds, scale=scale)


def under(deployment: Deployment, load: str, *, seconds: float, scale: float) -> Peaks:
    """Make one load against a running deployment, with a platform and a visitor beside it."""
    before, target = deployment.peaks(), deployment.target.scaled(scale)
    with (
        beside(load, target, seconds=seconds) as told,
        asking(deployment.read) as platform,
        asking(deployment.visit) as visitor,
    ):
        what = told.result()
        # What a load leaves behind, such as handshakes that time out, costs memory too.
        time.sleep(_REST)
    return Peaks(load, what, before, deployment.peaks(), platform, visitor)


def run(options: Options) -> Tally:
    """Run every load for this many seconds; print one table."""
    tally, rows = Tally(), [f"{'load':16} {'process':8} {'before':>6} {'peak':>6} {'limit':>6}  MiB"]
    for load in LOADS:
        if options.stop.is_set() or options.only not in load:
            continue
        with tempfile.TemporaryDirectory(prefix="idvault-torture-") as name:
            peaks = measure(load, options.database, Path(name), seconds=options.count, checkout=HERE)
        peaks.judge(tally)
        rows += peaks.rows()
        for process, peak in peaks.peaks.items():
            tally.worst(f"{process}_mib", peak)
    print("\n".join(rows), flush=True)
    return tally
