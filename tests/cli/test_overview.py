"""`idvault overview`: every part of the vault's state, also if one cannot be read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault.processes.bootstrap import answering
from idvault.processes.bootstrap import overview as overviews
from idvault_verify.commands.errors import ExitCode
from tests.attest.test_certificate import GOOD, pem
from tests.support import health_port as health_ports
from tests.support.commands import Commands
from tests.support.health_port import health_port
from tools.support.chamber import CUSTODIANS, first_roster
from tools.support.databases import Databases


@pytest.fixture
def vault(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> Commands:
    """Return the commands of a vault with databases, a roster and a folder of backups."""
    (tmp_path / "roster.json").write_bytes(first_roster().to_bytes())
    (tmp_path / "backups").mkdir()
    idvault.set(
        DATABASE_URL=sqlite_databases.main_url,
        SHRED_DATABASE_URL=sqlite_databases.shred_url,
        ROSTER=tmp_path / "roster.json",
        BACKUP_DIR=tmp_path / "backups",
        LOG_ORIGIN="vault.example/log",
        TIME_ZONE="Asia/Shanghai",
    )
    assert idvault("db", "upgrade").code == ExitCode.DONE
    return idvault


def test_every_part_is_there(vault: Commands) -> None:
    """As one object, and as a line for each part; a new vault has nothing that waits."""
    told = vault("--json", "overview")
    found = json.loads(told.out)
    assert (told.code, tuple(found)) == (0, overviews.NAMES)
    lines = dict(line.split(": ", 1) for line in vault("overview").out.splitlines())
    assert tuple(lines) == overviews.NAMES
    assert json.loads(lines["limits"]) == found["limits"]
    assert found["vault"]["name"] == "vault.example/log"
    local = datetime.now(UTC) + timedelta(hours=8)
    assert found["vault"]["month"] == f"{local:%Y-%m}"
    assert [each["database"] for each in found["databases"]] == ["main", "shred"]
    assert all(each["usable"] for each in found["databases"])
    assert [each["custodian"] for each in found["drills"]] == [*CUSTODIANS]
    assert (found["log"]["demanded"], found["log"]["witnesses"][0]["cosign_time"]) == (1, None)
    assert set(found["deadlines"]["overdue"].values()) == {0}
    assert (found["backups"], found["platforms"], found["queue"]["waiting"]) == ({}, [], {})
    assert not any("problem" in each for each in found.values() if isinstance(each, dict))


def test_files_are_read(vault: Commands, tmp_path: Path) -> None:
    """When the vault's certificates end, and when the newest backup was made."""
    (tmp_path / "tls.pem").write_bytes(pem(GOOD))
    vault.set(TLS_CERTIFICATE=tmp_path / "tls.pem", TLS_CA=tmp_path / "missing.pem")
    assert vault("backup-ended", "main").code == 0
    found = json.loads(vault("--json", "overview").out)
    ends = {each["setting"]: each["end_time"] for each in found["certificates"]}
    assert ends["IDVAULT_TLS_CA"] is None
    assert datetime.fromisoformat(ends["IDVAULT_TLS_CERTIFICATE"]).tzinfo is not None
    assert [*found["backups"]] == ["main"]


def test_a_part_that_cannot_be_read_says_why(vault: Commands, tmp_path: Path) -> None:
    """A roster that does not verify, and databases that are away; the command ends well all the same."""
    (tmp_path / "roster.json").write_text("{}")
    told = vault("--json", "overview")
    found = json.loads(told.out)
    broken = {name for name, each in found.items() if isinstance(each, dict) and "problem" in each}
    assert (told.code, broken) == (0, {"drills", "log"})
    assert found["drills"]["reason"] == "INVALID"
    assert "roster does not verify" in found["drills"]["problem"]
    vault.set(DATABASE_URL=f"sqlite:///{tmp_path}/none/main.sqlite3")
    away = vault("--json", "overview")
    state = json.loads(away.out)
    assert (away.code, "STORE_UNAVAILABLE" in state["platforms"]["problem"]) == (0, True)
    assert state["platforms"]["reason"] == "UNAVAILABLE"
    assert state["limits"] == found["limits"]


def test_a_file_that_is_not_there_is_no_failure_of_a_connection(vault: Commands, tmp_path: Path) -> None:
    """A missing roster is named as it is, without the words for an address of a database."""
    (tmp_path / "roster.json").unlink()
    found = json.loads(vault("--json", "overview").out)
    assert "sslrootcert" not in found["drills"]["problem"]
    assert found["drills"]["problem"]
    assert found["drills"]["reason"] == "UNREADABLE"


def test_what_the_settings_do_not_name_is_told_apart(vault: Commands) -> None:
    """Without a folder of backups nothing has failed."""
    vault.set(BACKUP_DIR="")
    backups = json.loads(vault("--json", "overview").out)["backups"]
    assert (backups["reason"], "IDVAULT_BACKUP_DIR" in backups["problem"]) == ("NOT_CONFIGURED", True)


def test_how_the_process_is(vault: Commands) -> None:
    """It answers with version and start, is not ready with its reasons, or nothing listens there."""
    with health_port() as address:
        vault.set(METRICS_LISTEN=address)
        found = json.loads(vault("--json", "overview").out)["process"]
    assert (found["answers"], found["not_ready"], found["version"]) == (True, [], "9.8.7")
    assert found["start_time"] == "2025-12-01T14:40:00+00:00"
    assert json.loads(vault("--json", "overview").out)["process"]["answers"] is False
    with health_port("log: entries wait\n") as address:
        vault.set(METRICS_LISTEN=address)
        found = json.loads(vault("--json", "overview").out)["process"]
    assert found["not_ready"] == ["log: entries wait"]


@pytest.mark.parametrize("time", ["1e999", "1e300", "..", "e"])
def test_a_time_that_is_none_hides_nothing(monkeypatch: pytest.MonkeyPatch, time: str) -> None:
    """What else the process tells is told; only its start is not known."""
    monkeypatch.setattr(health_ports, "METRICS", f"process_start_time_seconds {time}\n")
    with health_port() as address:
        found = answering.ask(address)
    assert (found["answers"], found["start_time"]) == (True, None)
