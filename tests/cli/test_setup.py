"""`idvault setup`: what it writes, what it waits for, and what it never touches."""

import asyncio
import fcntl
import json
import re
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from idvault.core.config import Settings
from idvault.platform.rules import PlatformPages
from idvault.processes.bootstrap import operator
from idvault.processes.cli import running
from idvault.processes.setup import certificates, place, plan, texts
from idvault.processes.setup.certificates import Usage, WantedCertificate
from idvault.processes.setup.place import HostPlace
from idvault_verify.clock import ClockReading
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tests.support.dying import Dying
from tests.support.setup_world import (
    CUSTODIANS,
    MEMBERS,
    PASSWORD,
    SECRET_KEY,
    WITNESSES,
    SetupWorld,
    files,
)
from tools.support.databases import Databases
from tools.support.units import environment_file


@pytest.fixture
def world(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> SetupWorld:
    """An operator who has written setup.toml."""
    return SetupWorld(idvault, tmp_path, sqlite_databases)


def test_the_first_run_writes_an_example(idvault: Commands, tmp_path: Path) -> None:
    """It says to edit the file, which only its owner reads, and the option prints the same text."""
    done = idvault("setup", tmp_path / "vault", "--root", tmp_path / "root")
    assert (done.code, done.last.split(": ")[1]) == (ExitCode.UNREACHABLE, "waiting setup.toml")
    written = tmp_path / "vault" / "setup.toml"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert idvault("setup", "--example").out == written.read_text("utf-8") == plan.example()
    assert not (tmp_path / "root").exists()


def test_step_by_step(world: SetupWorld) -> None:
    """It waits for what others send, says so, and ends with the command that starts the units."""
    assert world.waiting() == ["witnesses", "registry", "roster", "platform"]
    world.receive_all()
    assert world.waiting() == ["roster"]
    for name in MEMBERS:
        sent = {path.name for path in (world.vault / "out" / name).iterdir()}
        assert sent == {"certificate.pem", "ca.pem", "log.vkey"}
    world.sign("wang", "li")
    unsigned = world.run()
    assert unsigned.code == ExitCode.UNREACHABLE
    assert f"send {world.vault}/in/roster/roster-1.json to zhang" in unsigned.out
    world.sign("zhang")
    done = world.run()
    assert done.code == ExitCode.DONE
    assert done.last == (
        "setup: done    start: systemctl enable --now idvault-work idvault-custody@a idvault-platform@a "
        "idvault-platform@b idvault-web"
    )
    again = world.run("--host", "vault1")
    assert {line.split()[1] for line in again.out.splitlines()} == {"done"}
    assert (world.vault / "out" / "zhao" / "roster.json").exists()


def test_a_witness(world: SetupWorld) -> None:
    """Its key and its request go to the vault, whose authority certifies the host; then it can start."""
    world.run()
    first = world.set_up_witness("w1")
    waiting = next(line for line in first.out.splitlines() if "waiting" in line)
    assert waiting.startswith("setup: waiting certificate w1-witness: send")
    sent = {path.name for path in (world.vault / "in" / "w1").iterdir()}
    assert sent == {"witness.vkey", "w1-witness.request"}
    world.run()
    assert world.set_up_witness("w1").last.endswith("systemctl enable --now idvault-witness")
    told = environment_file(world.folder / "host-w1" / "etc" / "idvault" / "idvault-witness.env")
    assert told["LOG_KEY"] == (world.vault / "out" / "log" / "log.vkey").read_text().strip()
    assert "--tls-certificate" in told["WITNESS_OPTIONS"]


def test_who_reads_what(world: SetupWorld) -> None:
    """Each process has its own key file; the registry's key is not custody's; the pages have no database."""
    world.install()
    folders = {
        name: {path.name for path in world.etc(name).iterdir()}
        for name in ("platform", "custody", "work", "web")
    }
    server = {"server.key", "server.pem"}
    assert folders["platform"] == {"service.keys", "service.passphrase", "registry.key", *server}
    assert folders["custody"] == {"custody.keys", "custody.passphrase", *server}
    assert folders["work"] == {"work.keys", "work.passphrase", "registry.key"}
    assert folders["web"] == {"client.key", "client.pem"}
    for path in world.etc("").rglob("*"):
        is_public = path.suffix in (".pem", ".json") and path.name != "setup.json"
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == (0o644 if is_public else 0o600), path
    pages = environment_file(world.etc("idvault-web.env"))
    assert not {"IDVAULT_DATABASE_URL", "IDVAULT_KEYS"} & pages.keys()
    assert "IDVAULT_REGISTRY_SECRET_KEY_FILE" not in environment_file(world.etc("idvault-custody.env"))


def test_a_second_run_repairs_nothing_that_somebody_edited(world: SetupWorld) -> None:
    """An edited file is kept and named, with the new text beside it; an unedited one follows the plan."""
    world.install()
    edited, unit = world.etc("idvault-platform.env"), "idvault-work.service"
    edited.write_text(edited.read_text() + "IDVAULT_PROCESSES=2\n")
    kept = edited.read_text()
    world.change("IDVAULT_DISCLOSURES_PER_DAY = 20", "IDVAULT_DISCLOSURES_PER_DAY = 7")
    world.change('# platform = "0.0.0.0:7443"', 'listen = { platform = "0.0.0.0:7999" }')
    world.change("\n# [hosts.vault1.listen]", "")
    text = world.file.read_text()
    listen = 'listen = { platform = "0.0.0.0:7999" }\n'
    world.write(text.replace(listen, "").replace("[hosts.vault1]\n", f"[hosts.vault1]\n{listen}"))
    done = world.run()
    assert done.code == ExitCode.DONE
    (line,) = [line for line in done.out.splitlines() if " settings:" in line]
    assert line.startswith("setup: kept    settings: common.env; edited, and kept: idvault-platform.env;")
    assert edited.read_text() == kept
    assert "7999" in edited.with_name("idvault-platform.env.new").read_text()
    assert environment_file(world.etc("common.env"))["IDVAULT_DISCLOSURES_PER_DAY"] == "7"
    edited.write_text(edited.with_name("idvault-platform.env.new").read_text())
    assert " kept " not in world.run().out
    assert not edited.with_name("idvault-platform.env.new").exists()
    path = world.root / "etc" / "systemd" / "system" / unit
    path.write_text("[Unit]\n")
    assert f"edited, and kept: {unit}" in world.run().out
    assert path.read_text() == "[Unit]\n"


def test_a_platforms_colour_is_that_of_the_file(world: SetupWorld) -> None:
    """It is presented with title and addresses, and replaced when the file changes, however it is written."""
    world.install()
    assert "pages of im" not in world.run().out
    world.change('colour = "#8b5cf6"', 'colour = "#8B5CF6"')
    assert "pages of im" not in world.run().out
    world.change('colour = "#8B5CF6"', 'colour = "#D03050"')
    assert "pages of im: Example Chat" in world.run().out
    assert "pages of im" not in world.run().out


def presented(world: SetupWorld) -> PlatformPages:
    """Return how the pages present the platform."""
    found = plan.read(world.vault)
    settings = Settings(database_url=SecretStr(found.main), shred_database_url=SecretStr(found.shred))
    return asyncio.run(operator.pages_of(settings, "im"))


def shown(world: SetupWorld) -> tuple[str, str]:
    """Return the title and the colour of the platform."""
    pages = presented(world)
    return pages.title, pages.colour


def test_a_colour_that_the_file_does_not_say_is_left_alone(world: SetupWorld) -> None:
    """One that the operator gave on another way stays, if the title changes, too; an empty one removes it."""
    world.install()
    world.change('colour = "#8b5cf6"\n', "")
    assert "pages of im" not in world.run().out
    assert shown(world) == ("Example Chat", "#8b5cf6")
    world.change('title = "Example Chat"', 'title = "Chat"')
    assert "pages of im: Chat" in world.run().out
    assert shown(world) == ("Chat", "#8b5cf6")
    world.change('title = "Chat"', 'title = "Chat"\ncolour = ""')
    assert "pages of im: Chat" in world.run().out
    assert shown(world) == ("Chat", "")


def test_a_title_is_presented_without_addresses(world: SetupWorld) -> None:
    """Forms of reports and published reports show it, too; addresses that are there already stay."""
    world.change('colour = "#8b5cf6"\nreturn_origins = ["https://chat.example"]\n', "")
    world.install()
    assert "pages of im" not in world.run().out
    assert presented(world) == PlatformPages(title="Example Chat")
    world.change('title = "Example Chat"', 'title = "Chat"\nreturn_origins = ["https://chat.example"]')
    assert "pages of im: Chat" in world.run().out
    world.change('title = "Chat"\nreturn_origins = ["https://chat.example"]', 'title = "Talk"')
    assert "pages of im: Talk" in world.run().out
    assert presented(world) == PlatformPages(title="Talk", origins=("https://chat.example",))


def test_a_key_is_never_made_twice(world: SetupWorld) -> None:
    """A lost key file comes back from the safe; without it setup waits, and makes no other."""
    world.install()
    log_key = (world.vault / "out" / "log" / "log.vkey").read_bytes()
    safe = world.folder / "safe"
    (world.vault / "keys").rename(safe)
    assert world.waiting() == []
    lost = world.etc("custody") / "custody.keys"
    content = lost.read_bytes()
    lost.unlink()
    assert world.waiting() == ["keys"]
    assert not lost.exists()
    shutil.copytree(safe, world.vault / "keys")
    assert world.waiting() == []
    assert lost.read_bytes() == content
    shutil.rmtree(world.vault / "out" / "log")
    lost = world.etc("work") / "work.keys"
    content = lost.read_bytes()
    lost.unlink()
    (world.vault / "keys").rename(world.folder / "safe again")
    assert world.waiting()[0] == "keys"
    assert not (world.vault / "keys" / "work.keys").exists()
    lost.write_bytes(content)
    lost.chmod(0o600)
    assert world.waiting() == []
    assert (world.vault / "out" / "log" / "log.vkey").read_bytes() == log_key


def test_the_authority_s_key_is_taken_away(world: SetupWorld) -> None:
    """What is installed goes on without it; a request then waits, and is certified once it is back."""
    world.install()
    key = world.vault / "authority" / "ca.key"
    key.rename(world.folder / "ca.key")
    assert world.waiting() == []
    (world.etc("custody") / "server.pem").unlink()
    assert world.waiting() == ["certificate"]
    assert (world.vault / "out" / "authority" / "vault1-custody.request").exists()
    (world.folder / "ca.key").rename(key)
    assert world.waiting() == []


def test_another_authority(world: SetupWorld) -> None:
    """Requests name exactly what the certificates must say; an answer for another key or name is refused."""
    world.change('authority = "own"', 'authority = "other"')
    world.change('outside_ca = ["authority/ca.pem"]', "")
    ca_key = certificates.make_key()
    assert world.waiting()[0] == "authority"
    answers = world.vault / "in" / "authority"
    now = datetime.now(UTC)
    ca = certificates.make_authority(ca_key, name="synthetic", now=now)
    (answers / "ca.pem").write_bytes(ca)
    assert "certificate" in world.waiting()
    names = ("vault.example", "localhost", "127.0.0.1")
    for process in ("platform", "custody"):
        request = (world.vault / "out" / "authority" / f"vault1-{process}.request").read_bytes()
        wanted = WantedCertificate(names, Usage.SERVER)
        key = (world.etc(process) / "server.key").read_bytes()
        assert certificates.is_request(request, key, wanted)
        answer = answers / f"vault1-{process}.pem"
        answer.write_bytes(
            certificates.certify(
                request, WantedCertificate(names[:2], Usage.SERVER), ca=ca, ca_key=ca_key, now=now
            )
        )
        wrong = world.run()
        assert (wrong.code, f"{answer} does not have the name 127.0.0.1" in wrong.err) == (2, True)
        other = certificates.make_request(certificates.make_key(), wanted)
        answer.write_bytes(certificates.certify(other, wanted, ca=ca, ca_key=ca_key, now=now))
        assert f"{answer} is for another key than this host's" in world.run().err
        answer.write_bytes(certificates.certify(request, wanted, ca=ca, ca_key=ca_key, now=now))
        world.run()
        assert (world.etc(process) / "server.pem").read_bytes() == answer.read_bytes()


def test_a_second_host(world: SetupWorld, idvault: Commands) -> None:
    """It gets copies of the keys, makes none and no authority; its request is certified at the first."""
    table = "[hosts.vault2]\nnames = ['vault2.example']\nunits = {'platform@a' = '127.0.0.1:7480'}\n\n[web]"
    world.change("[web]", table)
    world.install()
    there, root = world.folder / "carried", world.folder / "root2"
    shutil.copytree(world.vault, there, ignore=shutil.ignore_patterns("ca.*", "*.keys"))

    def run() -> tuple[int, list[str]]:
        done = idvault("setup", there, "--root", root, "--host", "vault2")
        waiting = [line for line in done.out.splitlines() if " waiting " in line]
        return done.code, [line.split()[2].rstrip(":") for line in waiting]

    assert run() == (3, ["authority", "keys", "outside"])
    assert not (there / "authority" / "ca.pem").exists()
    shutil.copytree(world.vault / "keys", there / "keys", dirs_exist_ok=True)
    shutil.copy(world.vault / "authority" / "ca.pem", there / "authority" / "ca.pem")
    assert run() == (3, ["certificate"])
    request = there / "out" / "authority" / "vault2-platform.request"
    shutil.copy(request, world.vault / "in" / "vault2" / request.name)
    assert world.waiting() == []
    shutil.copytree(world.vault / "out" / "vault2", there, dirs_exist_ok=True)
    assert run() == (0, [])
    own = {path.name for path in (root / "etc" / "idvault" / "platform").iterdir()}
    assert own == {"service.keys", "service.passphrase", "server.key", "server.pem", "registry.key"}
    for name in ("common.env", "platform/service.keys"):
        first, second = (base / "etc" / "idvault" / name for base in (world.root, root))
        assert first.read_text().replace(str(world.root), str(root)) == second.read_text()
    wrong = idvault("setup", there, "--root", root, "--host", "vault3")
    assert (wrong.code, wrong.err) == (2, "idvault: --host must be one of vault1, vault2, w1, w2, w3\n")


def test_a_host_with_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users are made once, and files are given to the process's user; with --root nothing of it happens."""
    known: dict[str, SimpleNamespace] = {}
    given: list[tuple[str, int, int]] = []

    def getpwnam(name: str) -> SimpleNamespace:
        return known[name]

    def run(words: list[str], *, check: bool) -> None:
        assert check
        assert "--system" in words
        known[words[-1]] = SimpleNamespace(pw_uid=77, pw_gid=78)

    def chown(path: Path, uid: int, gid: int, *, follow_symlinks: bool) -> None:
        assert not follow_symlinks
        given.append((path.name, uid, gid))

    monkeypatch.setattr("pwd.getpwnam", getpwnam)
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("os.chown", chown)
    at = HostPlace(tmp_path, is_system=True)
    at.folder(at.path(place.ETC))
    assert (at.add_user("work"), at.add_user("work")) == (True, False)
    at.folder(tmp_path / "work", owner="work")
    at.keep(tmp_path / "work" / "work.keys", b"secret", owner="work")
    at.write(tmp_path / "common.env", "A=1\n")
    assert given == [("work", 77, 78), ("work.keys", 77, 78)]
    assert not HostPlace(tmp_path, is_system=False).add_user("other")


def test_two_at_once(world: SetupWorld) -> None:
    """The second one is refused, and a lock that a dead one left behind is none."""
    world.run()
    with world.etc(".setup.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = world.run()
        assert (done.code, done.err) == (2, "idvault: another setup runs on this host\n")
    assert world.run().code == ExitCode.UNREACHABLE


def test_nobody_but_root(idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users and units of the system are root's; below a folder anybody may look."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    done = idvault("setup", tmp_path / "vault")
    assert (done.code, "run this as root, or with --root DIR" in done.err) == (2, True)
    assert not (tmp_path / "vault").exists()
    assert idvault("setup").err == "idvault: FOLDER is missing: the folder with setup.toml\n"


def test_the_units_of_a_host_are_as_they_are_packed(world: SetupWorld) -> None:
    """On a host they are written unchanged; below a root only their folders are."""
    world.install()
    packed = Path(plan.__file__).parent / "units"
    for unit in (world.root / "etc" / "systemd" / "system").iterdir():
        text = unit.read_text("utf-8").replace(f"{world.root}/", "/")
        assert text == (packed / unit.name).read_text("utf-8")
    assert HostPlace(Path("/"), is_system=True).moved("/etc/idvault") == "/etc/idvault"


def test_statements_for_postgresql(tmp_path: Path) -> None:
    """Servers of this host get role and databases, two a file each; others, and a password, have none."""

    def names(main: str, shred: str) -> dict[str, int]:
        (tmp_path / "setup.toml").write_text(
            plan.example()
            .replace("postgresql://idvault@localhost/idvault_main", main)
            .replace("postgresql://idvault@localhost/idvault_shred", shred)
        )
        found = texts.statements(plan.read(tmp_path), "drawn")
        return {name: text.count("CREATE DATABASE") for name, text in found.items()}

    here, there = "postgresql://idvault@localhost/a", "postgresql://idvault@db.example/b?sslmode=verify-full"
    assert names(here, "postgresql://idvault@localhost/b") == {"both.sql": 2}
    assert names(here, "postgresql://idvault@localhost:5433/b") == {"main.sql": 1, "shred.sql": 1}
    assert names(here, there) == {"main.sql": 1}
    assert names("postgresql://idvault:word@localhost/a", "sqlite:///b.sqlite3") == {}
    assert texts.with_password(here, "drawn") == "postgresql://idvault:drawn@localhost/a"
    assert texts.with_password(there, "drawn") == there


def test_certificates_are_renewed(world: SetupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A month before they end: those of this host, and those that others have requested; keys stay."""
    world.install()
    key, installed = (world.etc("platform") / f"server.{end}" for end in ("key", "pem"))
    before = key.read_bytes(), installed.read_bytes()
    later = datetime.now(UTC) + timedelta(days=340)
    monkeypatch.setattr(running, "real_clock", lambda: ClockReading(business=later, real=later))
    done = world.run()
    assert "setup: renewed certificate vault1-platform: " in done.out
    assert "certified wang, li, zhang, zhao, chen, im, w1, w2, w3: send each out/NAME" in done.out
    assert key.read_bytes() == before[0]
    wanted = WantedCertificate(("vault.example", "localhost", "127.0.0.1"), Usage.SERVER)
    certificates.check(installed.read_bytes(), before[0], wanted, now=later + timedelta(days=300))
    assert {line.split()[1] for line in world.run().out.splitlines()} == {"done"}


def test_pages_without_a_web_server_in_front(world: SetupWorld) -> None:
    """They need a certificate for their public name, which the operator's own authority does not issue."""
    world.change("proxied = true", "proxied = false")
    world.run()
    world.receive_all()
    assert "certificate" in world.waiting()
    request = world.vault / "out" / "authority" / "vault1-https.request"
    wanted = WantedCertificate(("pages.vault.example",), Usage.SERVER)
    assert certificates.is_request(
        request.read_bytes(), (world.etc("web") / "https.key").read_bytes(), wanted
    )
    now, ca_key = datetime.now(UTC), certificates.make_key()
    ca = certificates.make_authority(ca_key, name="known to browsers", now=now)
    answer = world.vault / "in" / "authority" / "vault1-https.pem"
    answer.write_bytes(certificates.certify(request.read_bytes(), wanted, ca=ca, ca_key=ca_key, now=now))
    assert world.waiting() == ["roster"]
    assert (world.etc("web") / "https.pem").read_bytes() == answer.read_bytes()
    pages = environment_file(world.etc("idvault-web.env"))
    assert pages["IDVAULT_WEB_TLS_CERTIFICATE"] == str(world.etc("web") / "https.pem")
    assert "IDVAULT_WEB_PROXIES" not in pages


def test_a_password_is_drawn_once(world: SetupWorld) -> None:
    """It is in the commands for the server and in the settings, also after the keys went to the safe."""
    text = re.sub(
        r"sqlite:///\S+/(main|shred)\.sqlite3", r"postgresql://idvault@127.0.0.1:9/\1", world.file.read_text()
    )
    world.write(text)
    world.run()
    world.receive_all()
    assert world.waiting() == ["roster", "databases"]
    word = (world.vault / "keys" / "database.password").read_text().strip()
    common = world.etc("common.env")
    assert (
        environment_file(common)["IDVAULT_SHRED_DATABASE_URL"]
        == f"postgresql://idvault:{word}@127.0.0.1:9/shred"
    )
    statements = world.vault / "out" / "databases" / "both.sql"
    assert statements.read_text().count(f"\\set password {word}\n") == 2
    assert stat.S_IMODE(statements.stat().st_mode) == 0o600
    kept = common.read_bytes()
    (world.vault / "keys").rename(world.folder / "safe")
    done = world.run()
    assert (common.read_bytes(), word in done.out) == (kept, False)


def test_a_schema_that_serves_is_left_alone(world: SetupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it was made, another version waits for the operator's upgrade."""
    world.install()
    states = operator.database_states
    monkeypatch.setattr(
        operator,
        "database_states",
        lambda settings: [replace(each, problem="older") for each in states(settings)],
    )
    upgraded: list[object] = []
    monkeypatch.setattr(operator, "upgrade_databases", lambda *given, **more: upgraded.append(given))
    assert world.waiting() == ["databases"]
    assert not upgraded


def test_for_programs(world: SetupWorld) -> None:
    """With --json each step is an object."""
    done = world.run("--json")
    steps = [json.loads(line) for line in done.out.splitlines()]
    assert {each["state"] for each in steps} == {"done", "made", "waiting"}
    assert all(each.keys() == {"step", "state", "text"} for each in steps)


FAULTS = [
    ('trust_domain = "vault.example"', 'trust_domain = "Vault"', "trust_domain"),
    ('quorum = "main:2:wang,li,zhang"', 'quorum = "main:2:wang,li,wei"', "roster.quorum"),
    ("witness_quorum = 2", "witness_quorum = 4", "roster.witness_quorum"),
    ('app_id = "application"', "app_id = 7", "registry.app_id"),
    ('biz_id = "business"\n', "", "registry"),
    ('authority = "own"', 'authority = "mine"', "authority"),
    ("proxied = true", "proxy = true", "hosts.vault1.proxy"),
    ('work = "127.0.0.1:7482"', 'worker = "127.0.0.1:7482"', "hosts.vault1.units.worker"),
    ('work = "127.0.0.1:7482"', 'work = "7482"', "hosts.vault1.units.work"),
    ('url = "https://w1.example:7493"', 'url = "http://w1.example:7493"', "hosts.w1.url"),
    ('names = ["vault.example", "localhost", "127.0.0.1"]', "names = []", "hosts.vault1.names"),
    ("[platforms.im]", "[platforms.wang]", "platforms.wang"),
    ('colour = "#8b5cf6"', 'colour = "#ffffff"', "platforms.im.colour"),
    ('return_origins = ["https://chat.example"]', "return_origins = []", "platforms.im.colour"),
    (
        'title = "Example Chat"\ncolour = "#8b5cf6"\nreturn_origins = ["https://chat.example"]',
        'colour = "#8b5cf6"',
        "platforms.im.colour",
    ),
    (
        "[hosts.vault1.units]",
        '[hosts.vault1.listen]\nwitness = "0.0.0.0:7493"\n\n[hosts.vault1.units]',
        "hosts.vault1.listen.witness",
    ),
    ('web = "127.0.0.1:7484"\n', "", "hosts.vault1.proxied"),
    ('auditors = ["zhao"]', 'auditors = ["w1"]', "roster"),
    ("[hosts.w3]", "[hosts.vault]", "hosts.vault"),
]


@pytest.mark.parametrize(("before", "after", "field"), FAULTS)
def test_a_fault_of_the_file(world: SetupWorld, before: str, after: str, field: str) -> None:
    """It is told with line and field, before anything is written, and never with an address's password."""
    main = re.search(r'^main = "(.*)"', world.file.read_text(), re.MULTILINE)
    assert main is not None
    world.change(main[1], f"postgresql://idvault:{PASSWORD}@db.example/main")
    world.change(before, after)
    lines = world.file.read_text().splitlines()
    wanted = field.rpartition(".")[2]
    done = world.run()
    assert done.code == ExitCode.WRONG_USAGE
    found = re.search(rf"setup.toml, line (\d+): {re.escape(field)}", done.err)
    assert found is not None, done.err
    assert wanted in lines[int(found[1]) - 1]
    assert PASSWORD not in done.err
    assert not world.root.exists()


def test_values_that_no_process_takes(world: SetupWorld) -> None:
    """A setting that is unknown or unsafe is named, without what it is."""
    world.change("IDVAULT_DISCLOSURES_PER_DAY = 20", "IDVAULT_DISCLOSURES = 20")
    assert "IDVAULT_DISCLOSURES is not a setting of this version" in world.run().err
    world.change("IDVAULT_DISCLOSURES = 20", "")
    main = re.search(r'^main = "(.*)"', world.file.read_text(), re.MULTILINE)
    assert main is not None
    world.change(main[1], f"postgresql://idvault:{PASSWORD}@db.example/main")
    done = world.run()
    assert (done.code, "IDVAULT_DATABASE_URL must have sslmode=verify-full" in done.err) == (2, True)
    assert PASSWORD not in done.err + done.out
    world.write("[databases\n")
    assert re.search(r"setup.toml is not TOML: .*line 1", world.run().err)


def test_wrong_files_from_others(world: SetupWorld) -> None:
    """A file that is not what its name says is named; a secret is never repeated."""
    world.run()
    world.receive_all()
    received = world.vault / "in"

    def wrong(path: Path, content: bytes, said: str, code: int = 2) -> None:
        kept = path.read_bytes()
        path.write_bytes(content)
        done = world.run()
        assert (done.code, said in done.err) == (code, True), done.err
        assert str(path) in done.err
        assert SECRET_KEY[:16] not in done.err
        path.write_bytes(kept)

    wrong(received / "registry" / "registry.key", SECRET_KEY[:31].encode(), "32 hex digits")
    wrong(received / "wang" / "request.pem", b"none", "is no request for a certificate")
    public = (received / "li" / "public.json").read_bytes()
    wrong(received / "wang" / "public.json", public, "is of the custodian li, not of the custodian wang")
    wrong(received / "wang" / "public.json", b"{}", "is no member's public file")
    vkey = (received / "w2" / "witness.vkey").read_bytes()
    wrong(received / "w1" / "witness.vkey", vkey, "is the key of witness.example/w2")
    log = (world.vault / "out" / "log" / "log.vkey").read_bytes()
    wrong(received / "w1" / "witness.vkey", log, "is the key of a log")
    wrong(received / "w1" / "witness.vkey", b"none", "is not the public key of a witness")
    world.run()
    world.sign(*CUSTODIANS)
    signed = received / "roster" / "roster-1.json"
    document = json.loads(signed.read_bytes())
    document["signatures"][0]["signature"] = document["signatures"][1]["signature"]
    wrong(signed, json.dumps(document).encode(), "roster-1.json", code=5)
    assert not world.etc("roster.json").exists()


def test_killed_at_each_write(
    world: SetupWorld, idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was writing when it died, before or after: the next runs go on to the same end."""
    dying = Dying(monkeypatch)
    kills = dying.repeat(world.run)
    world.receive_all()
    kills += dying.repeat(world.run)
    for name in WITNESSES:
        world.set_up_witness(name)
    world.sign(*CUSTODIANS)
    kills += dying.repeat(world.run)
    assert kills > 100
    assert world.run().code == ExitCode.DONE
    killed = list(files(world.root)), list(files(world.vault))
    other = tmp_path / "other"
    other.mkdir()
    for name in ("main", "shred"):
        shutil.copy(tmp_path / f"{name}.sqlite3", other / f"{name}.sqlite3")
    undisturbed = SetupWorld(
        idvault,
        other,
        Databases("sqlite", f"sqlite:///{other}/main.sqlite3", f"sqlite:///{other}/shred.sqlite3"),
    )
    undisturbed.install()
    whole = list(files(undisturbed.root)), list(files(undisturbed.vault))
    assert [set(one) ^ set(other) for one, other in zip(killed, whole, strict=True)] == [set(), set()]
    for path in world.etc("").glob("*.env"):
        there = undisturbed.etc(path.name).read_text().replace(f"{other}/", f"{tmp_path}/")
        assert _without_keys(path.read_text()) == _without_keys(there)


def _without_keys(text: str) -> str:
    return re.sub(r"\+[0-9a-f]{8}\+\S{44}", "", text)
