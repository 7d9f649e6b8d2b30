"""P9: streaming statuses in chunks compared with one at a time, and the memory of an idle watcher."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import grpc

from idvault.status import acts as status_acts
from idvault.status.api import Hub
from idvault_client import testing
from idvault_client.transport import AT_ONCE
from idvault_verify.v1 import status_pb2
from tools.bench.goal import Measured, Options, at_least, at_most, figure
from tools.support import edge as edges
from tools.support.authority import Authority

_STATUSES = 40_000
_ALONE = 4_000
# One caller holds at most half of the streams that an edge serves with the memory it has by default.
_WATCHERS, _CLIENTS = 720, 3
_PATH = "/idvault.v1.StatusService/WatchStatuses"
_KIB = 1_024


def measure(options: Options) -> Measured:
    rounds = [asyncio.run(_streams()) for _ in range(options.rounds)]
    idle = [_idle() for _ in range(options.rounds)]
    return Measured(
        checks=(
            at_least(
                15, "statuses a second, in chunks / one a message", "x",
                (chunked / alone for chunked, alone in rounds),
            ),
            at_most(30, f"idle watch, {_WATCHERS:,} in {_CLIENTS} processes", "KiB", idle),
        ),
        figures=(
            figure("statuses in chunks of 1,000", "a second", (chunked for chunked, _ in rounds)),
            figure("statuses one a message", "a second", (alone for _, alone in rounds)),
        ),
    )  # fmt: skip


async def _streams() -> tuple[float, float]:
    """Return statuses per second through the edge: in chunks of 1,000, and one per message."""
    with tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder:
        async with edges.running(Path(folder), Authority()) as edge:
            tokens = [f"acct_{number:026d}" for number in range(_STATUSES)]
            edge.feeds.feeds["platform-a"] = tokens
            chunked = await _speed(edge.mine(), _STATUSES)
            edge.feeds.feeds["platform-a"] = tokens[:_ALONE]
            former = vars(edges)["CHUNK"]
            vars(edges)["CHUNK"] = 1
            try:
                alone = await _speed(edge.mine(), _ALONE)
            finally:
                vars(edges)["CHUNK"] = former
    if not isinstance(edge.hub, Hub) or former != status_acts.CHUNK:
        raise AssertionError("the edge is not measured as it is served")
    return chunked, alone


async def _speed(channel: grpc.aio.Channel, count: int) -> float:
    method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(_PATH)
    call, seen, begun = method(b""), 0, None
    async for body in call:
        begun = begun or time.perf_counter()
        seen += len(status_pb2.WatchStatusesResponse.FromString(body).statuses)
        if seen == count:
            break
    call.cancel()
    return count / (time.perf_counter() - (begun or 0.0))


def _idle() -> float:
    """Return the server's KiB per idle watcher, with many watchers in several client processes."""
    with testing.server() as server:
        pid = server.ready["pids"]["dev"]
        with server.connect() as vault:
            if not vault.statuses.wait(10):
                raise AssertionError("the feed was not read")
        before = _resident(pid)
        clients: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(_CLIENTS):
                command = [sys.executable, "-m", "tools.bench.watch", str(server.ready_file)]
                clients.append(
                    subprocess.Popen(
                        [*command, str(_WATCHERS // _CLIENTS)],
                        stdout=subprocess.PIPE,
                        stdin=subprocess.DEVNULL,
                    )
                )
                told = clients[-1].stdout
                if told is None or told.readline() != b"watching\n":
                    raise AssertionError("a client does not watch")
            # Wait for some heartbeats, so that their memory is counted too.
            time.sleep(7)
            used = _resident(pid) - before
            if any(client.poll() is not None for client in clients):
                raise AssertionError("a stream ended, so that fewer were measured than are told")
            return used / _WATCHERS / _KIB
        finally:
            for client in clients:
                client.kill()
                client.wait()


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * _KIB


async def _watch(ready_file: str, count: int) -> None:
    """Open this many watches over as few connections as the edge allows, until this process is killed."""
    found = testing.endpoint(ready_file)
    options = [("grpc.ssl_target_name_override", found.server_name), ("grpc.use_local_subchannel_pool", 1)]
    methods: list[grpc.aio.UnaryStreamMultiCallable[bytes, bytes]] = [
        grpc.aio.secure_channel(found.target, found.tls.credentials(), options=options).unary_stream(_PATH)
        for _ in range(-(-count // AT_ONCE))
    ]
    calls = [methods[number % len(methods)](b"") for number in range(count)]
    await asyncio.gather(*(call.read() for call in calls))
    print("watching", flush=True)

    async def read(call: "grpc.aio.UnaryStreamCall[bytes, bytes]") -> None:
        while await call.read() is not grpc.aio.EOF:
            continue
        raise AssertionError("a stream ended")

    await asyncio.gather(*(read(call) for call in calls))


if __name__ == "__main__":
    asyncio.run(_watch(sys.argv[1], int(sys.argv[2])))
