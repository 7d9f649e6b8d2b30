"""Two units of PostgreSQL on this host, one for each database, and the etcd that both need."""

import asyncio
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from tools.support.authority import Authority
from tools.support.databases import Databases
from tools.torture.failover.member import Member
from tools.torture.failover.programs import Programs

_MEMBERS = 3
_PATIENCE = 180.0
_PAUSE = 0.1
_SECRETS = ("THE-SUPERUSER", "REPLICATION", "REWINDS")
# Below the ports that the system gives to clients: a dead server's port must stay free until it returns.
_PORTS = range(20_000, 32_000)


class FailoverError(AssertionError):
    """A unit is not in the state that the campaign waits for."""


@dataclass
class Unit:
    """The members of one database."""

    name: str
    members: Sequence[Member]
    authority: Path
    secrets: dict[str, str] = field(repr=False)

    def start(self) -> None:
        for member in self.members:
            member.start()

    def stop(self) -> None:
        for member in self.members:
            member.stop()

    def url(self, *, user: str, secret: str, database: str) -> str:
        """Return the address of a database with every member, as the operations page shows it."""
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        options = f"target_session_attrs=read-write&sslmode=verify-full&sslrootcert={self.authority}"
        return f"postgresql://{user}:{secret}@{hosts}/{database}?{options}"

    def create(self) -> str:
        """Create the vault's role and database; return the address."""
        secret = secrets.token_hex(16)
        admin = self.url(user="postgres", secret=self.secrets["THE-SUPERUSER"], database="postgres")
        asyncio.run(_execute(admin, f"CREATE ROLE idvault LOGIN PASSWORD '{secret}'"))
        asyncio.run(_execute(admin, f"CREATE DATABASE {self.name} OWNER idvault"))
        return self.url(user="idvault", secret=secret, database=self.name)

    def kill_leader(self) -> Member:
        """End the leader and its PostgreSQL with kill -9; return it."""
        leader = self.leader()
        if leader is None:
            raise FailoverError(f"{self.name} has no leader to kill")
        leader.kill()
        return leader

    def leader(self, besides: Member | None = None) -> Member | None:
        """Return the leader, unless it is that member."""
        return next((each for each in self.members if each is not besides and each.is_leader()), None)

    def wait_leader(self, besides: Member | None = None) -> Member:
        """Wait for a leader other than that member."""
        found: list[Member] = []

        def look() -> bool:
            leader = self.leader(besides)
            found.extend([leader] if leader else [])
            return leader is not None

        self._wait(look, "a leader")
        return found[0]

    def wait_whole(self) -> None:
        """Wait until the leader has a synchronous standby, and another standby follows."""
        self._wait(self._is_whole, "a leader and its standbys")

    def _is_whole(self) -> bool:
        states = sorted((each["role"], each["state"]) for each in self.members[0].unit())
        return states == [("leader", "running"), ("replica", "streaming"), ("sync_standby", "streaming")]

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            ended = [said for member in self.members if (said := member.complaint())]
            if ended or time.monotonic() > deadline:
                raise FailoverError(f"{self.name} does not get {what}: {ended or self.members[0].unit()}")
            time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class Units:
    """Both units, whole, and the addresses of the vault's databases in them."""

    main: Unit
    shred: Unit
    databases: Databases


@contextmanager
def running(programs: Programs) -> Iterator[Units]:
    """Run etcd and both units for the duration of the block, and leave no process behind."""
    with ExitStack() as stack:
        # Another account enters every parent folder.
        folder = Path(tempfile.mkdtemp(prefix="idvault-failover-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        _certify(folder, programs)
        ports = iter(_free_ports(2 * _MEMBERS + 4 * _MEMBERS))
        etcd = [(next(ports), next(ports)) for _ in range(_MEMBERS)]
        for number in range(_MEMBERS):
            stack.callback(_end, _start_etcd(folder, programs, number, etcd))
        clients = ",".join(f"127.0.0.1:{client}" for client, _ in etcd)
        main, shred = (_unit(name, folder, programs, ports, clients) for name in ("main", "shred"))
        for unit in (main, shred):
            stack.callback(unit.stop)
            unit.start()
        for unit in (main, shred):
            unit.wait_whole()
        yield Units(main, shred, Databases("postgres", main.create(), shred.create()))


def _certify(folder: Path, programs: Programs) -> None:
    """Write the servers' certificate and key, and the authority's certificate."""
    authority = Authority()
    issued, key = authority.server(), folder / "server.key"
    (folder / "server.pem").write_bytes(issued.certificate)
    key.write_bytes(issued.key)
    key.chmod(0o600)
    if programs.account:
        shutil.chown(key, programs.account, programs.account)
    (folder / "ca.pem").write_bytes(authority.ca)


def _unit(name: str, folder: Path, programs: Programs, ports: Iterator[int], etcd: str) -> Unit:
    passwords = {each: secrets.token_hex(16) for each in _SECRETS}
    own = {
        "scope: idvault-main": f"scope: idvault-{name}",
        "etcd1.example:2379,etcd2.example:2379,etcd3.example:2379": etcd,
        **{f"SECRET-OF-{who}": password for who, password in passwords.items()},
        "/etc/patroni/server": str(folder / "server"),
        "samenet": "127.0.0.1/32",
        "4GB": "16MB",
        "max_connections: 200": "max_connections: 100",
        "mode: required": "mode: 'off'",
    }
    members = [
        Member(programs, f"{name}{number}", folder / f"{name}{number}", next(ports), next(ports))
        for number in range(_MEMBERS)
    ]
    for member in members:
        member.prepare(own)
    return Unit(name, members, folder / "ca.pem", passwords)


def _start_etcd(
    folder: Path, programs: Programs, number: int, etcd: Sequence[tuple[int, int]]
) -> subprocess.Popen[bytes]:
    """Start one member; it need not survive a power cut, and has time on a busy host."""
    place = folder / f"etcd{number}"
    place.mkdir(mode=0o700)
    if programs.account:
        shutil.chown(place, programs.account, programs.account)
    client, peer = (f"http://127.0.0.1:{port}" for port in etcd[number])
    everybody = ",".join(f"etcd{each}=http://127.0.0.1:{peer}" for each, (_, peer) in enumerate(etcd))
    options = {
        "name": f"etcd{number}",
        "data-dir": place / "data",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": everybody,
        "initial-cluster-token": folder.name,
        "heartbeat-interval": 200,
        "election-timeout": 2000,
        "log-level": "warn",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    with (folder / f"etcd{number}.log").open("ab") as log:
        return subprocess.Popen(
            programs.command(programs.etcd, *words, "--unsafe-no-fsync"), stdout=log, stderr=log, cwd="/"
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = random.choice(_PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe:
            if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found


async def _execute(url: str, statement: str) -> None:
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
