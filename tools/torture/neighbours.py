"""One platform loads the vault with all that it can, and its neighbour is measured before and meanwhile.

For each load of `tools.torture.loads` a deployment of its own runs: one process of the edge, the hosted
pages, a worker. The neighbour signs people up and reads statuses, first in quiet and then beside the load.
The p99 of each must stay under a second or three times the quiet one, whichever is larger. A sign-up lasts
until its outcome is known: a PENDING answer that comes quickly is none.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from idvault_client import Tls, Vault, VaultError, connect
from tools.support.checkout import HERE, Checkout
from tools.support.cluster import ORIGIN, Cluster
from tools.support.databases import Databases
from tools.support.durable import durable
from tools.support.sandbox import Person, Registry, claim, invent
from tools.torture.campaign import Options
from tools.torture.loads import LOADS, Target, beside
from tools.torture.tally import Tally

NEIGHBOUR, LOADER = "platform-a", "platform-b"
LEAST_LIMIT, FACTOR = 1.0, 3.0
_QUIET = 0.5
"""How long the neighbour is measured in quiet, as a part of the time beside the load."""
_BEGIN = 5.0
"""How many seconds a load has to begin before the neighbour is measured beside it."""
_CALLERS = 2
_PAUSE = 0.02
_POLL = 0.05
_TIMEOUT = 10.0
_KNOWN = 20
_BATCH = 100
_ENOUGH = 100


@dataclass
class Times:
    """How long calls took in seconds; an unanswered one took as long as it was waited for."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def p99(self) -> float:
        """The 99th percentile; the slowest of a few."""
        if len(self.seconds) < _ENOUGH:
            return max(self.seconds, default=_TIMEOUT)
        return quantiles(self.seconds, n=100)[98]

    def add(self, seconds: float, *, failed: bool = False) -> None:
        """Add a call."""
        self.seconds.append(seconds)
        self.failed += failed


@dataclass(frozen=True, slots=True)
class Seen:
    """What the neighbour saw in some seconds."""

    sign_ups: Times = field(default_factory=Times)
    reads: Times = field(default_factory=Times)

    @property
    def kinds(self) -> dict[str, Times]:
        """The times by what was done."""
        return {"sign-ups": self.sign_ups, "reads": self.reads}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the neighbour saw of one load. told: what the load did."""

    load: str
    quiet: Seen
    loaded: Seen
    told: str

    @property
    def complaints(self) -> list[str]:
        """What took too long, or was not answered."""
        return [
            f"{kind} beside {self.load}: p99 {times.p99:.2f} s, at most {self._limit(kind):.2f} s, "
            f"{times.failed} failed"
            for kind, times in self.loaded.kinds.items()
            if times.failed or times.p99 > self._limit(kind)
        ]

    def lines(self) -> list[str]:
        """Return the rows of the table."""
        rows = []
        for kind, times in self.loaded.kinds.items():
            quiet, limit = self.quiet.kinds[kind], self._limit(kind)
            verdict = "late" if times.failed or times.p99 > limit else "in time"
            rows.append(
                f"{self.load:16} {kind:9} {len(quiet.seconds):7} {quiet.p99:7.3f} {len(times.seconds):7} "
                f"{times.p99:7.3f} {limit:7.3f} {times.failed:7}  {verdict}"
            )
        return rows

    def _limit(self, kind: str) -> float:
        return max(LEAST_LIMIT, FACTOR * self.quiet.kinds[kind].p99)


class Neighbour:
    """A platform with a few callers, each of which calls, waits for the answer, and rests for a moment."""

    def __init__(self, address: str, tls: Tls, registry: Registry) -> None:
        """Set where it calls, and the registry that must know its people."""
        self._address = address
        self._tls = tls
        self._registry = registry
        self._lock = threading.Lock()
        self._people: Iterator[Person] = iter(())
        self._tokens: list[str] = []

    def prepare(self) -> None:
        """Sign up the people whose statuses are read."""
        with self._vault() as vault:
            while len(self._tokens) < _KNOWN:
                self._sign_up(vault, Times())

    def observe(self, seconds: float, stop: threading.Event) -> Seen:
        """Sign up and read for some seconds, or until stop is set."""
        seen, end = Seen(), time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._repeat, args=(work, times, end, stop))
            for work, times in ((self._sign_up, seen.sign_ups), (self._read, seen.reads))
            for _ in range(_CALLERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seen

    def _repeat(
        self, work: Callable[[Vault, Times], None], times: Times, end: float, stop: threading.Event
    ) -> None:
        with self._vault() as vault:
            while time.monotonic() < end and not stop.is_set():
                work(vault, times)
                stop.wait(_PAUSE)

    def _sign_up(self, vault: Vault, times: Times) -> None:
        person, begun = self._newcomer(), time.monotonic()
        try:
            answer = claim(vault, person)
            while answer.pending and time.monotonic() < begun + _TIMEOUT:
                time.sleep(_POLL)
                answer = vault.get_verification(answer.request_id)
            times.add(time.monotonic() - begun, failed=not answer.succeeded)
            self._tokens.append(answer.account_token)
        except VaultError:
            times.add(time.monotonic() - begun, failed=True)

    def _read(self, vault: Vault, times: Times) -> None:
        begun = time.monotonic()
        try:
            vault.get_status(self._tokens[len(times.seconds) % _KNOWN])
            times.add(time.monotonic() - begun)
        except VaultError:
            times.add(time.monotonic() - begun, failed=True)

    def _newcomer(self) -> Person:
        with self._lock:
            person = next(self._people, None)
            if person is None:
                made = [invent() for _ in range(_BATCH)]
                self._registry.add(*made)
                self._people = iter(made)
                person = next(self._people)
            return person

    def _vault(self) -> Vault:
        return connect(self._address, tls=self._tls, timeout=_TIMEOUT, server_name="localhost")


class Street:
    """One deployment with two platforms: the neighbour, and the one that loads it."""

    def __init__(self, folder: Path, pair: Databases, checkout: Checkout | None) -> None:
        """Prepare everything, and start only the registry. checkout: whose interpreter runs; None: forks."""
        self.cluster = Cluster(folder, pair, processes=1, checkout=checkout)
        self._pages = ""

    def start(self) -> None:
        """Start the pages, the worker and the edge."""
        cluster = self.cluster
        cluster.register(LOADER)
        self._pages = cluster.start_web()
        cluster.command("platform", "present", LOADER, "--title", "Example B", "--return-origin", ORIGIN)
        cluster.start_work()
        cluster.start_serve()

    def target(self, *, scale: float) -> Target:
        """Return what the load needs."""
        edge = f"127.0.0.1:{self.cluster.port}"
        return Target(
            edge=edge,
            tls=self.cluster.tls(LOADER),
            registry=self.cluster.registry.address,
            pages=self._pages,
            ports={"serve": edge, "web": self._pages.removeprefix("http://")},
            scale=scale,
        )

    def neighbour(self) -> Neighbour:
        """Return the neighbour, with some people signed up."""
        edge = f"127.0.0.1:{self.cluster.port}"
        found = Neighbour(edge, self.cluster.tls(NEIGHBOUR), self.cluster.registry)
        found.prepare()
        return found


@contextmanager
def street(pair: Databases, folder: Path, *, checkout: Checkout | None = None) -> Iterator[Street]:
    """Provide a running deployment, and leave no process behind."""
    with ExitStack() as stack:
        made = Street(folder, pair, checkout)
        stack.callback(made.cluster.close)
        made.start()
        yield made


def observe(made: Street, load: str, *, seconds: float, stop: threading.Event, scale: float = 1.0) -> Outcome:
    """Measure the neighbour in quiet, and beside a load for some seconds."""
    neighbour = made.neighbour()
    quiet = neighbour.observe(seconds * _QUIET, stop)
    with beside(load, made.target(scale=scale), seconds=seconds + _BEGIN) as working:
        stop.wait(_BEGIN)
        loaded = neighbour.observe(seconds, stop)
        return Outcome(load, quiet, loaded, _told(working))


def _told(working: "Future[str]") -> str:
    return working.result(timeout=10 * _TIMEOUT)


def run(options: Options) -> Tally:
    """Measure beside each load for this many seconds; whatever is late or unanswered is a loss."""
    tally, table = Tally(), list[str]()
    for load in LOADS:
        if options.only not in load or options.stop.is_set():
            continue
        with (
            tempfile.TemporaryDirectory(prefix="idvault-torture-") as name,
            durable(options.database, Path(name)) as pair,
            street(pair, Path(name), checkout=HERE) as made,
        ):
            outcome = observe(made, load, seconds=options.count, stop=options.stop)
        tally.faults += 1
        for times in outcome.loaded.kinds.values():
            tally.acknowledged += len(times.seconds) - times.failed
        for complaint in outcome.complaints:
            tally.lose(complaint)
        table += outcome.lines()
        print(f"  {load}: {outcome.told}", flush=True)
    heads = ("quiet", "p99 s", "beside", "p99 s", "limit", "failed")
    print(f"{'beside':26}", *(f"{head:>7}" for head in heads))
    print("\n".join(table), flush=True)
    return tally
