"""P15: what the hosted pages cost: bytes of a page, CPU of a first answer, memory of open sessions."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from idvault_client import Vault
from tools.bench.goal import Measured, Options, at_most
from tools.support import durable, processes
from tools.support.cluster import ORIGIN, Cluster, running

_KB, _MILLISECONDS, _MB = 60.0, 5.0, 20.0
_VISITS, _SESSIONS = 300, 1_000
_MIB = 1.048576


@dataclass
class _Visitor:
    """One browser with a connection of its own, which stays open. number: makes an address of its own."""

    base_url: str
    number: int
    cookie: str = ""
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Send a request; return status and text."""
        headers = {
            "X-Forwarded-For": f"10.0.{self.number // 250}.{self.number % 250}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.base_url.replace("127.0.0.1", "localhost"),
            "Cookie": self.cookie,
        }
        self.connection.request(method, path, body=body or None, headers=headers)
        with self.connection.getresponse() as answer:
            text = answer.read().decode()
            self.cookie = answer.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return answer.status, text

    def open(self, path: str) -> None:
        """Follow a link, as a person does who presses its button."""
        status, text = self.ask("GET", path)
        token = re.findall(r'name="form" value="([^"]+)"', text)
        assert (status, len(token)) == (200, 1), text
        assert self.ask("POST", path, f"form={token[0]}")[0] == 303


def measure(options: Options) -> Measured:
    """Measure one process of the pages and one of the edge, over SQLite, as P14 does."""
    sizes, times, memory = [], [], []
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        durable.durable("sqlite", Path(folder)) as databases,
        running(Path(folder), databases, checkout=options.checkout) as cluster,
    ):
        cluster.start_work()
        for _ in range(options.rounds):
            # New processes each time: memory that a process has once used is not given back.
            base_url = cluster.start_web()
            cluster.start_serve()
            with cluster.vault(timeout=10) as vault:
                sizes.append(_size(vault, base_url))
                times.append(_first_answer(vault, cluster, base_url))
                memory.append(_open_sessions(vault, cluster, base_url))
            for name in ("web", "serve"):
                cluster.stop(name)
    return Measured(
        checks=(
            at_most(_KB, "a page with style sheet and script", "kB", sizes),
            at_most(_MILLISECONDS, "CPU of a first answer, pages and edge", "ms", times),
            at_most(_MB, f"memory of {_SESSIONS:,} open sessions", "MB", memory),
        ),
    )


def _links(vault: Vault, count: int) -> Iterator[str]:
    for _ in range(count):
        made = vault.sessions.create(
            return_url=f"{ORIGIN}/verified", policy_version="1", policy_text="Terms (synthetic).", locale="en"
        )
        yield urlsplit(made.url).path


def _size(vault: Vault, base_url: str) -> float:
    """Return the bytes of the first page with everything that it loads, in kB."""
    [path] = _links(vault, 1)
    visitor = _Visitor(base_url, 0)
    with closing(visitor.connection):
        _, text = visitor.ask("GET", path)
        loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
        assert len(loaded) == 2
        texts = [text, *(visitor.ask("GET", each)[1] for each in loaded)]
    return sum(len(each.encode()) for each in texts) / 1_000


def _first_answer(vault: Vault, cluster: Cluster, base_url: str) -> float:
    """Return the CPU time of both processes for the first page of a link, in milliseconds."""
    pids = [cluster.pid(name) for name in ("web", "serve")]
    paths = list(_links(vault, _VISITS))
    before = sum(map(processes.cpu_seconds, pids))
    for number, path in enumerate(paths):
        visitor = _Visitor(base_url, number)
        assert visitor.ask("GET", path)[0] == 200
        visitor.connection.close()
    return (sum(map(processes.cpu_seconds, pids)) - before) / _VISITS * 1_000


def _open_sessions(vault: Vault, cluster: Cluster, base_url: str) -> float:
    """Return what both processes grow by while so many visitors have a session and a connection, in MB."""
    pids = [cluster.pid(name) for name in ("web", "serve")]
    paths = list(_links(vault, _SESSIONS))
    with ExitStack() as stack:
        before = sum(map(processes.resident_mib, pids))
        for number, path in enumerate(paths):
            visitor = _Visitor(base_url, number)
            stack.callback(visitor.connection.close)
            visitor.open(path)
        return (sum(map(processes.resident_mib, pids)) - before) * _MIB
