"""The installed package: the client alone, the members' commands, the service."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest
import typer

from idvault.processes.cli.app import app
from idvault_client import Tls
from idvault_verify.v1 import campaign_pb2, status_pb2
from tests.clients.vault_server import TOKEN, VaultServer, status
from tests.support.authority import Authority, spiffe

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".venv" / "bin" / "uv"
PEOPLE = frozenset({"typer", "rich", "segno", "rfc8785"})
PAGES = frozenset({"aiohttp", "babel", "jinja2"})
SERVICE = frozenset({"alembic", "asyncpg", "sqlalchemy", "prometheus_client"})
CAMPAIGN = "c" * 32
PROGRESS = campaign_pb2.CampaignProgress(
    campaign_id=CAMPAIGN,
    state=campaign_pb2.Campaign.STATE_RUNNING,
    cohort_size=5,
    total=campaign_pb2.CampaignFunnel(invited=5, verified=1),
    coverage=[campaign_pb2.CampaignProgress.Coverage(day="2026-03-01", verified=1)],
)
# Every command of `idvault`, and those that run with [cli].
COMMANDS = typer.main.get_group(app).list_commands(None)  # type: ignore[arg-type]
PEOPLES_COMMANDS = {"auditor", "custodian", "operator", "roster", "log", "epoch"}
NOT_INSTALLED = "this command needs packages that are not installed: pip install 'idvault[{}]'"
ASK = """
import sys
import idvault_client, idvault_client.aio, idvault_client.offline

target, *tls = sys.argv[1:]
with idvault_client.connect(target, tls=idvault_client.Tls(*tls), server_name="localhost") as vault:
    print(vault.batch_get_statuses([{token!r}]).statuses[0].state)
"""
RUN_ALL = """
import sys
from idvault.processes.cli.__main__ import main

for name in sys.argv[1:]:
    sys.argv = ["idvault", name]
    try:
        main()
    except SystemExit as end:
        print(end.code)
"""
IMPORT_ALL = """
import typer
from idvault.processes.cli.app import app

commands = typer.main.get_group(app)
for name in commands.list_commands(None):
    try:
        commands.get_command(None, name)
    except ModuleNotFoundError as error:
        assert not error.name.startswith("idvault"), error
    else:
        print(name)
"""
CONSOLE = """
import asyncio, re, sys, urllib.request
from pathlib import Path
from typing import Protocol
from idvault_client.console import server
from idvault_client.console.app import Console
from idvault_client.reasons import Translation

def statuses(file):
    url = re.search('url=([^"]*)', file.read_text())[1]
    host = url.split("/")[2]
    base = "http://127.0.0.1:" + host.rpartition(":")[2]
    for path in ("/static/style.css", url.partition(host)[2]):
        asked = urllib.request.Request(base + path, headers={"Host": host})
        yield urllib.request.urlopen(asked).status

async def main(folder):
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()
    texts = {"service": Translation("样例", "Sample")}
    console = Console(texts=texts, templates=folder, menu=(), routes=(), explain=lambda error, visit: None)
    running = asyncio.create_task(server.run(console, folder=folder, ready=told.set_result, stop=stop))
    print(*await asyncio.to_thread(lambda file: list(statuses(file)), await told))
    stop.set()
    await running

asyncio.run(main(Path(sys.argv[1])))
"""
MODERATION = """
from idvault_client.moderation import pages
from idvault_client.moderation.workplace import Workplace
from idvault_client.pages import rendering

console = pages.console(Workplace(vault=None, key=None))
environment = rendering.templates(console.templates)
for name in environment.list_templates():
    environment.get_template(name)
print(console.texts["service"].zh)
"""


class Installed:
    """An environment with the package and some extras, outside this project's folder."""

    def __init__(self, folder: Path) -> None:
        """Set the folder."""
        self.folder = folder

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

    def has(self, modules: frozenset[str]) -> set[str]:
        """Return which of these modules can be imported."""
        question = "import sys, importlib.util as u; print(*filter(u.find_spec, sys.argv[1:]))"
        return set(self.run("python", "-c", question, *sorted(modules)).stdout.split())


class Install(Protocol):
    """Installs the wheel with an extra, in an environment of its own or into another."""

    def __call__(self, extra: str, *, into: Installed | None = None) -> Installed: ...


def index_of_pip() -> dict[str, str]:
    """Return uv's setting for pip's index, as scripts/setup does."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    )
    found = re.findall(r"^.*\.index-url[=]'(.*)'$", listing.stdout, re.MULTILINE)
    return {"UV_DEFAULT_INDEX": os.environ.get("UV_DEFAULT_INDEX") or found[-1]} if found else {}


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Build the wheel once; returns a function that installs it, at the locked versions, somewhere fresh."""
    built = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")

    def make(extra: str, *, into: Installed | None = None) -> Installed:
        folder = into.folder if into else tmp_path_factory.mktemp("installed")
        if into is None:
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        command: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", folder / "bin" / "python"]
        command += ["--constraint", ROOT / "requirements" / "dev.txt", f"{wheel}{extra}"]
        subprocess.run(command, check=True, env={**os.environ, **index_of_pip()})
        return Installed(folder)

    return make


def options(server: VaultServer, tls: Tls) -> Sequence[str]:
    """Return the command's connection options."""
    files = ("--ca", f"{tls.ca}", "--certificate", f"{tls.certificate}", "--key", f"{tls.key}")
    return ("--target", server.target, "--server-name", "localhost", *files)


def answering(server: VaultServer) -> VaultServer:
    """Make the server answer one status call."""
    server.outcomes = [status_pb2.BatchGetStatusesResponse(statuses=[status(TOKEN)])]
    return server


def extra_of(command: str) -> str:
    """Return the extra that a command needs."""
    return "cli" if command in PEOPLES_COMMANDS else "server"


def test_a_backend_gets_the_client_alone(install: Install, server: VaultServer, tls: Tls) -> None:
    """Without extras the client works and is typed, and each command names the missing extra."""
    bare = install("")
    assert bare.has(PEOPLE | PAGES | SERVICE | {"idvault", "grpc"}) == {"idvault", "grpc"}
    files = (f"{tls.ca}", f"{tls.certificate}", f"{tls.key}")
    asked = bare.run("python", "-c", ASK.format(token=TOKEN), answering(server).target, *files)
    assert (asked.stdout, asked.returncode) == ("VERIFIED\n", 0), asked.stderr
    for package in ("idvault", "idvault_client"):
        assert [
            path.read_text("utf-8") for path in bare.folder.glob(f"lib/*/site-packages/{package}/py.typed")
        ] == [""]
    for program, arguments, extra in (
        ("idvault", ("serve", "--edge", "platform"), "server"),
        ("idvault", ("auditor", "--help"), "cli"),
        ("idvault-client", ("status", TOKEN), "cli"),
    ):
        told = bare.run(program, *arguments)
        text = f"{program}: {NOT_INSTALLED.format(extra)}\n"
        assert (told.returncode, told.stdout, told.stderr) == (3, "", text)
    every = bare.run("python", "-c", RUN_ALL, *COMMANDS)
    assert every.stdout.split() == ["3"] * len(COMMANDS)
    assert every.stderr.splitlines() == [
        f"idvault: {NOT_INSTALLED.format(extra_of(name))}" for name in COMMANDS
    ]
    for program, extra in (("idvault", "server"), ("idvault-client", "cli")):
        told = bare.run(program, "--json", "status")
        assert told.returncode == 3
        assert NOT_INSTALLED.format(extra) in json.loads(told.stderr)["error"].values()


def test_people_get_their_commands(install: Install, server: VaultServer, tls: Tls) -> None:
    """With [cli] members can create keys and call a vault; service commands name the missing extra."""
    people = install("[cli]")
    assert people.has(PEOPLE | PAGES | SERVICE) == PEOPLE
    asked = people.run("idvault-client", *options(answering(server), tls), "status", TOKEN)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith(f"account_token={TOKEN} state=VERIFIED")
    assert set(people.run("python", "-c", IMPORT_ALL).stdout.split()) == PEOPLES_COMMANDS
    assert people.run("idvault", "auditor", "--help").returncode == 0
    told = people.run("idvault-client", *options(server, tls), "desk", "--as", "nobody")
    assert (told.returncode, NOT_INSTALLED.format("console") in told.stderr) == (3, True)
    passphrase = people.folder / "passphrase"
    passphrase.write_text("a synthetic passphrase, and long\n", "utf-8")
    passphrase.chmod(0o600)
    identity = people.folder / "identity"
    certificate = people.folder / "custodian.pem"
    certificate.write_bytes(Authority().client(spiffe("custodian", "custodian-1")).certificate)
    who = ["--name", "custodian-1", "--organization", "Test", "--identity", f"{identity}"]
    who += ["--certificate", f"{certificate}"]
    made = people.run("idvault", "custodian", "init", *who, "--passphrase-file", f"{passphrase}")
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith("custodian: custodian-1 initialised\n")
    assert (identity / "public.json").exists()
    _use_the_roster(people, identity, passphrase)
    server.outcomes = [PROGRESS]
    _draw_a_chart(install("[plot]", into=people), options(server, tls))
    console = ("custodian", "--identity", f"{identity}", "console")
    for arguments, extra in (
        (("serve", "--edge", "platform"), "server"),
        (("db", "upgrade"), "server"),
        (("dev",), "server"),
        (console, "console"),
    ):
        told = people.run("idvault", *arguments)
        text = f"idvault: {NOT_INSTALLED.format(extra)}\n"
        assert (told.returncode, told.stdout, told.stderr) == (3, "", text), arguments


def _draw_a_chart(people: Installed, connection: Sequence[str]) -> None:
    """The progress of a campaign is drawn by the installed command."""
    drawn = people.folder / "chart.svg"
    asked = people.run("idvault-client", *connection, "campaign", "progress", CAMPAIGN, "--svg", f"{drawn}")
    assert asked.returncode == 0, asked.stderr
    assert "1 of 5" in drawn.read_text("utf-8")


def _use_the_roster(people: Installed, identity: Path, passphrase: Path) -> None:
    """Propose, sign and verify need a file and the member's own key; so does the log's bundle."""
    file = people.folder / "roster.json"
    quorum = ("--quorum", "main:1:custodian-1", "--development")
    proposed = people.run(
        "idvault", "roster", "propose", f"{file}", "--person", f"{identity / 'public.json'}", *quorum
    )
    assert (proposed.returncode, proposed.stderr) == (0, "")
    who = ("--identity", f"{identity}", "--passphrase-file", f"{passphrase}")
    signed = people.run("idvault", "roster", "sign", f"{file}", *who)
    assert (signed.returncode, signed.stderr) == (0, "")
    assert people.run("idvault", "roster", "verify", f"{file}").returncode == 0
    missing = people.run("idvault", "log", "verify", "--bundle", f"{people.folder}", "--public-key", "none")
    assert (missing.returncode, "pip install" in missing.stderr) == (2, False)


def test_a_console_has_its_pages(install: Install) -> None:
    """With [console] a console runs with its style sheet and templates, and without the service."""
    staff = install("[console]")
    assert staff.has(PEOPLE | PAGES | SERVICE) == PEOPLE | PAGES
    asked = staff.run("python", "-c", CONSOLE, str(staff.folder))
    assert (asked.stdout, asked.returncode) == ("200 200\n", 0), asked.stderr
    told = staff.run("python", "-c", MODERATION)
    assert (told.stdout, told.returncode) == ("审核工作台\n", 0), told.stderr


def test_an_operator_gets_the_service(install: Install, tmp_path: Path) -> None:
    """With [server] the whole command line works, and databases can be created."""
    service = install("[server]")
    assert service.has(PEOPLE | PAGES | SERVICE) == PEOPLE | PAGES | SERVICE
    assert "mock-registry" in service.run("idvault", "--help").stdout
    missing = service.run("idvault", "serve", "--edge", "platform")
    assert (missing.returncode, "IDVAULT_DATABASE_URL is missing" in missing.stderr) == (2, True)
    settings = {
        "IDVAULT_DATABASE_URL": f"sqlite:///{tmp_path / 'main.db'}",
        "IDVAULT_SHRED_DATABASE_URL": f"sqlite:///{tmp_path / 'shred.db'}",
    }
    upgraded = service.run("idvault", "db", "upgrade", **settings)
    assert (upgraded.stdout, upgraded.returncode) == ("db: both databases are up to date\n", 0), (
        upgraded.stderr
    )
    assert (tmp_path / "main.db").stat().st_size > 0
