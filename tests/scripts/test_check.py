"""scripts/check runs the named steps, the steps find what they are for, and the hooks call them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HASH = "--hash=sha256:" + "0" * 64


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the project's scripts/check."""
    return subprocess.run(
        [str(folder / "scripts" / "check"), *arguments], check=False, capture_output=True, text=True
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy what the steps look at; the environment is this project's own, which needs no set-up."""
    for name in ("requirements", "proto"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    for name in ("pyproject.toml", "buf.yaml", "scripts/check"):
        shutil.copy(ROOT / name, tmp_path / name)
    setup = tmp_path / "scripts" / "setup"
    setup.write_text("#!/bin/sh\n", "utf-8")
    setup.chmod(0o755)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def append(path: Path, text: str) -> None:
    """Write more at the end of a file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def fault(project: Path, step: str = "requirements") -> str:
    """Return what a step that fails says."""
    done = run(project, step)
    assert done.returncode == 1, done.stdout
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == (f"failed {step}", f"check: {step} failed")
    return "\n".join(lines[1:-1])


def test_only_the_named_steps_run(project: Path) -> None:
    """With names, the others are left out, and the last line counts those that ran."""
    done = run(project, "proto-lint", "shell")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok proto-lint\nok shell\ncheck: all 2 checks passed\n"


def test_an_unknown_step_is_wrong_usage(project: Path) -> None:
    """A name that is none runs nothing and is told, with those that there are."""
    done = run(project, "shell", "spelling")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: scripts/check [format lint types ")


def test_these_requirements_are_whole(project: Path) -> None:
    """The project's own locks have no fault."""
    assert run(project, "requirements").stdout == "ok requirements\ncheck: all 1 checks passed\n"


def test_a_package_that_is_not_locked_is_found(project: Path) -> None:
    """A name that pyproject.toml asks for and no lock holds is a fault."""
    path = project / "pyproject.toml"
    path.write_text(path.read_text("utf-8").replace('"joserfc",', '"joserfc", "unheard-of",'), "utf-8")
    assert "run scripts/lock" in fault(project)


@pytest.mark.parametrize("name", ["protobuf>=7", "pyotp>=2.12", "hatchling", "joserfc", "uv>=0.13"])
def test_a_pin_that_is_not_allowed_is_found(project: Path, name: str) -> None:
    """A pin outside of what pyproject.toml allows is a fault: of the client, an extra, and each group."""
    path = project / "pyproject.toml"
    text = path.read_text("utf-8").replace(f'"{name}"', f'"{re.split(">", name)[0]}<0"')
    path.write_text(text, "utf-8")
    assert "run scripts/lock" in fault(project)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"loose>=1 \\\n    {HASH}\n", "but found: loose>=1"),
        ("bare==1\n", "all requirements must have a hash"),
        (f"bare==1 \\\n    --hash=md5:{'0' * 32}\n", "--hash=md5:"),
    ],
)
def test_a_loose_or_bare_package_is_found(project: Path, line: str, told: str) -> None:
    """Each locked package is pinned and has a SHA-2 hash."""
    append(project / "requirements" / "dev.txt", line)
    assert told in fault(project)


@pytest.mark.parametrize(
    "line", ["--find-links dir\n", "--index-url dir\n", "-i dir\n", "# https" + "://example\n"]
)
def test_an_address_is_found(project: Path, line: str) -> None:
    """No lock says where packages come from."""
    append(project / "requirements" / "run.txt", line)
    lines = (project / "requirements" / "run.txt").read_text("utf-8").splitlines()
    assert f"requirements/run.txt:{len(lines)}:{line.strip()}" in fault(project)


def test_different_pins_are_found(project: Path) -> None:
    """The service's packages are the developer's too, at the same versions."""
    append(project / "requirements" / "run.txt", f"extra==1 \\\n    {HASH}\n")
    assert "extra==1\nrequirements/run.txt: dev.txt has other pins: run scripts/lock" in fault(project)


def test_a_change_that_breaks_callers_is_found(project: Path) -> None:
    """The contract is compared with that of the last release, wherever the repository stands."""
    assert run(project, "proto-breaking").returncode == 0
    path = project / "proto" / "idvault" / "v1" / "status.proto"
    text = path.read_text("utf-8")
    path.write_text(text.replace("rpc GetStatus(", "rpc GetState(", 1), "utf-8")
    assert "GetStatus" in fault(project, "proto-breaking")


def test_the_hooks_are_the_steps() -> None:
    """Each hook before a commit is a step of this project's own check, and nothing is fetched for it."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"- repo: (.*)", hooks) == ["local"]
    entries = re.findall(r"entry: (.*)", hooks)
    (steps,) = re.findall(r"^steps=\((.*)\)$", (ROOT / "scripts" / "check").read_text("utf-8"), re.MULTILINE)
    assert entries
    assert [entry for entry in entries if entry.removeprefix("scripts/check ") not in steps.split()] == []
    validate = [str(ROOT / ".venv" / "bin" / "pre-commit"), "validate-config"]
    subprocess.run(validate, cwd=ROOT, check=True, env={**os.environ, "PRE_COMMIT_COLOR": "never"})
