"""The program of the last release, as its wheel installs it: what runs beside this one during an upgrade.

`tests/last_release.txt` names its commit; until the first release, the commit with which the schema's first
version began. Its source comes from git's history. A copy without that history tries the wheel of this
version on the wider schema instead, and warns: that is less, and not enough for a release.
"""

import os
import re
import subprocess
import sys
import venv
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

from tools.support.checkout import Checkout

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "tests" / "last_release.txt"
_SETTING = re.compile(r"\bIDVAULT_[A-Z_]+\b")


def install(folder: Path) -> Checkout:
    """Build the wheels and install them in a folder, with the packages of this environment."""
    source, environment = folder / "source", folder / "environment"
    with zipfile.ZipFile(BytesIO(archive(FILE.read_text("utf-8").strip()))) as packed:
        packed.extractall(source)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheel")]
    for project in sorted(source.glob("**/pyproject.toml")):
        subprocess.run(build, cwd=project.parent, check=True, capture_output=True)
    venv.create(environment, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    for wheel in (folder / "wheel").glob("*.whl"):
        with zipfile.ZipFile(wheel) as content:
            content.extractall(packages)
    # Found after the wheel's own packages.
    (packages / "shared.pth").write_text("\n".join(each for each in sys.path if "site-packages" in each))
    files = (source / "docs" / "reference.md", *(source / "idvault" / "core" / "config").glob("*.py"))
    known = {name for file in files for name in _SETTING.findall(file.read_text("utf-8"))}
    return Checkout(environment, environment / "bin" / "python", settings=frozenset(known))


class NoHistoryWarning(UserWarning):
    """The last release is not in git's history here."""


def archive(commit: str) -> bytes:
    """Return the files of a commit as a zip archive; a shallow clone asks where it came from."""
    for command in (None, ["fetch", "--quiet", "--depth", "1", "origin", commit]):
        if command is not None:
            _git(*command)
        done = _git("archive", "--format=zip", commit)
        if done.returncode == 0:
            return done.stdout
    text = (
        f"git does not have the last release, commit {commit} of tests/last_release.txt, and could not fetch "
        "it: this version's wheel is tried in its place. Clone the project with its history (no --depth), "
        "or run `git fetch --unshallow`"
    )
    warnings.warn(text, NoHistoryWarning, stacklevel=2)
    return _git("archive", "--format=zip", "HEAD").stdout


def _git(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(["git", *arguments], cwd=ROOT, env=quiet, capture_output=True, check=False)
