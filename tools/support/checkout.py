"""A checkout of the project whose program runs: this one, or another revision to compare with."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Checkout:
    """folder: the files and the processes' working directory. python: the interpreter with its packages.

    settings: those that its program knows, which refuses others; empty if it knows all of this one.
    """

    folder: Path
    python: Path
    settings: frozenset[str] = frozenset()

    @property
    def program(self) -> str:
        """The module that runs as `idvault`; revisions before the house on floors have it at the top."""
        (package,) = (*self.folder.glob("idvault"), *self.folder.glob("lib/python*/site-packages/idvault"))
        return "idvault.cli" if (package / "cli").exists() else "idvault.processes.cli"

    def known(self, told: Mapping[str, str]) -> dict[str, str]:
        """Return an environment without the settings that the program does not know."""
        return {
            name: value
            for name, value in told.items()
            if not self.settings or not name.startswith("IDVAULT_") or name in self.settings
        }


HERE = Checkout(_ROOT, Path(sys.executable))


@contextmanager
def of_revision(revision: str) -> Iterator[Checkout]:
    """Check out a revision in a temporary folder and set it up; removes it at the end.

    Raises subprocess.CalledProcessError if git does not know the revision or its set-up fails.
    """
    with tempfile.TemporaryDirectory(prefix="idvault-revision-") as temporary:
        folder = Path(temporary) / "idvault"
        _run("git", "worktree", "add", "--quiet", "--detach", str(folder), revision, within=_ROOT)
        try:
            # The same interpreter: one revision is compared with another, not one Python.
            _run("scripts/setup", "run", within=folder, IDVAULT_PYTHON=str(Path(sys.executable).resolve()))
            yield Checkout(folder, folder / ".venv" / "bin" / "python")
        finally:
            _run("git", "worktree", "remove", "--force", str(folder), within=_ROOT)


def _run(*command: str, within: Path, **settings: str) -> None:
    environment = {**os.environ, **settings}
    subprocess.run(command, cwd=within, env=environment, check=True, stdout=subprocess.DEVNULL)
