"""The command line as a whole: help, usage, errors, exit codes."""

import errno
import json
import re
import runpy
import sys
from importlib.metadata import EntryPoints, entry_points, version
from pathlib import Path

import pytest

from idvault.core.config import ConfigError
from idvault.core.db.connection import DriverError
from idvault.core.edge.server import ListenError
from idvault.core.process import PortBusyError, ProcessError
from idvault.processes.cli import app
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.error import (
    AlreadyExistsError,
    DamagedError,
    FieldCode,
    IdvaultError,
    InvalidError,
    PreconditionError,
    Reason,
    UnavailableError,
    Violation,
)
from tests.support.commands import Commands

COMMANDS = [
    ["dev"],
    ["serve"],
    ["work"],
    ["witness"],
    ["mock-registry"],
    ["mock-provider"],
    ["db"],
    ["db", "upgrade"],
    ["db", "current"],
    ["keys"],
    ["keys", "init"],
    ["keys", "rotate"],
    ["platform"],
    ["platform", "register"],
    ["platform", "list"],
    ["platform", "revoke"],
    ["platform", "present"],
    ["web"],
    ["roster"],
    ["roster", "show"],
    ["roster", "propose"],
    ["roster", "sign"],
    ["roster", "verify"],
    ["roster", "publish"],
    ["log"],
    ["log", "verify"],
    ["log", "export"],
    ["auditor"],
    ["auditor", "init"],
    ["custodian"],
    ["custodian", "init"],
    ["custodian", "drill"],
]


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_every_command_explains_itself(idvault: Commands, command: list[str]) -> None:
    """--help ends with 0, states the command's purpose and describes every option."""
    result = idvault(*command, "--help")
    assert result.code == ExitCode.DONE
    assert result.out.startswith(" ".join(["Usage: idvault", *command]))
    options = re.split(r"\n(?=  -)", result.out)[1:]
    assert all(re.search(r"\s{2,}\w.{10}", option.strip()) for option in options), options
    assert len(result.out) > 100


@pytest.mark.parametrize(
    "arguments",
    [["no-such"], ["--no-such"], ["platform", "register"], ["dev", "--ports", "some"], ["db", "x"]],
)
def test_wrong_usage_is_2(idvault: Commands, arguments: list[str]) -> None:
    """Wrong usage ends with 2 and is reported on stderr."""
    result = idvault(*arguments)
    assert result.code == ExitCode.WRONG_USAGE
    assert result.err
    assert not result.out


def test_json_errors_are_one_object_on_stderr(idvault: Commands) -> None:
    """With --json, in any position, an error is one JSON object on stderr and stdout is empty."""
    for arguments in (["--json", "no-such"], ["db", "upgrade", "--json"], ["platform", "register", "--json"]):
        result = idvault(*arguments)
        error = json.loads(result.err)["error"]
        assert error.keys() == {"code", "reason", "field", "text"}
        assert error["code"] == "WRONG_USAGE"
        assert result.code == ExitCode.WRONG_USAGE
        assert not result.out


def test_the_version_is_the_package_s(idvault: Commands) -> None:
    """--version prints the installed version, with --json too, and needs no settings."""
    for arguments in (["--version"], ["--json", "--version"]):
        result = idvault(*arguments)
        assert (result.code, result.out) == (ExitCode.DONE, f"idvault {version('idvault')}\n")


def test_missing_settings_are_2_and_named(idvault: Commands) -> None:
    """A start without settings ends with 2 and names every missing one."""
    for arguments in (
        ["serve", "--edge", "platform"],
        ["serve"],
        ["work"],
        ["db", "upgrade"],
        ["keys", "init"],
    ):
        result = idvault(*arguments)
        assert result.code == ExitCode.WRONG_USAGE, arguments
        assert "IDVAULT_" in result.err
        assert " is missing: " in result.err
    error = json.loads(idvault("--json", "work").err)["error"]
    assert (error["reason"], error["field"]) == ("SETTINGS", "IDVAULT_DATABASE_URL")


def test_clock_file_outside_development_is_refused(idvault: Commands, tmp_path: Path) -> None:
    """--clock-file without IDVAULT_DEVELOPMENT=1 stops the start."""
    for command in (["serve", "--edge", "platform"], ["work"], ["web"]):
        result = idvault(*command, "--clock-file", tmp_path / "clock")
        assert result.code == ExitCode.WRONG_USAGE
        assert "--clock-file shifts the time and needs IDVAULT_DEVELOPMENT=1" in result.err


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (CommandError(ExitCode.REFUSED, "no", reason="NO"), ExitCode.REFUSED, "NO"),
        (ConfigError("IDVAULT_KEYS is missing: x"), ExitCode.WRONG_USAGE, "SETTINGS"),
        (PortBusyError("port 1 is in use"), ExitCode.UNREACHABLE, "PORT_BUSY"),
        (ListenError("cannot listen on 192.0.2.1:1"), ExitCode.UNREACHABLE, "PORT_BUSY"),
        (ProcessError("work ended"), ExitCode.CHECK_FAILED, "PROCESS_ENDED"),
        (UnavailableError(Reason.STORE_UNAVAILABLE), ExitCode.UNREACHABLE, "STORE_UNAVAILABLE"),
        (DamagedError(Reason.RECORD_DAMAGED), ExitCode.UNVERIFIED, "RECORD_DAMAGED"),
        (RosterError("the roster is wrong"), ExitCode.UNVERIFIED, "ROSTER_INVALID"),
        (PreconditionError(Reason.ILLEGAL_TRANSITION), ExitCode.REFUSED, "ILLEGAL_TRANSITION"),
        (AlreadyExistsError(Reason.REQUEST_ID_REUSED), ExitCode.REFUSED, "REQUEST_ID_REUSED"),
        (IdvaultError(Reason.ACCESS_DENIED), ExitCode.REFUSED, "ACCESS_DENIED"),
        (OSError(errno.ENOSPC, "No space left on device"), ExitCode.UNREACHABLE, "SYSTEM"),
        (ModuleNotFoundError(name="sqlalchemy"), ExitCode.UNREACHABLE, "NOT_INSTALLED"),
        (ModuleNotFoundError(name="idvault.missing"), ExitCode.CHECK_FAILED, "UNEXPECTED"),
    ],
)
def test_errors_have_the_published_codes(error: Exception, code: ExitCode, reason: str) -> None:
    """Each kind of error has its exit code and its reason."""
    explained = app.explain(error)
    assert (explained.code, explained.reason) == (code, reason)


@pytest.mark.parametrize(
    ("name", "setting"), [("main", "IDVAULT_DATABASE_URL"), ("shred", "IDVAULT_SHRED_DATABASE_URL")]
)
def test_a_database_that_is_away_is_named(name: str, setting: str) -> None:
    """The setting that leads to it and the cause, and never its address."""
    error = UnavailableError(Reason.STORE_UNAVAILABLE)
    error.__cause__ = DriverError("ConnectionRefusedError")
    error.__cause__.database = name
    explained = app.explain(error)
    assert str(explained) == f"the database of {setting} cannot be used: nothing listens there"
    assert (explained.code, explained.field) == (ExitCode.UNREACHABLE, setting)


def test_errors_name_field_and_file() -> None:
    """An invalid field and a missing file are named."""
    violation = Violation("document.number", FieldCode.LENGTH)
    assert app.explain(InvalidError(Reason.INVALID_MESSAGE, violation)).field == "document.number"
    assert str(app.explain(FileNotFoundError(2, "No such file", "a.pem"))) == "No such file: a.pem"


def test_mistake_of_ours_shows_places_and_no_text() -> None:
    """An unexpected exception is reported by type and location; its text may hold a name."""
    try:
        raise RuntimeError("某一一")
    except RuntimeError as error:
        explained = app.explain(error)
    assert explained.code == ExitCode.CHECK_FAILED
    assert "RuntimeError" in str(explained)
    assert "test_app.py" in str(explained)
    assert "某一一" not in str(explained)


@pytest.mark.parametrize("arguments", [["serve", "--help"], ["--json", "keys", "--help"]])
def test_a_command_of_ours_looks_for_no_other(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What other packages add is looked up for their commands, for groups of both, and for help."""
    looked: list[str] = []

    def look(*, group: str) -> EntryPoints:
        looked.append(group)
        return entry_points(group=group)

    monkeypatch.setattr(app, "entry_points", look)
    assert app.run(arguments) == 0
    assert looked == []
    for others in (["auditor", "--help"], ["roster", "--help"], ["--help"], []):
        app.run(others)
        assert looked.pop() == "idvault.commands"


def test_groups_with_parts_of_both_are_known() -> None:
    """Commands of ours that another package extends: its part is there, and missed where it is not."""
    extended = {name for name in app.installed() if name not in app.ADDED}
    assert extended == set(app.PEOPLES)
    moved = app.program({}).moved
    assert {name.partition(" ")[0] for name in moved} == extended | set(app.ADDED)


def test_module_runs_as_a_program(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """`python -m idvault.processes.cli` is the command `idvault`."""
    monkeypatch.setattr("sys.argv", ["idvault", "--help"])
    # Another test may have imported it as a module.
    monkeypatch.delitem(sys.modules, "idvault.processes.cli.__main__", raising=False)
    with pytest.raises(SystemExit) as end:
        runpy.run_module("idvault.processes.cli", run_name="__main__")
    assert end.value.code == 0
    assert "Usage: idvault" in capfd.readouterr().out
