"""Setting up: what is there is left alone, what was interrupted starts anew, one at a time."""

import fcntl
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "setup_environment.py"


def load() -> Any:
    """Import the script, which is in no package."""
    spec = importlib.util.spec_from_file_location("setup_environment", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup = load()


class Installer:
    """Notes what it is asked to install, and fails if told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.fail: Callable[[], None] = lambda: None

    def __call__(self, python: Path, arguments: list[str]) -> None:
        self.asked.append(arguments)
        self.fail()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with lock files and an environment whose Python works."""
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/run.txt", "requirements/dev.txt", "pyproject.toml"):
        (tmp_path / name).write_text(f"# {name}\n", "utf-8")
    return tmp_path


@pytest.fixture
def installer() -> Installer:
    return Installer()


@pytest.fixture
def environment(project: Path, installer: Installer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the environment under test; a bare interpreter stands for the slow creation of a whole one."""

    def create(command: list[str], *, environment: dict[str, str] | None = None) -> int:
        python = Path(command[-1]) / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        return 0

    monkeypatch.setattr(setup, "run", create)
    return setup.Environment(root=project, install=installer)


def test_a_fresh_machine_gets_everything(environment: Any, installer: Installer, project: Path) -> None:
    """The first set-up installs the hashed lock, then the project itself without resolving anything."""
    assert environment.prepare("run") is True
    assert installer.asked == [
        ["--require-hashes", "-r", "requirements/run.txt"],
        ["--no-deps", "--no-build-isolation", "--editable", "."],
    ]
    assert not (project / ".venv" / "setup.unfinished").exists()


def test_a_second_time_installs_nothing(environment: Any, installer: Installer) -> None:
    """An environment that is as the lock says is left alone."""
    environment.prepare("run")
    installer.asked.clear()
    assert environment.prepare("run") is False
    assert installer.asked == []


def test_dev_implies_run(environment: Any, installer: Installer) -> None:
    """The developer's packages include the others, and not the other way round."""
    environment.prepare("run")
    assert environment.prepare("dev") is True
    installer.asked.clear()
    assert environment.prepare("run") is False
    assert installer.asked == []


@pytest.mark.parametrize("name", ["requirements/run.txt", "pyproject.toml"])
def test_a_changed_lock_is_installed(
    environment: Any, installer: Installer, project: Path, name: str
) -> None:
    """A change of what is asked for is installed into the environment that is there."""
    environment.prepare("run")
    kept = project / ".venv" / "kept"
    kept.touch()
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert environment.prepare("run") is True
    assert kept.exists()


def test_an_interrupted_set_up_starts_anew(environment: Any, installer: Installer, project: Path) -> None:
    """After a set-up that died half-way nothing of it is trusted."""

    def die() -> None:
        raise KeyboardInterrupt

    environment.prepare("run")
    leftover = project / ".venv" / "half-installed"
    leftover.mkdir()
    (project / "requirements" / "run.txt").write_text("# newer\n", "utf-8")
    installer.fail = die
    with pytest.raises(KeyboardInterrupt):
        environment.prepare("run")
    installer.fail = lambda: None
    assert environment.prepare("run") is True
    assert not leftover.exists()
    assert environment.prepare("run") is False


def test_a_moved_folder_gets_an_environment_of_its_own(
    environment: Any, installer: Installer, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The scripts of an environment name its folder, so that a copy of it elsewhere is not used."""
    environment.prepare("run")
    (project / ".venv" / "old").touch()
    moved = tmp_path_factory.mktemp("elsewhere") / "project"
    project.rename(moved)
    assert setup.Environment(root=moved, install=installer).prepare("run") is True
    assert not (moved / ".venv" / "old").exists()


def test_a_broken_interpreter_is_replaced(environment: Any, installer: Installer, project: Path) -> None:
    """An environment whose Python is gone from the machine is made again."""
    environment.prepare("run")
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(project / "no-such-python")
    assert environment.prepare("run") is True
    assert python.resolve() == Path(sys.executable).resolve()


def test_set_ups_wait_for_each_other(
    environment: Any, installer: Installer, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While one set-up holds the lock another one waits, and then finds everything done."""
    environment.prepare("run")
    installer.asked.clear()
    changed: list[bool] = []
    waiting = threading.Event()

    class Waiting(type(environment)):  # type: ignore[misc]  # The class is loaded from a script.
        def _acquire(self, descriptor: int) -> None:
            waiting.set()
            super()._acquire(descriptor)

    other = Waiting(root=project, install=installer)
    with (project / ".venv" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=lambda: changed.append(other.prepare("run")))
        thread.start()
        assert waiting.wait(10)
        assert changed == []
        fcntl.flock(lock, fcntl.LOCK_UN)
    thread.join(10)
    assert changed == [False]
    assert installer.asked == []


def test_a_failing_installer_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installer that fails ends the set-up with its own error."""
    monkeypatch.setattr(setup, "ROOT", project)
    false = project / "python"
    false.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    false.chmod(0o700)
    with pytest.raises(setup.SetupError, match="could not be installed"):
        setup.install(false, ["anything"])


def run_setup(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call scripts/setup as a person does."""
    return subprocess.run(
        [str(ROOT / "scripts" / "setup"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_wrong_usage_is_told() -> None:
    """A wrong argument is exit code 2 and the usage."""
    done = run_setup("everything")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "usage: scripts/setup run|dev\n"


def test_a_missing_python_is_told(tmp_path: Path) -> None:
    """Without a usable Python the exit code is 3 and the text says what is needed."""
    done = run_setup("run", IDVAULT_PYTHON=str(tmp_path / "python3"))
    assert (done.returncode, done.stdout) == (3, "")
    assert "Python 3.11 or newer" in done.stderr
