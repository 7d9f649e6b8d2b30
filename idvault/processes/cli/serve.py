"""`idvault serve`: the gRPC edges, in one process or several that share a port."""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idvault.core import config, process, tuning
from idvault.core.fork_server import ForkServer
from idvault.core.process import Child, ProcessError
from idvault.processes.cli import running
from idvault_verify.address import split_address

if TYPE_CHECKING:
    from idvault.core.config import Settings

_START = 60.0
_STOP = 12.0


_SharesPort = Annotated[
    bool,
    typer.Option(
        "--shares-port",
        help="Listen beside a process of the same user that serves this address already, to take over "
        "from it; the metrics need another address.",
    ),
]


class Edge(StrEnum):
    """Which callers are served."""

    PLATFORM = "platform"
    CUSTODY = "custody"


def serve(
    edge: Annotated[
        Edge | None,
        typer.Option(
            help="platform: for IM backends. custody: for auditors, custodians, operators and monitors. "
            "Without this option one process serves both on two ports, in development only."
        ),
    ] = None,
    ready_file: running.ReadyFile = None,
    clock_file: running.ClockFile = None,
    shares_port: _SharesPort = False,
) -> None:
    """Serve gRPC over mutual TLS until SIGTERM or SIGINT, then drain.

    IDVAULT_PROCESSES processes share the port of IDVAULT_LISTEN; process number i serves its metrics on the
    port of IDVAULT_METRICS_LISTEN + i. The log goes to stdout, one JSON object a line.
    """

    served = {
        Edge.PLATFORM: config.Process.PLATFORM_EDGE,
        Edge.CUSTODY: config.Process.CUSTODY_EDGE,
        None: config.Process.BOTH_EDGES,
    }
    settings = config.load(served[edge], clock_file=clock_file)
    tuning.tune()
    if settings.processes > 1:
        with closing(ForkServer.beside(*_imported(edge))) as server:
            addresses = _addresses(settings, shares_port=shares_port)
            group = _Group(settings, addresses, server=server, edge=edge, clock_file=clock_file)
            running.run(group.run, ready_file=ready_file)
        return
    clock = running.clock(clock_file)

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        # Imports grpc, which reads its tuning once.
        from idvault.processes.bootstrap import serve as edges  # noqa: PLC0415

        await process.check_free(_addresses(settings, shares_port=shares_port))
        await edges.serve(settings, edge=edge.value if edge else None, ready=ready, stop=stop, clock=clock)

    running.run(program, ready_file=ready_file, factory=running.fast_loop)


def _imported(edge: Edge | None) -> list[str]:
    """Return the modules that the processes of a group would each import."""
    edges = list(Edge) if edge is None else [edge]
    return [
        "idvault.processes.bootstrap.serve",
        *(f"idvault.processes.bootstrap.{each.value}_edge" for each in edges),
    ]


def _addresses(settings: "Settings", *, shares_port: bool) -> dict[str, str]:
    """Return the addresses that must be free, by their setting."""
    listening = {f"IDVAULT_LISTEN, address {n}": text for n, text in enumerate(settings.addresses, start=1)}
    return {**({} if shares_port else listening), "IDVAULT_METRICS_LISTEN": settings.metrics_listen}


class _Group:
    """Several processes that share a port. If one dies, all stop, so that a supervisor notices."""

    def __init__(
        self,
        settings: "Settings",
        addresses: Mapping[str, str],
        *,
        server: ForkServer,
        edge: Edge | None,
        clock_file: Path | None,
    ) -> None:
        self._settings = settings
        self._addresses = addresses
        self._server = server
        self._arguments = ["--json", "serve", "--shares-port"]
        self._arguments += ["--edge", edge.value] if edge else []
        self._arguments += ["--clock-file", str(clock_file)] if clock_file else []

    async def run(self, ready: running.Ready, stop: asyncio.Event) -> None:
        await process.check_free(self._addresses)
        with tempfile.TemporaryDirectory() as folder:
            children: list[Child] = []
            try:
                for number in range(self._settings.processes):
                    children.append(self._start(number, Path(folder)))
                ready(await self._ready(children))
                await process.watch(children, stop=stop)
            finally:
                await asyncio.gather(*(child.stop(patience=_STOP) for child in children))

    def _start(self, number: int, folder: Path) -> Child:
        host, port = split_address(self._settings.metrics_listen)
        environment = {
            **os.environ,
            "IDVAULT_PROCESSES": "1",
            "IDVAULT_METRICS_LISTEN": f"{host}:{port + number if port else 0}",
        }
        name = f"serve-{number}"
        return Child.start(
            server=self._server,
            name=name,
            arguments=self._arguments,
            environment=environment,
            log=None,
            ready=folder / name,
        )

    async def _ready(self, children: list[Child]) -> Mapping[str, Any]:
        documents = await asyncio.gather(*(child.wait_ready(patience=_START) for child in children))
        if not documents:
            raise ProcessError("no process was started")
        metrics = {
            child.name: document["metrics"] for child, document in zip(children, documents, strict=True)
        }
        pids = [child.pid for child in children]
        return {**documents[0], "metrics": metrics, "pids": pids}
