"""A closed-loop client of raw bytes: concurrent calls over a few connections, on a separate core."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import grpc

from idvault_client import Tls
from tests.performance.echo import TUNING
from tests.support import processes

_CONNECTIONS = 4
_SERVER_CORE = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A server to call: its address, and the CPU seconds that it has used."""

    address: str
    tls: Tls
    cpu: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of calls: CPU microseconds of the server per call, and the median duration in microseconds."""

    cpu_us: float
    median_us: float


def run(target: Target, path: str, bodies: Sequence[bytes], *, calls: int, at_once: int) -> Cost:
    """Make calls with the requests in turn, and return their cost."""
    return asyncio.run(_run(target, path, bodies, calls=calls, at_once=at_once))


@contextmanager
def echo_server(kind: str, tls: Tls, server_tls: Tls, folder: Path) -> Iterator[Target]:
    """Run an echo on the server's core; kind: E0 or E1."""
    ready = folder / f"{kind}.port"
    ready.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "tests.performance.echo", kind,
        str(server_tls.ca), str(server_tls.certificate), str(server_tls.key), str(ready),
    ]  # fmt: skip
    environment = {**os.environ, **(TUNING if kind == "E1" else {})}
    process = subprocess.Popen(command, env=environment)
    try:
        while not ready.exists() or not ready.read_text("ascii"):
            time.sleep(0.05)
        processes.pin(process.pid, _SERVER_CORE)
        yield Target(f"127.0.0.1:{ready.read_text('ascii')}", tls, lambda: processes.cpu_seconds(process.pid))
    finally:
        process.kill()
        process.wait()


async def _run(target: Target, path: str, bodies: Sequence[bytes], *, calls: int, at_once: int) -> Cost:
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.use_local_subchannel_pool", 1)]
    channels = [
        grpc.aio.secure_channel(target.address, target.tls.credentials(), options=options)
        for _ in range(min(_CONNECTIONS, at_once))
    ]
    methods: list[grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = [
        channel.unary_unary(path) for channel in channels
    ]
    for method in methods:
        await method(bodies[0], timeout=10)
    times: list[float] = []
    left = calls

    async def loop(method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            begun = time.perf_counter()
            await method(bodies[left % len(bodies)], timeout=30)
            times.append(time.perf_counter() - begun)

    before = target.cpu()
    await asyncio.gather(*(loop(methods[number % len(methods)]) for number in range(at_once)))
    used = target.cpu() - before
    for channel in channels:
        await channel.close()
    return Cost(used / len(times) * 1e6, median(times) * 1e6)
