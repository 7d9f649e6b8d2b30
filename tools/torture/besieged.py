"""The deployment under test: its databases, its processes, and an outside copy of the checkpoint."""

import asyncio
import io
import random
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import grpc

from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.cli import app
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault_client import Vault, transport
from tools.support import processes
from tools.support.checkout import HERE, Checkout
from tools.support.cluster import Cluster
from tools.support.databases import Databases
from tools.support.durable import durable
from tools.torture.audit import Audit
from tools.torture.book import Book
from tools.torture.campaign import Options
from tools.torture.load import until_ended
from tools.torture.tally import Tally

TIMEOUT = 4.0
EDGES = ("serve-a", "serve-b")
WORK = "work"
_ROUNDS = 150


@dataclass(frozen=True, slots=True, order=True)
class Start:
    """How long a process took to be ready, and how much of that was CPU time; in seconds."""

    wall: float
    cpu: float


class Besieged:
    """A cluster whose platform, log monitor and databases are controlled by the test."""

    def __init__(
        self,
        folder: Path,
        pair: Databases,
        checkout: Checkout | None,
    ) -> None:
        """Prepare everything and start only the registry. checkout: whose interpreter runs; None: forks."""
        self.databases = pair
        self.folder = folder
        self.cluster = Cluster(folder, pair, processes=1, checkout=checkout)
        self._public_key = self.cluster.log_key
        self._kept = folder / "kept-checkpoint"

    def vault(self) -> Vault:
        """Return a client of platform-a with a separate connection to any process of the edge."""
        options = [*transport.options("localhost"), ("grpc.use_local_subchannel_pool", 1)]
        target, credentials = f"127.0.0.1:{self.cluster.port}", self.cluster.tls().credentials()
        return Vault(grpc.secure_channel(target, credentials, options=options), timeout=TIMEOUT)

    def start(self, *names: str) -> "Start":
        """Start processes, EDGES or WORK, one after the other; return the slowest start."""
        started = []
        for name in names:
            begun = time.monotonic()
            if name == WORK:
                self.cluster.start_work()
            else:
                self.cluster.start_edge(name)
            started.append(Start(time.monotonic() - begun, processes.cpu_seconds(self.cluster.pid(name))))
        return max(started)

    def reach_databases(self, way: Callable[[str], str]) -> None:
        """Let processes started from now on use different addresses for both databases."""
        told = self.cluster.settings
        told["IDVAULT_DATABASE_URL"] = way(self.databases.main_url)
        told["IDVAULT_SHRED_DATABASE_URL"] = way(self.databases.shred_url)

    def keep_checkpoint(self) -> None:
        """Keep the newest published checkpoint where no process of the deployment can reach it."""
        published = self.cluster.public / "checkpoint"
        if published.exists():
            self._kept.write_bytes(published.read_bytes())

    def verify_log(self) -> str | None:
        """Run `idvault log verify` against the kept checkpoint; return its complaint."""
        arguments = ["log", "verify", "--public-key", self._public_key]
        arguments += ["--database", self.databases.main_url, "--shred-database", self.databases.shred_url]
        if self._kept.exists():
            arguments += ["--checkpoint", str(self._kept)]
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = app.run(arguments)
        return None if code == 0 else f"log verify, exit code {code}: {said.getvalue().strip()}"

    def reckon(self, book: Book, *, tally: Tally) -> None:
        """Let all claims end, then compare the databases, the registry and the log with the book."""
        if not until_ended(book, vault=self.vault, rounds=_ROUNDS):
            tally.lose(f"{book.open} requests have no outcome")
        audit = asyncio.run(Audit.read(self.databases, request_key=self._request_key()))
        audit.check(book.all, tally=tally)
        sent_twice = self.cluster.registry.charged() - audit.count("claims") - audit.resends
        if sent_twice > 0:
            tally.double(f"{sent_twice} checks were charged twice and not counted", sent_twice)
        tally.figures["resends"] = audit.resends
        self.keep_checkpoint()
        if complaint := self.verify_log():
            tally.lose(complaint)

    def _request_key(self) -> bytes:
        path, passphrase = Path(self.cluster.settings["IDVAULT_KEYS"]), self.cluster.passphrase
        keys = LocalKeyProvider.load(path, passphrase=passphrase, entropy=ENTROPY)
        return keys.primary(Purpose.REQUEST)

    def close(self) -> None:
        self.cluster.close()


class Siege(ABC):
    """A campaign against one deployment, with its platform's book and its tally."""

    def __init__(self, besieged: Besieged, *, dice: random.Random, stop: threading.Event) -> None:
        """Set a deployment of which only the registry runs, and who may end the campaign early."""
        self._besieged = besieged
        self._registry = besieged.cluster.registry
        self._dice = dice
        self._stop = stop
        self.tally = Tally()
        self._book = Book(self._registry, tally=self.tally, dice=dice)

    @abstractmethod
    def run(self, count: int) -> Tally:
        """Run this much; return the tally."""


@contextmanager
def besieging(pair: Databases, folder: Path, *, checkout: Checkout | None = None) -> Iterator[Besieged]:
    """Provide a deployment of which only the registry runs, and leave no process behind.

    checkout: start its interpreter for each process, to measure starts; without it, processes are forked.
    """
    besieged = Besieged(folder, pair, checkout)
    try:
        yield besieged
    finally:
        besieged.close()


def siege(kind: type[Siege]) -> Callable[[Options], Tally]:
    def run(options: Options) -> Tally:
        with (
            tempfile.TemporaryDirectory(prefix="idvault-torture-") as name,
            durable(options.database, Path(name)) as pair,
            besieging(pair, Path(name), checkout=HERE) as besieged,
        ):
            return kind(besieged, dice=options.dice(), stop=options.stop).run(options.count)

    return run
