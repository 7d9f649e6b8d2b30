"""Runs a real vault for your own tests, or connects to one that runs on this machine (`idvault dev`).

    from idvault_client import testing

    with testing.server() as vault:                      # or the pytest fixture `idvault_server`
        person = vault.registry.newcomer()
        with vault.connect() as client:
            client.verify_individual(person.name, resident_id(person.number), consent=...)

The server is the vault itself with a mocked national registry, in a separate process that ends with the
block, or with the process that started it. It needs the package idvault-dev. The first start on a machine
prepares keys and databases, which takes some seconds. Later starts take about two seconds. The vault starts
without accounts.

In pytest: `pytest_plugins = ["idvault_client.pytest_plugin"]` in conftest.py.
"""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

from idvault_client import aio, transport
from idvault_client.backend.blocking import vault
from idvault_client.transport import Tls
from idvault_verify import document
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import DEVELOPMENT_MODERATORS, ModeratorKey

DEVELOPMENT_PLATFORM = "platform-a"
# A vault that ended is noticed at once: only one that starts slowly, on a busy machine, waits as long.
_START, _STOP = 240.0, 15.0
_POLL = 0.02
_PARENT_PIPE = "IDVAULT_PARENT_PIPE"
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_GIVEN = "安宁和平清明文远思源若水星河云舒景行知秋"
_random = random.SystemRandom()


class ServerError(Exception):
    """The vault did not start; the text holds the last lines of its output."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The vault's address, the platform's certificate files, and the name in the vault's certificate."""

    target: str
    tls: Tls
    server_name: str


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """A synthetic person; no real number has this district code."""

    name: str = field(repr=False)
    number: str = field(repr=False)


def invent() -> SyntheticPerson:
    """Return a new synthetic person, whom the registry does not know."""
    born = date(1960, 1, 1) + timedelta(days=_random.randrange(15_000))
    body = f"{_random.choice(('11', '31', '44', '51'))}0000{born:%Y%m%d}{_random.randrange(1000):03}"
    name = _random.choice(_SURNAMES) + "".join(_random.sample(_GIVEN, 3))
    return SyntheticPerson(name, body + document.resident_check_character(body=body))


@dataclass(frozen=True, slots=True)
class SyntheticOrganization:
    """A synthetic organisation; no registration authority has the region code 990000.

    representative: its legal representative. status: operating, deregistered or licence_revoked.
    """

    name: str = field(repr=False)
    number: str = field(repr=False)
    representative: SyntheticPerson = field(repr=False)
    status: str = "operating"


def invent_organization(*, pair: str = "91") -> SyntheticOrganization:
    """Return a new synthetic organisation, which the registry does not know.

    pair: the first two characters of its code, which tell its category; 91 is a company.
    """
    body = "".join(_random.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=8))
    head = f"{pair}990000{body}{document.organisation_check_character(body=body)}"
    name = f"虚构{''.join(_random.sample(_GIVEN, 4))}有限公司"
    return SyntheticOrganization(name, head + document.credit_check_character(body=head), invent())


@dataclass(frozen=True, slots=True)
class MockRegistry:
    """The mocked national registry, controlled through the admin port that has this base URL."""

    admin_url: str

    def add(self, *people: SyntheticPerson) -> None:
        """Add people; the registry answers MISMATCH for anybody else."""
        entries = [{"name": person.name, "number": person.number} for person in people]
        self._ask("POST", "/people", {"people": entries})

    def newcomer(self) -> SyntheticPerson:
        """Return a new person, after adding them to the registry."""
        person = invent()
        self.add(person)
        return person

    def add_organizations(self, *organizations: SyntheticOrganization) -> None:
        """Add organisations; the registry has no record of any other code."""
        entries = [
            {
                "name": each.name,
                "number": each.number,
                "representative_name": each.representative.name,
                "representative_number": each.representative.number,
                "status": each.status,
            }
            for each in organizations
        ]
        self._ask("POST", "/organizations", {"organizations": entries})

    def behave(self, mode: str, *, count: int | None = None, latency_ms: int = 0) -> None:
        """Set how the registry answers, for count calls or until the next change.

        mode: normal, slow, hang, down, half_answer, lose_answer, wrong_signature, maintenance, source_error
        or in_progress.
        """
        self._ask("PUT", "/behaviour", {"mode": mode, "count": count, "latency_ms": latency_ms})

    def reset(self) -> None:
        """Reset counters and behaviour; the people stay."""
        self._ask("POST", "/reset")

    def counters(self) -> dict[str, int]:
        """Return the counters, such as "charged", the number of decided checks."""
        return self._ask("GET", "/counters")

    def _ask(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.admin_url + path, data=data, method=method)  # noqa: S310 - loopback
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            result: dict[str, Any] = json.loads(answer.read())
        return result


@dataclass(frozen=True, slots=True)
class Server:
    """A running vault. ready: the content of its ready file; ready_file: its path."""

    ready_file: Path
    ready: dict[str, Any] = field(repr=False)

    @property
    def registry(self) -> MockRegistry:
        """The mocked registry."""
        return MockRegistry(self.ready["registry"]["admin_url"])

    @property
    def public(self) -> Path:
        """The public directory: jwks.json, status lists, the log."""
        return Path(self.ready["public"])

    def connect(
        self, *, platform: str = DEVELOPMENT_PLATFORM, timeout: float = transport.DEFAULT_TIMEOUT
    ) -> vault.Vault:
        """Return a client; platform-a and platform-b are registered."""
        return connect(self.ready_file, platform=platform, timeout=timeout)

    def connect_aio(
        self, *, platform: str = DEVELOPMENT_PLATFORM, timeout: float = transport.DEFAULT_TIMEOUT
    ) -> aio.Vault:
        """Return an asyncio client."""
        return connect_aio(self.ready_file, platform=platform, timeout=timeout)


@contextmanager
def server(*, prepared: str | PathLike[str] | None = None, registry_latency_ms: int = 0) -> Iterator[Server]:
    """Run a vault without accounts until the block ends.

    prepared: the folder with the prepared keys and databases; by default a folder of this user in the
    temporary folder. registry_latency_ms: how long the registry takes to answer. Raises ServerError.
    """
    if find_spec("idvault_dev") is None:
        raise ServerError("a vault for tests needs a package that is not installed: pip install idvault-dev")
    kept = Path(prepared) if prepared is not None else _kept()
    with tempfile.TemporaryDirectory(prefix="idvault-testing-") as folder:
        state, output = Path(folder) / "state", Path(folder) / "output"
        command = [
            sys.executable,
            "-m",
            "idvault.processes.cli",
            "dev",
            "--lean",
            str(kept),
            "--state",
            str(state),
        ]
        process, pipe = _start([*command, "--registry-latency", str(registry_latency_ms)], output)
        try:
            ready_file = state / "ready.json"
            yield Server(ready_file, _wait(process, ready_file, output))
        finally:
            _stop(process)
            os.close(pipe)


def endpoint(ready_file: str | PathLike[str], *, platform: str = DEVELOPMENT_PLATFORM) -> Endpoint:
    """Read a ready file; raises OSError if it is missing, ValueError if it does not name the platform."""
    ready = json.loads(Path(ready_file).read_text(encoding="utf-8"))
    try:
        paths = ready["certificates"][platform]
        tls = Tls(ready["ca"], paths["certificate"], paths["key"])
        return Endpoint(ready["grpc"], tls, ready["server_name"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"the ready file names no platform {platform}") from error


def connect(
    ready_file: str | PathLike[str],
    *,
    platform: str = DEVELOPMENT_PLATFORM,
    timeout: float = transport.DEFAULT_TIMEOUT,
) -> vault.Vault:
    """Return a client of the vault that wrote the ready file."""
    found = endpoint(ready_file, platform=platform)
    return vault.connect(found.target, tls=found.tls, timeout=timeout, server_name=found.server_name)


def connect_aio(
    ready_file: str | PathLike[str],
    *,
    platform: str = DEVELOPMENT_PLATFORM,
    timeout: float = transport.DEFAULT_TIMEOUT,
) -> aio.Vault:
    """Return an asyncio client of the vault that wrote the ready file."""
    found = endpoint(ready_file, platform=platform)
    return aio.connect(found.target, tls=found.tls, timeout=timeout, server_name=found.server_name)


def moderator(vault: vault.Vault, *, platform: str = DEVELOPMENT_PLATFORM) -> ModeratorKey:
    """Return the key of a new moderator of a development platform, as which you can decide.

    The two moderators whom a development vault names by itself countersign it.
    """
    key, now = ModeratorKey.generate(platform), datetime.now(UTC)
    made = registration.register(key, now=now)
    for name in DEVELOPMENT_MODERATORS:
        other = ModeratorKey.development(name, relying_party=platform)
        found = vault.sanctions.find_moderator(other.public_key)
        made = made.countersign(other.of(found.moderator_id), now=now)
    return key.of(vault.sanctions.register_moderator(made).moderator_id)


def _kept() -> Path:
    """Return a folder that only this user can use; raises ServerError if others can use it."""
    folder = Path(tempfile.gettempdir()) / f"idvault-prepared-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077 or not stat.S_ISDIR(found.st_mode):
        raise ServerError(f"{folder} can be used by other users")
    return folder


def _start(command: list[str], output: Path) -> tuple[subprocess.Popen[bytes], int]:
    # The child holds the read end, and ends when this process dies for any reason.
    read_end, write_end = os.pipe()
    with output.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, and our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, _PARENT_PIPE: str(read_end)},
            pass_fds=(read_end,),
        )
    os.close(read_end)
    return process, write_end


def _wait(process: subprocess.Popen[bytes], ready_file: Path, output: Path) -> dict[str, Any]:
    end = time.monotonic() + _START
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > end:
            lines = output.read_text("utf-8", "replace").splitlines()[-15:]
            raise ServerError("\n".join(("the vault did not become ready:", *lines)))
        time.sleep(_POLL)
    document: dict[str, Any] = json.loads(ready_file.read_text("utf-8"))
    return document


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
