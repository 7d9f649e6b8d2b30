"""`idvault db`: the versions of the databases, and what an upgrade would run."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from idvault.processes import migrations
from idvault.processes.migrations import MAIN, SHRED
from idvault.processes.migrations.branch import Branch
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands


def _settings(idvault: Commands, folder: Path) -> None:
    idvault.set(
        DATABASE_URL=f"sqlite:///{folder}/main.sqlite3",
        SHRED_DATABASE_URL=f"sqlite:///{folder}/shred.sqlite3",
    )


def _shown(branch: Branch, version: str | None, *, usable: bool = True) -> dict[str, object]:
    return {
        "database": branch.name,
        "version": version,
        "needed": branch.needed,
        "usable": usable,
        "to_contract": [],
    }


def _files(branch: Branch) -> list[str]:
    return sorted(file.name[:4] for file in branch.folder.glob("[0-9]*.py"))


def test_before_the_first_upgrade(idvault: Commands, tmp_path: Path) -> None:
    """A new pair has no schema, every migration would run, and neither command creates a file."""
    _settings(idvault, tmp_path)
    result = idvault("db", "current")
    assert result.code == ExitCode.CHECK_FAILED
    assert result.out.splitlines() == [
        f"db: main has no schema; this program needs {MAIN.newest}",
        f"db: shred has no schema; this program needs {SHRED.newest}",
    ]
    found = [json.loads(line) for line in idvault("db", "upgrade", "--dry-run", "--json").out.splitlines()]
    for branch in (MAIN, SHRED):
        named = [each["version"] for each in found if each["database"] == branch.name]
        assert named == _files(branch)
    assert all(each["title"].endswith(".") for each in found)
    assert list(tmp_path.iterdir()) == []


def test_after_an_upgrade(idvault: Commands, tmp_path: Path) -> None:
    """Both are current, and nothing would run."""
    _settings(idvault, tmp_path)
    assert idvault("db", "upgrade").code == ExitCode.DONE
    result = idvault("db", "current")
    assert (result.code, result.out.splitlines()[0]) == (
        ExitCode.DONE,
        f"db: main is at version {MAIN.newest}",
    )
    result = idvault("db", "current", "--json")
    assert [json.loads(line) for line in result.out.splitlines()] == [
        _shown(branch, branch.newest) for branch in (MAIN, SHRED)
    ]
    assert idvault("db", "upgrade", "--dry-run").out == "db: nothing to run\n"


def _run(url: Path, *statements: str) -> None:
    with closing(sqlite3.connect(url)) as connection, connection:
        for each in statements:
            connection.execute(each)


def test_a_later_version_has_expanded_or_contracted(idvault: Commands, tmp_path: Path) -> None:
    """This program goes on with the expanded pair and leaves it as it is; a contracted one it refuses."""
    _settings(idvault, tmp_path)
    assert idvault("db", "upgrade").code == ExitCode.DONE
    main = tmp_path / "main.sqlite3"
    _run(main, "UPDATE idvault_main_version SET version_num = '9998'")
    assert idvault("db", "upgrade", "--phase", "expand").code == ExitCode.DONE
    result = idvault("db", "current")
    assert result.code == ExitCode.DONE
    assert result.out.splitlines()[0] == (
        f"db: main is at version 9998, and can be used by this program of {MAIN.newest}"
    )
    _run(main, "INSERT INTO schema_floors VALUES ('9997')")
    result = idvault("db", "current", "--json")
    assert result.code == ExitCode.CHECK_FAILED
    assert json.loads(result.out.splitlines()[0]) == _shown(MAIN, "9998", usable=False)
    assert "serves programs of 9997 or later, not this" in idvault("db", "current").out
    result = idvault("db", "upgrade")
    assert result.code == ExitCode.REFUSED
    assert "start the new version in its place" in result.err


def test_what_waits_for_the_contract_phase(
    idvault: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`upgrade --phase expand` leaves it, `current` names it, `--dry-run --phase contract` shows it."""
    _settings(idvault, tmp_path)
    assert idvault("db", "upgrade").code == ExitCode.DONE
    folder = tmp_path / "migrations"
    shutil.copytree(MAIN.folder, folder)
    (folder / "9999_contract_old.py").write_text(
        f'''"""Drops what is old."""
revision, down_revision, branch_labels, depends_on = "9999", "{MAIN.newest}", None, None
oldest_program = "{MAIN.newest}"
def upgrade(): pass
'''
    )
    monkeypatch.setattr(migrations, "MAIN", replace(MAIN, own_folder=folder))
    assert "db: main 9999 waits for the contract phase" in idvault("db", "upgrade", "--phase", "expand").out
    expected = f"db: main is at version {MAIN.newest}; 9999 waits for the contract phase"
    result = idvault("db", "current")
    assert (result.code, result.out.splitlines()[0]) == (ExitCode.DONE, expected)
    planned = idvault("db", "upgrade", "--dry-run", "--phase", "contract").out
    assert planned.splitlines()[0] == "db: would run main 9999 (contract): Drops what is old."
    assert idvault("db", "upgrade", "--phase", "contract").code == ExitCode.DONE
    assert idvault("db", "current").out.splitlines()[0] == "db: main is at version 9999"
