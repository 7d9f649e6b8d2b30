"""Makes or renews .venv from the locked, hashed requirements; called by scripts/setup, standard library only.

- One set-up at a time: the others wait. The installer inherits the lock, so that the orphan of a killed
  set-up is waited for too.
- An environment that is as the lock file says is left alone, and no installer runs.
- A set-up that was interrupted leaves its marker; the next one then starts from an empty environment.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("run", "dev")
# In an activated environment sys.executable is a link in the very folder that may have to be emptied.
INTERPRETER = Path(sys.executable).resolve()
Install = Callable[[Path, list[str]], None]


class SetupError(Exception):
    """The environment could not be made."""


def run(command: list[str], *, environment: dict[str, str] | None = None) -> int:
    """Run a child that keeps the set-up's lock for as long as it lives; returns its exit code."""
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, close_fds=False
    )
    return done.returncode


def install(python: Path, arguments: list[str]) -> None:
    """Run pip of the environment; raises SetupError if it fails."""
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PIP_USER", "PIP_TARGET"}
    }
    if run([str(python), "-m", "pip", "install", *options, *arguments], environment=environment) != 0:
        raise SetupError("the locked packages could not be installed (the installer's words are above)")


class Environment:
    """One virtual environment, its stamp and its marker."""

    def __init__(self, *, root: Path, install: Install) -> None:
        """Take the project's folder and the way to install; neither is touched yet."""
        self._root = root
        self._install = install
        self._folder = root / ".venv"
        self._python = self._folder / "bin" / "python"
        self._stamp = self._folder / "setup.stamp"
        self._marker = self._folder / "setup.unfinished"
        self._lock = self._folder / "setup.lock"

    def prepare(self, kind: str) -> bool:
        """Make the environment hold what `kind` needs; False if it did already. Raises SetupError."""
        self._folder.mkdir(exist_ok=True)
        with self._lock.open("w") as lock:
            os.set_inheritable(lock.fileno(), True)
            self._acquire(lock.fileno())
            version = self._version()
            if version and not self._marker.exists() and self._is_current(kind, version):
                return False
            if not version or self._marker.exists() or self._has_moved(version):
                self._rebuild()
            self._marker.touch()
            self._stamp.unlink(missing_ok=True)
            print(f"setup: installing the {kind} packages", flush=True)
            self._install(self._python, ["--require-hashes", "-r", f"requirements/{kind}.txt"])
            self._install(self._python, ["--no-deps", "--no-build-isolation", "--editable", "."])
            self._stamp.write_text(self._state(kind, self._version()), "utf-8")
            self._marker.unlink()
        return True

    def _acquire(self, descriptor: int) -> None:
        """Wait until no other set-up of this folder runs."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: waiting for another set-up to end", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _version(self) -> str:
        """Ask the environment's interpreter what it is; empty if none works or it is too old."""
        question = "import sys; print(sys.version) if sys.version_info >= (3, 11) else sys.exit(1)"
        try:
            answer = subprocess.run(
                [self._python, "-I", "-c", question], check=False, capture_output=True, text=True
            )
        except OSError:
            return ""
        return answer.stdout.strip().replace("\n", " ") if answer.returncode == 0 else ""

    def _place(self, version: str) -> str:
        """Name what an environment cannot survive a change of: its folder (in its scripts) and its Python."""
        return f"{self._root}\n{version}\n"

    def _state(self, kind: str, version: str) -> str:
        """Describe the environment that the files of now ask for."""
        digest = hashlib.sha256()
        for name in (f"requirements/{kind}.txt", "pyproject.toml"):
            content = (self._root / name).read_bytes()
            digest.update(len(content).to_bytes(8, "big") + content)
        return f"{self._place(version)}{kind} {digest.hexdigest()}\n"

    def _is_current(self, kind: str, version: str) -> bool:
        """Tell whether the stamp is that of `kind`, or of the developer's set, which includes the other."""
        stamp = self._stamp.read_text("utf-8") if self._stamp.exists() else ""
        return stamp in {self._state(kind, version), self._state("dev", version)}

    def _has_moved(self, version: str) -> bool:
        """Tell whether a stamp names another folder or another Python."""
        return self._stamp.exists() and not self._stamp.read_text("utf-8").startswith(self._place(version))

    def _rebuild(self) -> None:
        """Empty the folder, the marker and the lock excepted, and make a new environment in it."""
        self._marker.touch()
        for path in self._folder.iterdir():
            if path in {self._marker, self._lock}:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        print("setup: making .venv", flush=True)
        if run([str(INTERPRETER), "-m", "venv", str(self._folder)]) != 0:
            raise SetupError("the virtual environment could not be made")


def main(arguments: list[str]) -> int:
    """Prepare the environment; 0 done, 2 wrong usage, 3 something needed cannot be reached."""
    if len(arguments) != 1 or arguments[0] not in KINDS:
        print("usage: scripts/setup run|dev", file=sys.stderr)
        return 2
    try:
        changed = Environment(root=ROOT, install=install).prepare(arguments[0])
    except (SetupError, OSError) as error:
        print(f"setup: {error}", file=sys.stderr)
        return 3
    print("setup: done" if changed else "setup: up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
