"""scripts/setup: keeps a finished environment, recreates an interrupted one, and runs one at a time."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30.0
# A fake interpreter: the installers in its environments record their arguments, wait while the file `slow`
# exists, and fail while a file with their name exists.
PYTHON = """#!/usr/bin/env bash
if [[ "$1 $2" != "-m venv" ]]; then exec -a "$0" {real} "$@"; fi
echo "venv ${{@:3}}" >>asked
rm -rf .venv/* && mkdir -p .venv/bin && ln -s {self} .venv/bin/python
cp {installer} .venv/bin/pip && cp {installer} .venv/bin/uv
"""
INSTALLER = """#!/usr/bin/env bash
name=$(basename "$0")
if [[ $1 == config ]]; then cat settings; exit; fi
echo "$name $*" >>asked
echo "$name ${UV_DEFAULT_INDEX:-none}" >>index
while [[ -e slow ]]; do sleep 0.01; done
if [[ -e $name ]]; then echo "no route" >&2; exit 1; fi
"""
PIP = "pip install --quiet --no-input --disable-pip-version-check --require-hashes -r requirements/uv.txt"
SYNC = "uv pip sync --quiet --compile-bytecode --require-hashes requirements/{}.txt"
OWN = ("clients/verify", "clients/python", "clients/people", ".", "development")
PROJECT = "uv pip install --quiet --offline --no-deps --no-build-isolation " + " ".join(
    f"--editable={folder}" for folder in OWN
)


class Project:
    """A project with locks, a copy of the script, and an interpreter that installs nothing."""

    def __init__(self, folder: Path, python: Path) -> None:
        """Write its files; the interpreter is outside, so that the folder can be moved."""
        self.folder = folder
        self._python = python
        locks = [f"requirements/{name}.txt" for name in ("uv", "run", "dev")]
        for name in (*locks, *(f"{own}/pyproject.toml" for own in OWN)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"# {name}\n", "utf-8")
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
        (folder / "settings").touch()

    def start(self, kind: str) -> subprocess.Popen[str]:
        """Start a set-up."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        environment["IDVAULT_PYTHON"] = str(self._python)
        return subprocess.Popen(
            ["scripts/setup", kind],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def setup(self, kind: str = "run") -> tuple[int, str, str]:
        """Set up; return the exit code and the output."""
        process = self.start(kind)
        out, err = process.communicate(timeout=LIMIT)
        return process.returncode, out, err

    def prepare(self, kind: str = "run") -> list[str]:
        """Set up, and return the arguments of the interpreter and the installers."""
        (self.folder / "asked").unlink(missing_ok=True)
        code, out, err = self.setup(kind)
        assert (code, err) == (0, ""), out
        asked = self.asked()
        assert out.splitlines()[-1] == ("setup: done" if asked else "setup: up to date")
        return asked

    def asked(self) -> list[str]:
        """Return the recorded arguments since the last reset."""
        path = self.folder / "asked"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def until_asked(self, what: str) -> None:
        """Wait until an installer was called."""
        end = time.monotonic() + LIMIT
        while what not in self.asked():
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Create a project that is not set up yet; no installer outlives the test."""
    tools = tmp_path / "tools"
    tools.mkdir()
    python, installer = tools / "python3", tools / "installer"
    real = Path(sys.executable).resolve()
    python.write_text(PYTHON.format(real=real, self=python, installer=installer), "utf-8")
    installer.write_text(INSTALLER, "utf-8")
    for tool in (python, installer):
        tool.chmod(0o755)
    made = Project(tmp_path / "project", python)
    yield made
    (made.folder / "slow").unlink(missing_ok=True)


def test_a_fresh_machine_gets_everything(project: Project) -> None:
    """The first set-up installs uv by hash, then the hashed lock, then the project without resolving."""
    assert project.prepare("run") == ["venv --clear .venv", PIP, SYNC.format("run"), PROJECT]


def test_a_second_time_installs_nothing(project: Project) -> None:
    """An environment that matches the lock is left alone."""
    project.prepare("run")
    assert project.prepare("run") == []


def test_dev_implies_run(project: Project) -> None:
    """The developer's packages include the others, but not the other way round."""
    project.prepare("run")
    assert project.prepare("dev") == [PIP, SYNC.format("dev"), PROJECT]
    assert project.prepare("run") == []


@pytest.mark.parametrize(
    "name", ["requirements/uv.txt", "requirements/run.txt", *(f"{own}/pyproject.toml" for own in OWN)]
)
def test_a_changed_lock_is_installed(project: Project, name: str) -> None:
    """A changed lock is installed into the existing environment."""
    project.prepare("run")
    with (project.folder / name).open("a") as file:
        file.write("# changed\n")
    assert project.prepare("run") == [PIP, SYNC.format("run"), PROJECT]
    assert project.prepare("run") == []


@pytest.mark.parametrize(
    ("installer", "told"),
    [
        ("pip", "setup: uv could not be installed (see pip's output above)"),
        ("uv", "setup: the run packages could not be installed (see uv's output above)"),
    ],
)
def test_a_failing_installer_is_told(project: Project, installer: str, told: str) -> None:
    """A failing installer ends the set-up, with its output and an error; the next call starts again."""
    (project.folder / installer).touch()
    for _ in range(2):
        code, _, err = project.setup("run")
        assert (code, err) == (3, f"no route\n{told}\n")
    (project.folder / installer).unlink()
    assert project.prepare("run") == ["venv --clear .venv", PIP, SYNC.format("run"), PROJECT]


def test_an_interrupted_set_up_starts_anew(project: Project) -> None:
    """After a killed set-up, the next waits for its installer and recreates the environment."""
    project.prepare("run")
    leftover = project.folder / ".venv" / "half-installed"
    (project.folder / "requirements" / "run.txt").write_text("# newer\n", "utf-8")
    (project.folder / "slow").touch()
    (project.folder / "asked").unlink()
    dying = project.start("run")
    project.until_asked(PIP)
    leftover.mkdir()
    dying.kill()
    next_one = project.start("run")
    assert next_one.stdout is not None
    assert next_one.stdout.readline() == "setup: waiting for another set-up to end\n"
    assert leftover.exists()
    (project.folder / "slow").unlink()
    out, err = next_one.communicate(timeout=LIMIT)
    dying.communicate(timeout=LIMIT)
    assert (next_one.returncode, err) == (0, ""), out
    assert out == "setup: creating .venv\nsetup: installing the run packages\nsetup: done\n"
    assert not leftover.exists()
    assert project.prepare("run") == []


def test_a_moved_folder_gets_an_environment_of_its_own(project: Project) -> None:
    """An environment's scripts name its folder, so a copy elsewhere is not used."""
    project.prepare("run")
    moved = project.folder.with_name("elsewhere")
    project.folder.rename(moved)
    project.folder = moved
    assert project.prepare("run")[0] == "venv --clear .venv"


def test_a_broken_interpreter_is_replaced(project: Project) -> None:
    """An environment whose Python is gone is recreated."""
    project.prepare("run")
    python = project.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(project.folder / "no-such-python")
    assert project.prepare("run")[0] == "venv --clear .venv"
    assert python.exists()
    assert project.prepare("run") == []


def test_set_ups_wait_for_each_other(project: Project) -> None:
    """While one set-up holds the lock another waits, and then finds everything done."""
    project.prepare("run")
    with (project.folder / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        other = project.start("run")
        assert other.stdout is not None
        assert other.stdout.readline() == "setup: waiting for another set-up to end\n"
    assert other.communicate(timeout=LIMIT) == ("setup: up to date\n", "")


def test_uv_asks_the_index_of_pip(project: Project) -> None:
    """The package index is set only in pip's settings; the last setting counts."""
    listing = "".join(
        f"{place}.index-" + f"url={url!r}\n" for place, url in (("global", "first"), (":env:", "second"))
    )
    (project.folder / "settings").write_text(listing, "utf-8")
    project.prepare("run")
    assert (project.folder / "index").read_text("utf-8").splitlines() == [
        "pip none",
        "uv second",
        "uv second",
    ]


def run_setup(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call scripts/setup as a user does."""
    return subprocess.run(
        [str(ROOT / "scripts" / "setup"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("arguments", [(), ("everything",), ("run", "dev")])
def test_wrong_usage_is_told(arguments: tuple[str, ...]) -> None:
    """A wrong argument gives exit code 2 and the usage."""
    done = run_setup(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "usage: scripts/setup run|dev\n"


def test_a_missing_python_is_told(tmp_path: Path) -> None:
    """Without a usable Python the exit code is 3 and the text names the requirement."""
    done = run_setup("run", IDVAULT_PYTHON=str(tmp_path / "python3"))
    assert (done.returncode, done.stdout) == (3, "")
    assert "Python 3.11 or newer" in done.stderr
