"""The check of the locked requirements finds what it is for, and this project's are whole."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load() -> Any:
    """Import the script, which is in no package."""
    spec = importlib.util.spec_from_file_location("check", ROOT / "scripts" / "check_requirements.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


requirements = load()
HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy this project's requirements."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def append(path: Path, text: str) -> None:
    """Write more at the end of a file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_these_requirements_are_whole() -> None:
    """The project's own lock files have no fault."""
    assert requirements.check(ROOT) == []


def test_a_package_without_a_pin_is_found(project: Path) -> None:
    """A name that the lock does not hold is a fault."""
    append(project / "requirements" / "dev.in", "unheard-of\n")
    assert requirements.check(project) == ["dev: missing: unheard-of"]


def test_a_pin_that_is_not_allowed_is_found(project: Path) -> None:
    """A pin outside of what the *.in file allows is a fault."""
    append(project / "requirements" / "dev.in", "ruff<0\n")
    (fault,) = requirements.check(project)
    assert fault.startswith("dev: not allowed by dev.in: ruff ")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"loose>=1 \\\n    {HASH}\n", "dev: not pinned: loose>=1 \\"),
        ("bare==1\n", "dev: not hashed: bare"),
        ("bare==1 \\\n    --hash=md5:00\n", "dev: not hashed: bare"),
    ],
)
def test_a_loose_or_bare_package_is_found(project: Path, line: str, fault: str) -> None:
    """Each locked package is pinned and hashed."""
    append(project / "requirements" / "dev.txt", line)
    assert requirements.check(project) == [fault]


@pytest.mark.parametrize(
    "line", ["--find-links dir\n", "--index-url dir\n", "-i dir\n", "# https" + "://example\n"]
)
def test_an_address_is_found(project: Path, line: str) -> None:
    """No lock file says where packages come from."""
    append(project / "requirements" / "run.txt", line)
    assert "run: an index, a link or an address" in requirements.check(project)


def test_different_pins_are_found(project: Path) -> None:
    """The service's packages are the developer's too, at the same versions."""
    append(project / "requirements" / "run.txt", f"extra==1 \\\n    {HASH}\n")
    assert requirements.check(project) == ["run: extra is ['1'], and [] in dev"]


def test_a_promise_outside_of_the_lock_is_found(project: Path) -> None:
    """What pyproject.toml asks of an installer is what the locks were made from."""
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace('"rfc8785"', '"rfc8785<0"'), "utf-8")
    assert requirements.check(project) == ["pyproject.toml: rfc8785<0 is not what client.txt holds"]
