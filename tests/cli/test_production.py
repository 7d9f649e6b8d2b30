"""The first start of a production deployment, command by command, as an operator does it."""

import json
import os
import select
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2

from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.signing import public_keys
from idvault_dev.authority import Authority
from idvault_people.opens import identity as identities
from idvault_verify.attest.people import roster, roster_signature
from idvault_verify.commands.errors import ExitCode
from idvault_verify.transparency.note import Algorithm, VerifierKey
from tests.support.commands import Commands
from tools.support import merkle, programs
from tools.support.cluster import free_port

pytestmark = pytest.mark.process

NOW = datetime.now(UTC)
HEALTH = "/grpc.health.v1.Health/Check"
CUSTODIANS = ("ann", "ben", "cat")
WITNESS = str(merkle.witness("witness.example/w1", seed=9).key)


class Deployment:
    """A deployment's files, with each process's keys in a separate folder."""

    def __init__(self, idvault: Commands, folder: Path) -> None:
        self.idvault = idvault
        self.folder = folder
        self.authority = Authority.open(certificate=folder / "ca.pem", key=folder / "ca.key", now=NOW)
        self.authority.issue_server(
            hosts=["localhost"], certificate=folder / "server.pem", key=folder / "server.key", now=NOW
        )
        idvault.set(
            DATABASE_URL=f"sqlite:///{folder}/main.sqlite3",
            SHRED_DATABASE_URL=f"sqlite:///{folder}/shred.sqlite3",
            TRUST_DOMAIN="vault.example",
            LOG_ORIGIN="vault.example/log",
            APPEAL_OUTSIDE_BODY="Internet Court (synthetic)",
            KEYS=folder / "keys" / "service.keys",
            KEY_PASSPHRASE_FILE=self.secret("passphrase", "correct horse battery"),
            ROSTER=folder / "roster.json",
            TLS_CERTIFICATE=folder / "server.pem",
            TLS_KEY=folder / "server.key",
            TLS_CA=folder / "ca.pem",
            REGISTRY_CHECK_URL="https://check.registry.invalid",
            REGISTRY_QUERY_URL="https://query.registry.invalid",
            REGISTRY_APP_ID="app",
            REGISTRY_BIZ_ID="biz",
            REGISTRY_SECRET_KEY_FILE=self.secret("registry.key", "00" * 16),
            PUBLIC_DIR=folder / "public",
            METRICS_LISTEN="127.0.0.1:0",
        )

    def secret(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content)
        path.chmod(0o600)
        return path

    def done(self, *arguments: object) -> str:
        result = self.idvault(*arguments)
        assert result.code == ExitCode.DONE, result.err
        return result.last

    def certificate(self, role: str, name: str) -> Path:
        path = self.folder / f"{name}.pem"
        uri = f"spiffe://vault.example/{role}/{name}"
        self.authority.issue_client(uris=[uri], certificate=path, key=self.folder / f"{name}.key", now=NOW)
        return path

    def publish_roster(self, *purpose: str, witness: str = WITNESS) -> None:
        draft, people = self.folder / "draft.json", []
        passphrase = self.folder / "passphrase"
        for name in CUSTODIANS:
            identity = self.folder / "people" / name
            self.done(
                "custodian", "--identity", identity, "--passphrase-file", passphrase, "init", "--name", name,
                "--organization", "example", "--certificate", self.certificate("custodian", name),
            )  # fmt: skip
            people += ["--person", identity / "public.json"]
        self.done(
            "roster",
            "propose",
            draft,
            *people,
            "--quorum",
            "first:2:ann,ben,cat",
            *(["--witness", witness] if witness else []),
            *purpose,
        )
        for name in CUSTODIANS:
            identity = self.folder / "people" / name
            self.done("roster", "sign", draft, "--identity", identity, "--passphrase-file", passphrase)
        assert self.done("roster", "publish", draft) == "roster: version 1, 1 quorums, 3 people, valid"

    def separate_keys(self) -> None:
        """Give each process a separate folder, as an operator does."""
        for name in ("work", "custody"):
            (self.folder / name).mkdir()
            (self.folder / "keys" / f"{name}.keys").rename(self.folder / name / f"{name}.keys")


@pytest.fixture
def deployment(idvault: Commands, tmp_path: Path) -> Deployment:
    """Only settings and certificates."""
    (tmp_path / "public").mkdir()
    (tmp_path / "keys").mkdir()
    return Deployment(idvault, tmp_path)


@pytest.fixture
def prepared(deployment: Deployment) -> Deployment:
    """A deployment ready to start."""
    deployment.done("keys", "init")
    deployment.done("db", "upgrade")
    deployment.publish_roster()
    deployment.done("platform", "register", "im", "--certificate", deployment.certificate("platform", "im"))
    deployment.separate_keys()
    return deployment


class Started:
    """A running command and its ready file."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.ready_file = folder / "ready.json"
        self.out = self.err = ""
        self.process = programs.start(
            programs.VAULT, *arguments, "--ready-file", self.ready_file, environment=os.environ
        )

    def ready(self) -> dict[str, object]:
        """Return the ready document, which the command also logs as its line on stdout."""
        for line in self.process.stdout:
            # Each process of a group prints it, and the group last.
            if line.startswith('{"ready"') and self.ready_file.exists():
                document: dict[str, object] = json.loads(self.ready_file.read_text())
                return document
        raise AssertionError(self.process.stderr.read())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.out, self.err = self.process.communicate(timeout=60)
        return self.process.wait()


@pytest.fixture
def running() -> Iterator[list[Started]]:
    """Commands that are ended in any case."""
    started: list[Started] = []
    yield started
    for each in started:
        each.process.kill()
        each.process.communicate()


def _serving(deployment: Deployment, address: str, name: str) -> bool:
    folder = deployment.folder
    credentials = grpc.ssl_channel_credentials(
        (folder / "ca.pem").read_bytes(),
        (folder / f"{name}.key").read_bytes(),
        (folder / f"{name}.pem").read_bytes(),
    )
    options = [("grpc.ssl_target_name_override", "localhost")]
    with grpc.secure_channel(address, credentials, options) as channel:
        check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/grpc.health.v1.Health/Check"
        )
        content = check(b"", timeout=60)
    status = health_pb2.HealthCheckResponse.FromString(content).status
    return status == health_pb2.HealthCheckResponse.SERVING


def test_each_process_starts_with_its_own_keys(
    prepared: Deployment, tmp_path: Path, running: list[Started]
) -> None:
    """Both edges and the worker start separately, report that they serve, and stop with 0 on SIGTERM.

    Whoever connects without TLS or a certificate makes no process write a line that is not JSON. What was set
    up long before the first start, and so waits for the log, makes no task of the worker fail.
    """
    with sqlite3.connect(tmp_path / "main.sqlite3") as database:
        database.execute("update log_entries set recorded_at = recorded_at - 3600000000")
    database.close()
    for arguments, keys, name in (
        (["serve", "--edge", "platform"], "keys/service.keys", "im"),
        (["serve", "--edge", "custody"], "custody/custody.keys", "ann"),
        (["work"], "work/work.keys", ""),
    ):
        prepared.idvault.set(KEYS=tmp_path / keys, LISTEN="127.0.0.1:0")
        if not name:
            # Nobody answers there: an empty log may start without its witnesses.
            prepared.idvault.set(WITNESSES=f"https://127.0.0.1:9 {WITNESS}")
        started = Started(tmp_path, *arguments)
        running.append(started)
        ready = started.ready()
        if name:
            address = ready["grpc" if name == "im" else "grpc_custody"]
            assert _serving(prepared, str(address), name)
            _knock(str(address))
        assert str(ready["metrics"]).startswith("http://127.0.0.1:")
        assert started.stop() == 0
        assert not started.ready_file.exists()
        assert started.err == ""
        lines = [json.loads(line) for line in started.out.splitlines() if line]
        # The witness is away.
        assert {line["task"] for line in lines if line.get("event") == "task_failed"} <= {"log"}


def _knock(address: str) -> None:
    """Send what is not TLS, and wait until the edge has closed the connection."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection, suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while connection.recv(100):
            pass


def test_processes_share_one_port_and_end_together(
    prepared: Deployment, tmp_path: Path, running: list[Started]
) -> None:
    """IDVAULT_PROCESSES serve on one port; if one is killed all end with 1."""
    port = free_port()
    prepared.idvault.set(LISTEN=f"127.0.0.1:{port}", PROCESSES=2)
    started = Started(tmp_path, "serve", "--edge", "platform")
    running.append(started)
    ready = started.ready()
    pids = ready["pids"]
    assert isinstance(pids, list)
    assert (ready["grpc"], len(set(pids))) == (f"127.0.0.1:{port}", 2)
    assert _serving(prepared, f"127.0.0.1:{port}", "im")
    other = os.pidfd_open(pids[1])
    os.kill(pids[0], signal.SIGKILL)
    _, told = started.process.communicate(timeout=60)
    assert started.process.returncode == 1
    assert "serve-0 ended with -9" in told
    assert select.select([other], [], [], 2)[0]
    assert not started.ready_file.exists()


def test_busy_port_is_3(prepared: Deployment, running: list[Started]) -> None:
    """A port in use is named with its setting: gRPC would silently share it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        prepared.idvault.set(LISTEN=f"127.0.0.1:{port}")
        result = prepared.idvault("serve", "--edge", "platform")
    assert result.code == ExitCode.UNREACHABLE
    assert f"port {port} is in use (IDVAULT_LISTEN" in result.err


def test_a_process_that_takes_over_needs_its_own_metrics(prepared: Deployment) -> None:
    """--shares-port allows a busy IDVAULT_LISTEN, and not a busy IDVAULT_METRICS_LISTEN."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        prepared.idvault.set(LISTEN=f"127.0.0.1:{port}", METRICS_LISTEN=f"127.0.0.1:{port}")
        result = prepared.idvault("serve", "--edge", "platform", "--shares-port")
    assert result.code == ExitCode.UNREACHABLE
    assert f"port {port} is in use (IDVAULT_METRICS_LISTEN)" in result.err


def test_edge_that_can_read_the_workers_keys_does_not_start(deployment: Deployment) -> None:
    """Key files in one folder are refused in production."""
    deployment.done("keys", "init")
    deployment.publish_roster()
    deployment.idvault.set(LISTEN="127.0.0.1:0")
    result = deployment.idvault("serve", "--edge", "platform")
    assert result.code == ExitCode.WRONG_USAGE
    assert "which this process can read" in result.err


def test_roster_for_development_is_refused(deployment: Deployment) -> None:
    """A development roster is refused in production, and leaves nothing in the database."""
    deployment.done("keys", "init")
    deployment.done("db", "upgrade")
    deployment.publish_roster("--development")
    deployment.separate_keys()
    deployment.idvault.set(LISTEN="127.0.0.1:0")
    result = deployment.idvault("serve", "--edge", "platform")
    assert result.code == ExitCode.UNVERIFIED
    assert "version 1 is for development" in result.err
    with sqlite3.connect(deployment.folder / "main.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM log_entries").fetchone() == (0,)
    database.close()


def test_roster_without_witnesses_is_refused(deployment: Deployment) -> None:
    """It verifies as a version of the chain, but is not adopted."""
    deployment.done("keys", "init")
    deployment.done("db", "upgrade")
    deployment.publish_roster()
    place = deployment.folder / "roster.json"
    unwatched = json.loads(place.read_text()) | {"witness": {}, "signatures": []}
    place.write_text(json.dumps(unwatched))
    for name in CUSTODIANS:
        identity = identities.load(deployment.folder / "people" / name, passphrase=b"correct horse battery")
        signed = roster_signature.sign(roster.parse(place.read_bytes()), name=name, signer=identity.sign)
        place.write_bytes(signed.to_bytes())
    deployment.separate_keys()
    deployment.idvault.set(LISTEN="127.0.0.1:0")
    result = deployment.idvault("serve", "--edge", "platform")
    assert result.code == ExitCode.UNVERIFIED
    assert "names no witnesses" in result.err
    assert deployment.idvault("roster", "verify", place).code == ExitCode.DONE


@pytest.mark.parametrize(
    ("command", "holder", "purpose", "name"),
    [
        (("work",), Holder.WORK, Purpose.LOG, "witness.example/w1"),
        (("work",), Holder.WORK, Purpose.STATUS_LIST, "witness.example/w1"),
        (("work",), Holder.WORK, None, "vault.example/w1"),
        (("serve", "--edge", "platform"), Holder.SERVICE, Purpose.STATUS_TOKEN, "witness.example/w1"),
        (("serve", "--edge", "custody"), Holder.CUSTODY, None, "w1.vault.example"),
    ],
)
def test_the_vault_itself_is_no_witness(
    deployment: Deployment, command: tuple[str, ...], holder: Holder, purpose: Purpose | None, name: str
) -> None:
    """A process refuses a roster whose witness has one of its keys, or a name under the vault's."""
    deployment.done("keys", "init")
    deployment.done("db", "upgrade")
    path = deployment.folder / "keys" / f"{holder.value}.keys"
    public = merkle.witness(name, seed=9).key.public_key
    if purpose is not None:
        keys = LocalKeyProvider.load(path, passphrase=b"correct horse battery", entropy=ENTROPY)
        (public,) = public_keys(keys, purpose)
    deployment.publish_roster(witness=str(VerifierKey(name, public, Algorithm.COSIGNATURE_V1)))
    deployment.separate_keys()
    place = path if path.exists() else deployment.folder / holder.value / path.name
    deployment.idvault.set(LISTEN="127.0.0.1:0", KEYS=place)
    result = deployment.idvault(*command)
    assert result.code == ExitCode.UNVERIFIED
    assert ("key of the vault" if purpose else "lies under that of the vault") in result.err


def test_start_without_schema_is_refused(prepared: Deployment, tmp_path: Path) -> None:
    """A database without a schema is reported, not created."""
    prepared.idvault.set(LISTEN="127.0.0.1:0", DATABASE_URL=f"sqlite:///{tmp_path}/other.sqlite3")
    result = prepared.idvault("serve", "--edge", "platform")
    assert result.code == ExitCode.REFUSED
    assert "db upgrade" in result.err


def test_keys_are_made_once(deployment: Deployment) -> None:
    """`keys init` creates three files, prints the log's public key, and never replaces a file."""
    first = deployment.idvault("keys", "init")
    content = {path: path.read_bytes() for path in (deployment.folder / "keys").glob("*.keys")}
    second = deployment.idvault("keys", "init")
    assert len(content) == 3
    assert {path: path.read_bytes() for path in content} == content
    assert first.out == second.out
    assert "log public key: vault.example/log+" in first.out
    deployment.secret("passphrase", "another passphrase")
    assert deployment.idvault("keys", "init").code == ExitCode.UNREACHABLE


def test_databases_are_upgraded_once(deployment: Deployment) -> None:
    """`db upgrade` may be repeated; databases of two deployments are refused."""
    for _ in range(2):
        assert deployment.done("db", "upgrade") == "db: both databases are up to date"
    deployment.idvault.set(SHRED_DATABASE_URL=f"sqlite:///{deployment.folder}/other.sqlite3")
    assert deployment.idvault("db", "upgrade").code == ExitCode.REFUSED


def test_platforms_are_registered_and_revoked(deployment: Deployment) -> None:
    """Registering may be repeated; a revoked key, a foreign certificate and an unknown key are refused."""
    deployment.done("db", "upgrade")
    certificate = deployment.certificate("platform", "im")
    monitor = deployment.certificate("monitor", "eye")
    for _ in range(2):
        assert deployment.done("platform", "register", "im", "--certificate", certificate).endswith(
            "im registered"
        )
    last = deployment.done("platform", "register", "eye", "--role", "monitor", "--certificate", monitor)
    assert last == "platform: eye registered"
    assert (
        deployment.idvault("platform", "register", "eye", "--certificate", monitor).code == ExitCode.REFUSED
    )
    assert deployment.done("platform", "revoke", "im", "--certificate", certificate) == "platform: im revoked"
    assert (
        deployment.idvault("platform", "register", "im", "--certificate", certificate).code
        == ExitCode.REFUSED
    )
    unknown = deployment.certificate("platform", "other")
    assert (
        deployment.idvault("platform", "revoke", "other", "--certificate", unknown).code == ExitCode.REFUSED
    )
    nothing = deployment.folder / "none.pem"
    assert (
        deployment.idvault("platform", "register", "im", "--certificate", nothing).code
        == ExitCode.UNREACHABLE
    )


def test_workers_share_one_key_file(deployment: Deployment, tmp_path: Path, running: list[Started]) -> None:
    """A worker with keys of its own is refused with a sentence; with the first one's file it starts."""
    deployment.idvault.set(DEVELOPMENT=1)
    deployment.done("keys", "init")
    deployment.done("db", "upgrade")
    deployment.publish_roster("--development", witness="")
    other, second = tmp_path / "other", tmp_path / "second"
    other.mkdir()
    second.mkdir()
    deployment.idvault.set(KEYS=other / "service.keys")
    deployment.done("keys", "init")
    deployment.idvault.set(KEYS=tmp_path / "keys" / "work.keys")
    running.append(Started(tmp_path, "work"))
    running[0].ready()
    deployment.idvault.set(KEYS=other / "work.keys")
    refused = Started(second, "work")
    running.append(refused)
    _, told = refused.process.communicate(timeout=60)
    assert refused.process.wait() == ExitCode.UNREACHABLE
    assert "IDVAULT_KEYS: all workers must share one file" in told
    deployment.idvault.set(KEYS=tmp_path / "keys" / "work.keys")
    running.append(Started(second, "work"))
    running[-1].ready()
    assert [running[-1].stop(), running[0].stop()] == [0, 0]


def test_worker_needs_its_own_keys(prepared: Deployment, tmp_path: Path) -> None:
    """A worker with the edge's keys does not start: it could not open waiting claims."""
    prepared.idvault.set(KEYS=tmp_path / "keys" / "service.keys")
    result = prepared.idvault("work")
    assert result.code == ExitCode.UNREACHABLE
