"""`idvault check-config`: each refusal names its setting, and nothing is started or written."""

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault_dev.authority import Authority
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands, Result
from tools.support import merkle
from tools.support.chamber import first_roster
from tools.support.databases import Databases

NOW = datetime.now(UTC)
SERVE = ("check-config", "serve", "--edge", "platform")


@pytest.fixture
def setup(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> Commands:
    """Return the commands with the settings of every process."""
    authority = Authority.open(certificate=tmp_path / "ca.pem", key=tmp_path / "ca.key", now=NOW)
    for name in ("server", "other"):
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        authority.issue_server(hosts=["localhost"], certificate=certificate, key=key, now=NOW)
    (tmp_path / "roster.json").write_bytes(first_roster().to_bytes())
    idvault.set(
        DEVELOPMENT=1,
        DATABASE_URL=sqlite_databases.main_url,
        SHRED_DATABASE_URL=sqlite_databases.shred_url,
        TRUST_DOMAIN="vault.example",
        LOG_ORIGIN="vault.example/log",
        APPEAL_OUTSIDE_BODY="Internet Court (synthetic)",
        KEYS=tmp_path / "keys" / "service.keys",
        KEY_PASSPHRASE_FILE=_secret(tmp_path / "passphrase", "correct horse battery"),
        ROSTER=tmp_path / "roster.json",
        LISTEN="127.0.0.1:0",
        METRICS_LISTEN="127.0.0.1:0",
        TLS_CERTIFICATE=tmp_path / "server.pem",
        TLS_KEY=tmp_path / "server.key",
        TLS_CA=tmp_path / "ca.pem",
        REGISTRY_CHECK_URL="https://check.registry.invalid",
        REGISTRY_QUERY_URL="https://query.registry.invalid",
        REGISTRY_APP_ID="app",
        REGISTRY_BIZ_ID="biz",
        REGISTRY_SECRET_KEY_FILE=_secret(tmp_path / "registry.key", "00" * 16),
        PUBLIC_DIR=tmp_path / "public",
        WEB_URL="https://pages.example",
        WEB_TARGET="localhost:7443",
    )
    assert idvault("keys", "init").code == ExitCode.DONE
    assert idvault("db", "upgrade").code == ExitCode.DONE
    return idvault


def _secret(path: Path, content: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(content, encoding="ascii")
    return path


def faults(result: Result) -> dict[str, str]:
    """Return what was said of each setting."""
    assert result.code == ExitCode.CHECK_FAILED, result
    lines = [line.removeprefix("check-config: ") for line in result.out.splitlines()]
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}


def test_every_process_would_start(setup: Commands, tmp_path: Path) -> None:
    """The last line counts the checks; no folder is made, and JSON has one object a check."""
    said = {}
    for name, edge, keys in (
        ("serve", ("--edge", "platform"), "service"),
        ("serve", ("--edge", "custody"), "custody"),
        ("work", (), "work"),
        ("web", (), "work"),
        ("notices", (), "work"),
    ):
        setup.set(KEYS=tmp_path / "keys" / f"{keys}.keys")
        result = setup("check-config", name, *edge)
        assert result.code == ExitCode.DONE, result
        said[name, edge] = result.last
    assert said["serve", ("--edge", "platform")] == "check-config: serve: 7 checks passed"
    assert said["work", ()] == "check-config: work: 7 checks passed"
    assert said["web", ()] == "check-config: web: 4 checks passed"
    assert said["notices", ()] == "check-config: notices: 2 checks passed"
    assert not (tmp_path / "public").exists()
    found = [json.loads(line) for line in setup("check-config", "web", "--json").out.splitlines()]
    assert [each["setting"] for each in found] == [
        "IDVAULT_LISTEN", "IDVAULT_METRICS_LISTEN", "IDVAULT_TLS_CERTIFICATE", "IDVAULT_TLS_CA"
    ]  # fmt: skip
    assert all(each["passed"] for each in found)


Spoil = Callable[[Commands, Path], object]
SPOILT: dict[str, tuple[Spoil, str]] = {
    "IDVAULT_TLS_CERTIFICATE": (
        lambda run, at: run.set(TLS_KEY=at / "other.key"),
        "IDVAULT_TLS_KEY is not the unencrypted private key of this certificate",
    ),
    "IDVAULT_TLS_CA": (lambda _, at: (at / "ca.pem").write_text("none"), "has no readable certificate"),
    "IDVAULT_KEYS": (
        lambda run, at: run.set(KEYS=at / "keys" / "custody.keys"),
        "is another process's file: this one needs service.keys",
    ),
    "IDVAULT_ROSTER": (lambda _, at: (at / "roster.json").write_text("{}"), "cannot be in force: "),
    "IDVAULT_DATABASE_URL": (lambda _, at: (at / "main.sqlite3").unlink(), "run `idvault db upgrade`"),
}


@pytest.mark.parametrize("setting", SPOILT)
def test_what_the_edge_would_refuse(setup: Commands, tmp_path: Path, setting: str) -> None:
    """One fault is one line, which begins with the setting."""
    spoil, said = SPOILT[setting]
    spoil(setup, tmp_path)
    found = faults(setup(*SERVE))
    assert found.keys() == {setting}
    assert said in found[setting]


def test_several_faults_at_once(setup: Commands, tmp_path: Path) -> None:
    """A wrong passphrase, a port that is taken and an expired certificate are all said in one run."""
    (tmp_path / "passphrase").write_text("another")
    long_ago = NOW - timedelta(days=10_000)
    authority = Authority.open(certificate=tmp_path / "old.pem", key=tmp_path / "old.key", now=long_ago)
    old, key = tmp_path / "past.pem", tmp_path / "past.key"
    authority.issue_server(hosts=["localhost"], certificate=old, key=key, now=long_ago)
    setup.set(TLS_CERTIFICATE=old, TLS_KEY=key)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        setup.set(LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
        found = faults(setup(*SERVE))
        assert "IDVAULT_LISTEN" not in faults(setup(*SERVE, "--shares-port"))
    assert found.keys() == {"IDVAULT_LISTEN", "IDVAULT_TLS_CERTIFICATE", "IDVAULT_KEYS"}
    assert "another process has it" in found["IDVAULT_LISTEN"]
    assert found["IDVAULT_TLS_CERTIFICATE"] == "has expired: get a new one"
    assert found["IDVAULT_KEYS"].startswith("cannot be used with IDVAULT_KEY_PASSPHRASE_FILE")


def test_witnesses_that_the_roster_does_not_name(setup: Commands, tmp_path: Path) -> None:
    """Too few of the roster's witnesses in the settings would end the worker at its start."""
    stranger = merkle.witness("witness.example/w9", seed=9).key
    setup.set(KEYS=tmp_path / "keys" / "work.keys", WITNESSES=f"http://127.0.0.1:9 {stranger}")
    found = faults(setup("check-config", "work"))
    assert found.keys() == {"IDVAULT_ROSTER"}
    assert "IDVAULT_WITNESSES must name at least" in found["IDVAULT_ROSTER"]


def test_a_file_is_no_public_directory(setup: Commands, tmp_path: Path) -> None:
    """The worker would run, and publish nothing."""
    (tmp_path / "public").write_text("a file")
    setup.set(KEYS=tmp_path / "keys" / "work.keys")
    found = faults(setup("check-config", "work"))
    assert found["IDVAULT_PUBLIC_DIR"] == "is not a folder that this user may write to"


def test_missing_settings_are_those_of_the_process(idvault: Commands) -> None:
    """Without settings, each process's own are listed with exit code 2, as at its start."""
    result = idvault("check-config", "work")
    assert result.code == ExitCode.WRONG_USAGE
    assert "IDVAULT_PUBLIC_DIR is missing" in result.err
    assert "IDVAULT_LISTEN" not in result.err
