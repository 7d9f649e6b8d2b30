"""A closed-loop client of raw bytes: concurrent calls over a few connections, on a separate core."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from idvault_client import Tls
from tools.bench.echo import TUNING
from tools.support import processes
from tools.support.http2_client import CallError, Connection

_CONNECTIONS = 16
_SERVER_CORE = 0
_PATIENCE = 30.0
_WARM_UP = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A server to call: its address, and the CPU seconds that it has used."""

    address: str
    tls: Tls
    cpu: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of calls: CPU microseconds of the server per call, the median duration in microseconds.

    per_second: calls per second. They are bounded by the client's core too, which the CPU time is not.
    """

    cpu_us: float
    median_us: float
    per_second: float


@dataclass(slots=True)
class _Loop:
    """Keeps each connection at its number of calls in flight until all calls are made."""

    connections: Sequence[Connection]
    bodies: Sequence[bytes]
    calls: int
    read: Callable[[bytes], object]
    begun: int = 0
    times: list[float] = field(default_factory=list)

    def run(self, at_once: int) -> None:
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection, selectors.EVENT_READ)
            for number in range(min(at_once, self.calls)):
                self._call(self.connections[number % len(self.connections)])
            for connection in self.connections:
                connection.send()
            while len(self.times) < self.calls:
                self._turn(selector)

    def _turn(self, selector: selectors.BaseSelector) -> None:
        ready = selector.select(_PATIENCE)
        if not ready:
            raise CallError(f"no answer within {_PATIENCE:.0f} s")
        for key, _ in ready:
            connection = key.fileobj
            if not isinstance(connection, Connection):
                raise TypeError("only connections are registered")
            connection.receive()
            left = connection.send()
            selector.modify(connection, selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0))

    def _call(self, connection: Connection) -> None:
        body, began = self.bodies[self.begun % len(self.bodies)], time.perf_counter()
        self.begun += 1

        def done(answer: bytes) -> None:
            self.times.append(time.perf_counter() - began)
            self.read(answer)
            if self.begun < self.calls:
                self._call(connection)

        connection.call(body, done)


def run(
    target: Target,
    path: str,
    bodies: Sequence[bytes],
    *,
    calls: int,
    at_once: int,
    connections: int = _CONNECTIONS,
    warm_up: int = _WARM_UP,
    read: Callable[[bytes], object] = len,
) -> Cost:
    """Make calls with the requests in turn, and return their cost; raises CallError unless all are OK.

    warm_up: calls before the measured ones. read: receives each answer's message.
    """
    with ExitStack() as stack:
        opened = [
            stack.enter_context(closing(Connection(target.address, target.tls, path)))
            for _ in range(min(connections, at_once))
        ]
        if warm_up:
            _Loop(opened, bodies, warm_up, read).run(at_once)
        before, began = target.cpu(), time.perf_counter()
        loop = _Loop(opened, bodies, calls, read)
        loop.run(at_once)
        used, seconds = target.cpu() - before, time.perf_counter() - began
    return Cost(used / calls * 1e6, median(loop.times) * 1e6, calls / seconds)


@contextmanager
def echo_server(kind: str, tls: Tls, server_tls: Tls, folder: Path) -> Iterator[Target]:
    """Run an echo on the server's core; kind: E0, E1 or paced."""
    ready = folder / f"{kind}.port"
    ready.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "tools.bench.echo", kind,
        str(server_tls.ca), str(server_tls.certificate), str(server_tls.key), str(ready),
    ]  # fmt: skip
    environment = {**os.environ, **({} if kind == "E0" else TUNING)}
    process = subprocess.Popen(command, env=environment)
    try:
        while not ready.exists() or not ready.read_text("ascii"):
            time.sleep(0.05)
        processes.pin(process.pid, _SERVER_CORE)
        yield Target(f"127.0.0.1:{ready.read_text('ascii')}", tls, lambda: processes.cpu_seconds(process.pid))
    finally:
        process.kill()
        process.wait()
