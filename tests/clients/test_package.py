"""The installed packages: each alone in a fresh environment, with what it brings and what its commands do."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from idvault.processes.cli import app as service
from idvault_client import Tls
from idvault_people.commands.app import PROGRAM as PEOPLE
from idvault_verify.v1 import campaign_pb2, status_pb2
from tests.clients.vault_server import TOKEN, VaultServer, status
from tools.support.authority import Authority, spiffe

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".venv" / "bin" / "uv"
# Where each package is, and which of ours it brings.
PLACES = {
    "idvault-verify": "clients/verify",
    "idvault-client": "clients/python",
    "idvault-people": "clients/people",
    "idvault": ".",
    "idvault-dev": "development",
}
NEEDS = {
    "idvault-verify": {"idvault-verify"},
    "idvault-client": {"idvault-verify", "idvault-client"},
    "idvault-people": {"idvault-verify", "idvault-client", "idvault-people"},
    "idvault": {"idvault-verify", "idvault-client", "idvault"},
    "idvault-dev": set(PLACES),
}
COMMANDS = frozenset({"typer", "rich"})
PAGES = frozenset({"aiohttp", "babel", "jinja2"})
SERVICE = frozenset({"alembic", "asyncpg", "sqlalchemy", "prometheus_client"})
OTHERS = COMMANDS | PAGES | SERVICE | {"grpc", "segno"}
MOST_OF_A_BACKEND = 250
# What opens, by its functions and classes; `open_record` is left out, as the service calls an act so.
OPENS = (
    *("open_share", "open_sealed_share", "open_resealed", "reseal", "reseal_to_successor", "data_key"),
    *("check_share", "combine", "ShareError", "PersonalIdentity"),
)
CAMPAIGN = "c" * 32
PROGRESS = campaign_pb2.CampaignProgress(
    campaign_id=CAMPAIGN,
    state=campaign_pb2.Campaign.STATE_RUNNING,
    cohort_size=5,
    total=campaign_pb2.CampaignFunnel(invited=5, verified=1),
    coverage=[campaign_pb2.CampaignProgress.Coverage(day="2026-03-01", verified=1)],
)
NOT_INSTALLED = "this command needs packages that are not installed: pip install '{}[cli]'"
MOVED = "`{1}` is a command of {0}: pip install {0}, then `{2}`"
ASK = """
import sys
import idvault_client, idvault_client.aio, idvault_client.offline

target, *tls = sys.argv[1:]
with idvault_client.connect(target, tls=idvault_client.Tls(*tls), server_name="localhost") as vault:
    print(vault.batch_get_statuses([{token!r}]).statuses[0].state)
"""
NAMED = """
import ast, sys
from pathlib import Path

wanted, found = set(sys.argv[2:]), set()
for path in Path(sys.argv[1]).glob("idvault*/**/*.py"):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name in wanted:
            found.add(node.name)
print(*sorted(found))
"""
LOAD_ALL = """
import sys
from {module} import {name}

program = {made}
for name in program.commands:
    program.load(name)
    print(name)
"""
SERVER = """
import sys
from datetime import UTC, datetime
from idvault_client import Consent, resident_id, testing

with testing.server(prepared=sys.argv[1]) as vault, vault.connect() as client:
    person = vault.registry.newcomer()
    consent = Consent("v1", datetime.now(UTC))
    print(client.verify_individual(person.name, resident_id(person.number), consent=consent).status.state)
"""
CONSOLE = """
import asyncio, re, sys, urllib.request
from pathlib import Path
from typing import Protocol
from idvault_people.console import server
from idvault_people.console.app import Console
from idvault_client.pages.texts import SHARED

def statuses(file):
    url = re.search('url=([^"]*)', file.read_text())[1]
    host = url.split("/")[2]
    base = "http://127.0.0.1:" + host.rpartition(":")[2]
    for path in ("/static/style.css", url.partition(host)[2]):
        asked = urllib.request.Request(base + path, headers={"Host": host})
        yield urllib.request.urlopen(asked).status

async def main(folder):
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    texts = {"service": SHARED["skip"]}
    console = Console(texts=texts, templates=folder, menu=(), routes=(), explain=lambda error, visit: None)
    running = asyncio.create_task(server.run(console, folder=folder, ready=told.set_result, stop=stop))
    print(*await asyncio.to_thread(lambda file: list(statuses(file)), await told))
    stop.set()
    await running

asyncio.run(main(Path(sys.argv[1])))
"""
MODERATION = """
from idvault_people.moderation import pages
from idvault_people.moderation.workplace import Workplace
from idvault_client.pages import rendering

console = pages.console(Workplace(vault=None, key=None))
environment = rendering.templates(console.templates)
for name in environment.list_templates():
    environment.get_template(name)
print(console.texts["service"].in_language("zh"))
"""


class Installed:
    """An environment with one package of ours and what it needs, outside this project's folder."""

    def __init__(self, folder: Path) -> None:
        """Set the folder."""
        self.folder = folder

    @property
    def packages(self) -> Path:
        """Where the packages are."""
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def run(self, program: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, outside of the project."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [self.folder / "bin" / program, *arguments],
            check=False,
            cwd=self.folder,
            env={**environment, **settings},
            capture_output=True,
            text=True,
        )

    def python(self, code: str, *arguments: str) -> str:
        """Run code, which must end well; return its output."""
        done = self.run("python", "-c", code, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def has(self, modules: frozenset[str]) -> set[str]:
        """Return which of these modules can be imported."""
        question = "import sys, importlib.util as u; print(*filter(u.find_spec, sys.argv[1:]))"
        return set(self.python(question, *sorted(modules)).split())

    def modules(self, *packages: str) -> int:
        """Return how many modules packages of ours have, those of the messages among them."""
        return sum(1 for name in packages for _ in (self.packages / name.replace("-", "_")).rglob("*.py"))


class Install(Protocol):
    """Installs a package with an extra, in an environment of its own."""

    def __call__(self, package: str, extra: str = "") -> Installed: ...


def index_of_pip() -> dict[str, str]:
    """Return uv's setting for pip's index, as scripts/setup does."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    )
    found = re.findall(r"^.*\.index-url[=]'(.*)'$", listing.stdout, re.MULTILINE)
    return {"UV_DEFAULT_INDEX": os.environ.get("UV_DEFAULT_INDEX") or found[-1]} if found else {}


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Build each wheel once; returns a function that installs one at the locked versions, somewhere fresh."""
    built = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    for place in PLACES.values():
        subprocess.run(build, cwd=ROOT / place, check=True, capture_output=True)

    def make(package: str, extra: str = "") -> Installed:
        folder = tmp_path_factory.mktemp("installed")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        (wheel,) = built.glob(f"{package.replace('-', '_')}-0*.whl")
        command: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", folder / "bin" / "python"]
        command += [
            "--constraint",
            ROOT / "requirements" / "dev.txt",
            "--find-links",
            built,
            f"{wheel}{extra}",
        ]
        # Of an earlier run of these tests uv may keep a wheel of the same version, under the same path.
        command += [word for name in PLACES for word in ("--refresh-package", name)]
        subprocess.run(command, check=True, env={**os.environ, **index_of_pip()})
        made = Installed(folder)
        ours = {
            path.name.removesuffix(".dist-info").rpartition("-")[0]
            for path in made.packages.glob("idvault*.dist-info")
        }
        assert ours == {name.replace("-", "_") for name in NEEDS[package]}
        return made

    return make


def options(server: VaultServer, tls: Tls) -> Sequence[str]:
    """Return the command's connection options."""
    files = ("--ca", f"{tls.ca}", "--certificate", f"{tls.certificate}", "--key", f"{tls.key}")
    return ("--target", server.target, "--server-name", "localhost", *files)


def answering(server: VaultServer) -> VaultServer:
    """Make the server answer one status call."""
    server.outcomes = [status_pb2.BatchGetStatusesResponse(statuses=[status(TOKEN)])]
    return server


def moved(program: Installed, command: str, *words: str) -> str:
    """Return what a command says that another program has."""
    told = program.run(command, *words)
    assert (told.returncode, told.stdout) == (2, "")
    return told.stderr


def test_whoever_checks_installs_no_client(install: Install, tmp_path: Path) -> None:
    """idvault-verify alone imports whole, needs no gRPC, and names the extra of its commands."""
    bare = install("idvault-verify")
    assert bare.has(OTHERS) == set()
    bare.python(
        "from idvault_verify import offline; offline.StatusVerifier; import idvault_verify.v1.status_pb2"
    )
    told = bare.run("idvault-verify", "check-token", "x")
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr == f"idvault-verify: {NOT_INSTALLED.format('idvault-verify')}\n"
    told = bare.run("idvault-verify", "--json", "check-token")
    assert NOT_INSTALLED.format("idvault-verify") in json.loads(told.stderr)["error"].values()


def test_whoever_checks_gets_the_commands(install: Install, tmp_path: Path) -> None:
    """With [cli] each check is there, and one ends as documented."""
    reader = install("idvault-verify", "[cli]")
    assert reader.has(OTHERS) == {"typer", "rich"}
    listed = reader.run("idvault-verify", "--help")
    assert listed.returncode == 0, listed.stderr
    for name in ("token", "receipt", "history", "erasure", "evidence", "report"):
        assert f"check-{name}" in listed.stdout
        assert reader.run("idvault-verify", f"check-{name}", "--help").returncode == 0
    nothing = tmp_path / "receipt.json"
    nothing.write_text("{}")
    told = reader.run("idvault-verify", "check-receipt", f"{nothing}", "--public-key", "no-key")
    assert (told.returncode, "--public-key" in told.stderr) == (2, True)


def installed_as_the_readme_says(folder: Path) -> Installed:
    """Run README's lines in a fresh environment, with a copy of the project at ~/idvault; return it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    program = folder / "bin" / "pip"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip -q --python "{folder}/bin/python" "$@"\n')
    program.chmod(0o700)
    (folder / "idvault").symlink_to(ROOT)
    locked = re.findall(
        r"^[a-z0-9_.-]+==[^ ;\\]+", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE
    )
    (folder / "locked").write_text("\n".join(locked))
    called = (ROOT / "README.md").read_text("utf-8").split("## Call it\n")[1]
    lines = re.findall(r"^\$ (.*)$", called.split("```")[1], re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["pip", "pip"]
    settings = {"HOME": str(folder), "PATH": f"{folder}/bin:{os.environ['PATH']}", "PIP_NO_COMPILE": "1"}
    settings |= {"PIP_CONSTRAINT": str(folder / "locked"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    settings["PIP_CACHE_DIR"] = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    for url in index_of_pip().values():
        settings["PIP_INDEX_URL"] = url
    command = ["sh", "-ec", "\n".join(lines)]
    done = subprocess.run(
        command, check=False, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Installed(folder)


def test_a_backend_gets_the_client_alone(tmp_path: Path, server: VaultServer, tls: Tls) -> None:
    """As README says: without extras the client works and is typed, and a command names the missing extra."""
    bare = installed_as_the_readme_says(tmp_path / "environment")
    assert bare.has(OTHERS) == {"grpc"}
    files = (f"{tls.ca}", f"{tls.certificate}", f"{tls.key}")
    asked = bare.run("python", "-c", ASK.format(token=TOKEN), answering(server).target, *files)
    assert (asked.stdout, asked.returncode) == ("VERIFIED\n", 0), asked.stderr
    for package in ("idvault_verify", "idvault_client"):
        assert (bare.packages / package / "py.typed").read_text("utf-8") == ""
    assert bare.modules("idvault-verify", "idvault-client") <= MOST_OF_A_BACKEND
    told = bare.run("idvault-client", "status", TOKEN)
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr == f"idvault-client: {NOT_INSTALLED.format('idvault-client')}\n"
    missing = bare.run("python", "-c", "from idvault_client import testing\nwith testing.server(): pass")
    assert "pip install idvault-dev" in missing.stderr


def test_a_backend_gets_its_commands(install: Install, server: VaultServer, tls: Tls) -> None:
    """With [plot], which includes [cli], it calls a vault, draws, and says where commands went."""
    shell = install("idvault-client", "[plot]")
    asked = shell.run("idvault-client", *options(answering(server), tls), "status", TOKEN)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith(f"account_token={TOKEN} state=VERIFIED")
    server.outcomes = [PROGRESS]
    _draw_a_chart(shell, options(server, tls))
    for command, other, now in (
        ("check-token", "idvault-verify", "idvault-verify check-token"),
        ("desk", "idvault-people", "idvault-people moderator … desk"),
    ):
        told = moved(shell, "idvault-client", *options(server, tls), command, "--as", "x", "--help")
        assert told == f"idvault-client: {MOVED.format(other, command, now)}\n"
    told = json.loads(moved(shell, "idvault-client", *options(server, tls), "--json", "desk"))["error"]
    assert (told["reason"], told["package"]) == ("MOVED", "idvault-people")


def test_people_get_their_commands(install: Install) -> None:
    """A member creates keys and a roster without the service; consoles have their pages."""
    people = install("idvault-people")
    assert people.has(OTHERS) == COMMANDS | PAGES | {"grpc", "segno"}
    every = people.python(
        LOAD_ALL.format(module="idvault_people.commands.app", name="PROGRAM", made="PROGRAM")
    )
    assert every.split() == list(PEOPLE.commands)
    passphrase = people.folder / "passphrase"
    passphrase.write_text("a synthetic passphrase, and long\n", "utf-8")
    passphrase.chmod(0o600)
    identity = people.folder / "identity"
    certificate = people.folder / "custodian.pem"
    certificate.write_bytes(Authority().client(spiffe("custodian", "custodian-1")).certificate)
    who = ["--name", "custodian-1", "--organization", "Test", "--identity", f"{identity}"]
    who += ["--certificate", f"{certificate}"]
    made = people.run("idvault-people", "custodian", "init", *who, "--passphrase-file", f"{passphrase}")
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith("custodian: custodian-1 initialised\n")
    assert (identity / "public.json").exists()
    _use_the_roster(people, identity, passphrase)
    assert people.python(CONSOLE, str(people.folder)) == "200 200\n"
    assert people.python(MODERATION) == "审核员工作台\n"


def _draw_a_chart(people: Installed, connection: Sequence[str]) -> None:
    """The progress of a campaign is drawn by the installed command."""
    drawn = people.folder / "chart.svg"
    asked = people.run("idvault-client", *connection, "campaign", "progress", CAMPAIGN, "--svg", f"{drawn}")
    assert asked.returncode == 0, asked.stderr
    assert "1 of 5" in drawn.read_text("utf-8")


def _use_the_roster(people: Installed, identity: Path, passphrase: Path) -> None:
    """Propose, sign and verify need a file and the member's own key."""
    file = people.folder / "roster.json"
    quorum = ("--quorum", "main:1:custodian-1", "--development")
    proposed = people.run(
        "idvault-people", "roster", "propose", f"{file}", "--person", f"{identity / 'public.json'}", *quorum
    )
    assert (proposed.returncode, proposed.stderr) == (0, "")
    who = ("--identity", f"{identity}", "--passphrase-file", f"{passphrase}")
    signed = people.run("idvault-people", "roster", "sign", f"{file}", *who)
    assert (signed.returncode, signed.stderr) == (0, "")
    assert people.run("idvault-people", "roster", "verify", f"{file}").returncode == 0


def test_an_operator_gets_the_service_without_what_opens(install: Install, tmp_path: Path) -> None:
    """The service's commands work, databases are created, and no code of the environment opens a record."""
    operator = install("idvault", "[server]")
    assert operator.has(OTHERS) == OTHERS - {"segno"}
    assert operator.python(NAMED, f"{operator.packages}", *OPENS) == "\n"
    assert not operator.has(frozenset({"idvault_people", "idvault_dev"}))
    every = operator.python(
        LOAD_ALL.format(
            module="idvault.processes.cli.app", name="installed, program", made="program(installed())"
        )
    )
    assert every.split() == list(service.program({}).commands)
    for words, other, now in (
        (("auditor", "init"), "idvault-people", "idvault-people auditor"),
        (("dev",), "idvault-dev", "idvault dev"),
        (("roster", "sign", "--identity", "x"), "idvault-people", "idvault-people roster sign"),
        (("log", "keys", "x"), "idvault-people", "idvault-people log keys"),
    ):
        command = now.split(" ", 1)[1]
        assert moved(operator, "idvault", *words) == f"idvault: {MOVED.format(other, command, now)}\n"
    told = json.loads(moved(operator, "idvault", "--json", "custodian"))["error"]
    assert (told["reason"], told["package"]) == ("MOVED", "idvault-people")
    missing = operator.run("idvault", "serve", "--edge", "platform")
    assert (missing.returncode, "IDVAULT_DATABASE_URL is missing" in missing.stderr) == (2, True)
    settings = {
        "IDVAULT_DATABASE_URL": f"sqlite:///{tmp_path / 'main.db'}",
        "IDVAULT_SHRED_DATABASE_URL": f"sqlite:///{tmp_path / 'shred.db'}",
    }
    upgraded = operator.run("idvault", "db", "upgrade", **settings)
    assert (upgraded.stdout, upgraded.returncode) == ("db: both databases are up to date\n", 0), (
        upgraded.stderr
    )
    assert (tmp_path / "main.db").stat().st_size > 0


def test_the_names_of_what_opens_are_found_where_they_are() -> None:
    """The search that finds nothing in the service finds all of them in the people's package."""
    done = subprocess.run(
        [sys.executable, "-c", NAMED, str(ROOT / "clients" / "people"), *OPENS],
        check=True,
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) == set(OPENS)


def test_a_developer_gets_everything(install: Install) -> None:
    """With idvault-dev the one command has all of them again, and a vault runs for somebody's tests."""
    whole = install("idvault-dev")
    every = whole.python(
        LOAD_ALL.format(
            module="idvault.processes.cli.app", name="installed, program", made="program(installed())"
        )
    )
    assert every.split() == list(service.program(service.installed()).commands)
    assert whole.run("idvault", "roster", "propose", "--help").returncode == 0
    assert whole.run("idvault", "operator", "init", "--help").returncode == 0
    assert whole.run("idvault", "mock-registry", "--help").returncode == 0
    assert whole.python(SERVER, str(whole.folder / "prepared")) == "VERIFIED\n"
