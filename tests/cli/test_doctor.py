"""`idvault doctor`: its last line and its exit code."""

import json
from pathlib import Path

import pytest

from idvault.core.check import AilmentError, Check
from idvault.processes.bootstrap.checks import asked
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tools.support.chamber import first_roster
from tools.support.databases import Databases


def _setup(idvault: Commands, folder: Path, databases: Databases) -> None:
    (folder / "roster.json").write_bytes(first_roster().to_bytes())
    idvault.set(
        DATABASE_URL=databases.main_url,
        SHRED_DATABASE_URL=databases.shred_url,
        ROSTER=folder / "roster.json",
    )
    assert idvault("db", "upgrade").code == ExitCode.DONE


def test_what_is_wrong_is_said(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> None:
    """With databases but no service or worker yet: three pieces of advice, and exit code 1."""
    _setup(idvault, tmp_path, sqlite_databases)
    result = idvault("doctor")
    assert result.code == ExitCode.CHECK_FAILED
    assert result.out.splitlines() == [
        "doctor: roster: no roster has been adopted yet: start `idvault serve` or `idvault work`",
        "doctor: log: no process sequences the log: start `idvault work`",
        "doctor: drills: the current quorum has no drill record yet: start `idvault work`",
    ]


def test_as_json(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> None:
    """One object per check, in the same order."""
    _setup(idvault, tmp_path, sqlite_databases)
    result = idvault("doctor", "--json")
    assert result.code == ExitCode.CHECK_FAILED
    found = [json.loads(line) for line in result.out.splitlines()]
    names = [
        "databases",
        "roster",
        "log",
        "checkpoint",
        "drills",
        "hand-over",
        "erasures",
        "disavowals",
        "notifications",
        "records",
        "disk",
        "files",
    ]
    assert [each["check"] for each in found] == names
    assert [each["passed"] for each in found] == [
        True,
        False,
        False,
        True,
        False,
        True,
        True,
        True,
        True,
        True,
        True,
        True,
    ]
    assert found[0]["advice"] is None


def test_every_kind_of_finding(
    idvault: Commands, tmp_path: Path, sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Remarks come first, then what to do, then in one line what was not made; the last line counts."""

    async def ill() -> None:
        raise AilmentError("rest")

    async def well() -> str:
        return "fine, but slow"

    _setup(idvault, tmp_path, sqlite_databases)
    checks = [Check("a", ill), Check("b", well), Check("c", well, needs="a"), Check("d", well, needs="a")]
    monkeypatch.setattr(asked, "by_operator", lambda _deployment: checks)
    result = idvault("doctor")
    assert (result.code, result.out.splitlines()) == (
        ExitCode.CHECK_FAILED,
        ["doctor: remark on b: fine, but slow", "doctor: a: rest", "doctor: c, d: not checked: mend a first"],
    )
    objects = [json.loads(line) for line in idvault("doctor", "--json").out.splitlines()]
    assert objects[:2] == [
        {"check": "a", "passed": False, "made": True, "advice": "rest", "remark": None},
        {"check": "b", "passed": True, "made": True, "advice": None, "remark": "fine, but slow"},
    ]
    assert [(each["passed"], each["made"]) for each in objects[2:]] == [(False, False)] * 2
    checks[:] = checks[1:2]
    result = idvault("doctor")
    assert (result.code, result.last) == (ExitCode.DONE, "doctor: all 1 checks passed")


def test_settings_are_needed(idvault: Commands) -> None:
    """Without settings there is nothing to check."""
    assert idvault("doctor").code == ExitCode.WRONG_USAGE


def test_databases_that_are_not_there(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> None:
    """The first step is reported first, nothing is created, and no other check guesses at a cause."""
    _setup(idvault, tmp_path, sqlite_databases)
    for path in tmp_path.glob("main.sqlite3*"):
        path.unlink()
    result = idvault("doctor")
    assert result.code == ExitCode.CHECK_FAILED
    assert result.out.splitlines() == [
        "doctor: databases: the main database has no schema yet: run `idvault db upgrade`",
        "doctor: roster, log, checkpoint, drills, hand-over, erasures, disavowals, notifications, records: "
        "not checked: mend databases first",
    ]
    found = [json.loads(line) for line in idvault("doctor", "--json").out.splitlines()]
    omitted = [each["check"] for each in found if not each["passed"]]
    assert omitted == [
        "databases",
        "roster",
        "log",
        "checkpoint",
        "drills",
        "hand-over",
        "erasures",
        "disavowals",
        "notifications",
        "records",
    ]
    assert not (tmp_path / "main.sqlite3").exists()
