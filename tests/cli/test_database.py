"""`idvault db`: the versions of the databases, and what an upgrade would run."""

import json
from pathlib import Path

from idvault.cli.errors import ExitCode
from idvault.storage.migrations import MAIN, SHRED, Branch
from tests.support.commands import Commands


def _settings(idvault: Commands, folder: Path) -> None:
    idvault.set(
        DATABASE_URL=f"sqlite:///{folder}/main.sqlite3",
        SHRED_DATABASE_URL=f"sqlite:///{folder}/shred.sqlite3",
    )


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
        {"database": branch.name, "version": branch.newest, "needed": branch.newest}
        for branch in (MAIN, SHRED)
    ]
    assert idvault("db", "upgrade", "--dry-run").out == "db: nothing to run\n"
