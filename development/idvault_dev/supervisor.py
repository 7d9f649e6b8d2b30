"""Runs the processes of a development vault as children, and stops them in order.

- A state folder has one supervisor: a second one is refused while the first is running.
- The mock registry and the witness start first, because the other processes need their addresses; then both
  edges and the worker.
- Nothing is restarted: if a child ends, everything is stopped.
- The edges and the worker stop first, because they need the registry and the witness until they end.
"""

import asyncio
import fcntl
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idvault.core import process
from idvault.core.fork_server import ForkServer
from idvault.core.process import Child
from idvault_dev.layout import Layout
from idvault_dev.static import StaticServer

HOST = "127.0.0.1"
_START = 120.0
# Together less than the ten seconds that a stop may take.
_STOP_FIRST = 6.0
_STOP_LAST = 2.0
REGISTRY, WITNESS, SERVE, WORK, WEB = "mock-registry", "witness", "serve-0", "work", "web"
_OTHERS_NEED = (REGISTRY, WITNESS)


class LockedError(Exception):
    """Another supervisor is running on this state folder."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The port of each listener; 0 for a free one."""

    platform: int = 7443
    custody: int = 7444
    serve_metrics: int = 7480
    work_metrics: int = 7481
    registry: int = 7490
    registry_admin: int = 7491
    witness: int = 7493
    public: int = 7495
    web: int = 7496
    platform_site: int = 7497
    web_metrics: int = 7482
    witness_metrics: int = 7494

    def listening(self) -> dict[str, str]:
        """Return each fixed address by the name of its listener."""
        names = {
            "IDVAULT_LISTEN, platform edge": self.platform,
            "IDVAULT_LISTEN, custody edge": self.custody,
            "IDVAULT_METRICS_LISTEN of serve": self.serve_metrics,
            "IDVAULT_METRICS_LISTEN of work": self.work_metrics,
            "mock-registry --listen": self.registry,
            "mock-registry --admin-listen": self.registry_admin,
            "witness --listen": self.witness,
            "public directory": self.public,
            "IDVAULT_LISTEN, hosted pages": self.web,
            "example platform": self.platform_site,
            "IDVAULT_METRICS_LISTEN of web": self.web_metrics,
            "witness --metrics-listen": self.witness_metrics,
        }
        return {name: f"{HOST}:{port}" for name, port in names.items() if port}


FREE_PORTS = Ports(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


class HeldPort:
    """A port of the loopback address that nobody else is given until a server here listens on it.

    An address that is printed before its server starts needs one: those of hosted pages and example platform.
    """

    def __init__(self, port: int) -> None:
        """Bind a port; 0 for a free one. Raises OSError if it is in use."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # A server with the same option can listen beside a socket that does not listen.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((HOST, port))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """How to start one child."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Lock:
    """The lock of a state folder; the operating system releases it when its holder ends."""

    def __init__(self, path: Path) -> None:
        """Acquire the lock; raises LockedError if another process holds it."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise LockedError(
                f"`idvault dev` is already running on {path.parent} (process {holder})"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Release the lock."""
        os.close(self._descriptor)


class Supervisor:
    """The children of one state folder and the static server beside them."""

    def __init__(self, *, layout: Layout, server: ForkServer, environment: Mapping[str, str]) -> None:
        """Initialise. environment: the common environment of the children."""
        self._layout = layout
        self._server = server
        self._environment = environment
        self._children: list[Child] = []
        self._static: StaticServer | None = None

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each child by its name."""
        return {child.name: child.pid for child in self._children}

    def log(self, name: str) -> Path:
        """Return the log file of a child."""
        return self._layout.logs / f"{name}.jsonl"

    async def publish(self, *, port: int) -> str:
        """Serve the public directory; return its URL."""
        self._static = StaticServer(directory=self._layout.public, port=port)
        return await self._static.start()

    async def start(self, *plans: ProcessPlan) -> list[dict[str, Any]]:
        """Start children in parallel; return the contents of their ready files. Raises ProcessError."""
        started = []
        for plan in plans:
            child = Child.start(
                server=self._server,
                name=plan.name,
                arguments=["--json", *plan.arguments],
                environment={**self._environment, **plan.environment},
                log=self.log(plan.name),
                ready=self._layout.run / f"{plan.name}.json",
            )
            self._children.append(child)
            started.append(child)
        return await asyncio.gather(*(child.wait_ready(patience=_START) for child in started))

    async def watch(self, *, stop: asyncio.Event) -> None:
        """Wait until stop is set; raises ProcessError if a child ends before that."""
        await process.watch(self._children, stop=stop)

    async def stop(self) -> None:
        """Stop every child and the static server; returns once all have ended."""
        last = [child for child in self._children if child.name in _OTHERS_NEED]
        first = [child for child in self._children if child.name not in _OTHERS_NEED]
        await asyncio.gather(*(child.stop(patience=_STOP_FIRST) for child in first))
        await asyncio.gather(*(child.stop(patience=_STOP_LAST) for child in last), self._stop_static())

    async def _stop_static(self) -> None:
        if self._static is not None:
            with suppress(OSError):
                await self._static.stop()
