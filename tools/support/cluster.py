"""A deployment of many processes, run by commands and settings, over any pair of databases."""

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from idvault.core.fork_server import ForkedProcess
from idvault_client import Tls, Vault, connect
from idvault_dev import certificates, environment, people
from idvault_dev.authority import real_now
from idvault_dev.layout import AUTHORITIES, SERVER, WEB, WITNESS_NAME, Layout
from idvault_dev.supervisor import Ports
from idvault_verify.attest import passphrase
from tools.support import programs
from tools.support.checkout import Checkout
from tools.support.databases import Databases
from tools.support.sandbox import Registry

ORIGIN = "http://127.0.0.1:9"
"""Where the platform of a measurement would be."""
EDGE = ("serve", "--edge")
_START = 60.0
# Linux gives connections ports from 32,768 on, unless it is told otherwise.
_PORTS = range(10_000, 32_768)


class Cluster:
    """One registry, `serve` in several processes on one port, and a worker; each can be restarted."""

    def __init__(
        self, folder: Path, databases: Databases, *, processes: int, checkout: Checkout | None = None
    ) -> None:
        """Prepare everything that an operator prepares, without starting a process.

        checkout: start its own interpreter, for measurements; without it, processes are forked.
        """
        self._folder = folder
        self._checkout = checkout
        self._layout = Layout(folder / "state")
        self._layout.create()
        certificates.prepare(self._layout, now=real_now())
        # Random, as `keys init` makes it for an operator; the fixed word of development would not be.
        self._layout.passphrase.write_bytes(passphrase.generate(secrets.token_bytes(32)))
        # Another revision may be one that reads no authority in a roster; nobody here signs an order.
        people.prepare(self._layout, authorities=AUTHORITIES if checkout is None else ())
        self._running: dict[str, ForkedProcess | subprocess.Popen[bytes]] = {}
        self._ready: dict[str, dict[str, Any]] = {}
        self.settings = {
            **os.environ,
            **environment.common(self._layout),
            "IDVAULT_DATABASE_URL": databases.main_url,
            "IDVAULT_SHRED_DATABASE_URL": databases.shred_url,
        }
        self.processes = processes
        # A module to run in place of the program; empty for the program itself.
        self.program = ""
        self.forked = programs.VAULT
        self.port = free_port()
        self.log_key = self.command("keys", "init").splitlines()[0].removeprefix("log public key: ")
        self.command("db", "upgrade")
        self.register("platform-a")
        self.registry = self._start_registry()

    @property
    def passphrase(self) -> bytes:
        """The passphrase of its key files."""
        return self._layout.passphrase.read_bytes()

    def command(self, *arguments: str) -> str:
        """Run a command that must succeed; return its output."""
        if self._checkout is None:
            return programs.run(programs.VAULT, *arguments, environment=self.settings, check=True).stdout
        done = subprocess.run(
            [str(self._checkout.python), "-m", self._checkout.program, *arguments],
            cwd=self._checkout.folder,
            env=self._checkout.known(self.settings),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def use(self, checkout: Checkout | None) -> None:
        """Run the next commands and processes with another program; None for this one, forked."""
        self._checkout = checkout

    def start_serve(self) -> dict[str, Any]:
        """Start the platform edge's processes; return their ready file."""
        return self._start("serve", ["serve", "--edge", "platform"], self._edge(self.processes))

    def start_edge(self, name: str) -> dict[str, Any]:
        """Start one process of the platform edge that shares the port and can be stopped alone."""
        return self._start(name, [*EDGE, "platform", "--shares-port"], self._edge(1))

    def start_custody(self) -> str:
        """Start the custody edge; return its address."""
        address = f"127.0.0.1:{free_port()}"
        keys = self._layout.keys / "custody.keys"
        told = {**self._edge(1), "IDVAULT_LISTEN": address, "IDVAULT_KEYS": str(keys)}
        self._start("custody", [*EDGE, "custody"], told)
        return address

    def start_witness(self) -> str:
        """Start a witness of the log that no process asks; return its address."""
        command = ["witness", "--state", str(self._folder / "witness"), "--log-key", self.log_key]
        command += ["--name", WITNESS_NAME, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
        url: str = self._start("witness", command, {})["url"]
        return url

    def metrics(self, name: str) -> str:
        """Return the address of a process's metrics and health, HOST:PORT."""
        url: str = self._ready[name]["metrics"]
        return url.removeprefix("http://").removesuffix("/metrics")

    def start_web(self, *, proxies: int = 1, https: bool = False) -> str:
        """Present the platform and serve the hosted pages; return their address.

        Call it before an edge is started, which makes links to them; it calls the edge only for a visitor.
        proxies: of how many the addresses are believed. https: serve it with the certificate of the edges.
        """
        certificate = self._layout.certificate(WEB)
        self.command("platform", "register", WEB, "--role", "web", "--certificate", str(certificate))
        self.command("platform", "present", "platform-a", "--title", "Example", "--return-origin", ORIGIN)
        port = free_port()
        scheme = "https" if https else "http"
        url = f"{scheme}://localhost:{port}"
        environment.write_operator(self._layout)
        self.settings |= environment.hosted(self._layout, url)
        told = environment.web(
            self._layout,
            url=url,
            port=port,
            metrics=0,
            target=f"127.0.0.1:{self.port}",
        )
        # Visitors of a measurement say their addresses themselves.
        told["IDVAULT_WEB_PROXIES"] = str(proxies)
        if https:
            told["IDVAULT_WEB_TLS_CERTIFICATE"] = str(self._layout.certificate(SERVER))
            told["IDVAULT_WEB_TLS_KEY"] = str(self._layout.key(SERVER))
        self._start(WEB, ["web"], told)
        return f"{scheme}://127.0.0.1:{port}"

    def start_work(self, name: str = "work", *options: str) -> dict[str, Any]:
        """Start a worker with these options; return its ready file."""
        told = environment.work(self._layout, ports=Ports(0, 0, 0, 0, 0, 0, 0))
        # A measurement is of a worker as in production; an earlier version does not know the option.
        speed = ["--speed", str(environment.WORK_SPEED)] if self._checkout is None else []
        return self._start(name, ["work", *speed, *options], told)

    def stop(self, name: str) -> int:
        """Stop a process as an operator does; return its exit code."""
        running = self._running.pop(name)
        running.terminate()
        return running.wait(60)

    def kill(self, name: str) -> None:
        """End a process with kill -9."""
        running = self._running.pop(name)
        running.kill()
        running.wait(60)

    @property
    def public(self) -> Path:
        return self._layout.public

    def wait_end(self, name: str) -> int:
        """Wait until a process has ended; return its exit code."""
        return self._running.pop(name).wait(60)

    def close(self) -> None:
        for name in list(self._running):
            self._running[name].kill()
            self._running.pop(name).wait(60)

    def vault(self, *, timeout: float) -> Vault:
        return connect(f"127.0.0.1:{self.port}", tls=self.tls(), timeout=timeout, server_name="localhost")

    def tls(self, name: str = "platform-a") -> Tls:
        """Return the certificate of a caller; whether it is registered is another question."""
        layout = self._layout
        return Tls(layout.authority, layout.certificate(name), layout.key(name))

    def has_ended(self, name: str) -> bool:
        return self._running[name].poll() is not None

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def edge_settings(self) -> dict[str, str]:
        """Return the environment of one process of the platform edge."""
        return {**self.settings, **self._edge(1)}

    def _edge(self, processes: int) -> dict[str, str]:
        return {
            **environment.serve(self._layout, ports=Ports(self.port, 0, 0, 0, 0, 0, 0)),
            "IDVAULT_LISTEN": f"127.0.0.1:{self.port}",
            "IDVAULT_PROCESSES": str(processes),
        }

    def register(self, name: str) -> None:
        """Register a platform of the layout."""
        self.command("platform", "register", name, "--certificate", str(self._layout.certificate(name)))

    def _start_registry(self) -> Registry:
        options = {
            "--listen": "127.0.0.1:0",
            "--admin-listen": "127.0.0.1:0",
            "--population": self._layout.population,
            "--secret-key-file": self._layout.registry_secret_key,
            "--app-id": environment.APP_ID,
            "--biz-id": environment.BIZ_ID,
        }
        arguments = ["mock-registry", *(str(part) for pair in options.items() for part in pair)]
        ready = self._start("registry", arguments, {})
        self.settings |= environment.registry(
            self._layout, base_url=ready["base_url"], notice_key=ready.get("notice_key", "")
        )
        return Registry(ready["admin_url"])

    def _start(self, name: str, arguments: list[str], told: dict[str, str]) -> dict[str, Any]:
        ready = self._folder / f"{name}.ready"
        ready.unlink(missing_ok=True)
        with (self._folder / f"{name}.log").open("ab") as log:
            command = [*arguments, "--ready-file", str(ready)]
            running = self._launch(command, {**self.settings, **told}, log.fileno())
        self._running[name] = running
        deadline = time.monotonic() + _START
        while not ready.exists():
            assert running.poll() is None, (self._folder / f"{name}.log").read_text("utf-8")
            assert time.monotonic() < deadline, f"{name} is not ready"
            time.sleep(0.01)
        document: dict[str, Any] = json.loads(ready.read_text("utf-8"))
        self._ready[name] = document
        return document

    def _launch(
        self, arguments: list[str], settings: dict[str, str], log: int
    ) -> "ForkedProcess | subprocess.Popen[bytes]":
        if self._checkout is None:
            with Path(os.devnull).open("rb") as nothing:
                files = (nothing.fileno(), log, log)
                return programs.launch(self.forked, *arguments, environment=settings, files=files)
        return subprocess.Popen(
            [str(self._checkout.python), "-m", self.program or self._checkout.program, *arguments],
            cwd=self._checkout.folder,
            env=self._checkout.known(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


@contextmanager
def running(
    folder: Path,
    databases: Databases,
    *,
    processes: int = 1,
    serving: bool = False,
    checkout: Checkout | None = None,
) -> Iterator[Cluster]:
    """Run a cluster, with worker and edge if requested, and leave no process behind."""
    cluster = Cluster(folder, databases, processes=processes, checkout=checkout)
    try:
        if serving:
            cluster.start_work()
            cluster.start_serve()
        yield cluster
    finally:
        cluster.close()


def free_port() -> int:
    """Return a free port; several processes will share it, one after the other, too.

    It is below those that the system gives to connections: while a process that listens is replaced, a
    connection of anybody could be given its port.
    """
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
