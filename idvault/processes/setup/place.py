"""The files of a host below a root: where they go, whose they are, and which of them this program wrote.

- Every file appears complete, by a rename, and is on the disk before the next step.
- What an operator has edited is kept: a text is replaced only if it is still as this program wrote it, which
  the file setup.json remembers. The new text is then put beside it, as NAME.new.
- Keys, passphrases and certificates that exist are never replaced by `keep`.
"""

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from idvault_verify import durable_file, small_file

ETC = "/etc/idvault"
UNITS = "/etc/systemd/system"
PROGRAM = "/opt/idvault"
PUBLIC = "/srv/idvault/public"
WITNESS = "/var/lib/idvault-witness"
BACKUPS = "/var/lib/idvault/backups"
PRIVATE, READABLE = 0o600, 0o644
_MOVED = (ETC, PROGRAM, "/srv/idvault", "/var/lib/idvault")
_OWN = 0o700


class StepState(StrEnum):
    """What became of a step."""

    DONE = "done"
    MADE = "made"
    RENEWED = "renewed"
    KEPT = "kept"
    WAITING = "waiting"


class HostPlace:
    """A host's files. is_system: whether users are made, and own the files of their process."""

    def __init__(self, root: Path, *, is_system: bool) -> None:
        self._root = root
        self.is_system = is_system
        self._written = self.path(ETC) / "setup.json"

    def path(self, name: str) -> Path:
        """Return where a file of the host is."""
        return self._root / name.lstrip("/")

    def etc(self, name: str) -> Path:
        """Return the path of a file in /etc/idvault."""
        return self.path(ETC) / name

    def moved(self, text: str) -> str:
        """Return the text of a unit with its folders below the root."""
        if self._root == Path("/"):
            return text
        for folder in _MOVED:
            text = text.replace(folder, str(self.path(folder)))
        return text

    def add_user(self, process: str) -> bool:
        """Create the user of a process unless it exists; tell whether it was made."""
        if not self.is_system or _has_user(process):
            return False
        options = ("--system", "--user-group", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run([useradd, *options, user(process)], check=True)  # noqa: S603 - fixed words
        return True

    def folder(self, path: Path, *, owner: str = "", mode: int = _OWN) -> bool:
        """Create a folder unless it exists; its mode and owner are set in any case."""
        is_new = not path.exists()
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        if is_new:
            path.chmod(mode)
            durable_file.sync_folder(path.parent)
        self._give(path, owner)
        return is_new

    def link(self, path: Path, to: Path) -> bool:
        """Make a name for a program's folder unless the name is in use."""
        if path.exists() or path.is_symlink():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(to)
        durable_file.sync_folder(path.parent)
        return True

    def keep(self, path: Path, content: bytes, *, owner: str = "", mode: int = PRIVATE) -> bool:
        """Write a file unless it exists; its owner is set in any case."""
        is_new = not path.exists()
        if is_new:
            self._write(path, content, mode)
        self._give(path, owner)
        return is_new

    def put(self, path: Path, content: bytes, *, owner: str = "", mode: int = READABLE) -> StepState:
        """Write a file that only this program and its sources write, such as a certificate."""
        if path.exists() and _holds(path, content):
            self._give(path, owner)
            return StepState.DONE
        was_there = path.exists()
        self._write(path, content, mode)
        self._give(path, owner)
        return StepState.RENEWED if was_there else StepState.MADE

    def write(self, path: Path, text: str, *, mode: int = READABLE) -> StepState:
        """Write a text that an operator may edit, unless that has happened."""
        content, beside = text.encode(), path.with_name(f"{path.name}.new")
        found = small_file.read(path) if path.exists() else None
        if found == content:
            self._remember(path, content)
            beside.unlink(missing_ok=True)
            return StepState.DONE
        if found is not None and _digest(found) not in self._known().get(str(path), ()):
            self.put(beside, content, mode=mode)
            return StepState.KEPT
        # Remembered first: after a crash between the two, either text is known.
        self._remember(path, content, *([found] if found is not None else []))
        self._write(path, content, mode)
        beside.unlink(missing_ok=True)
        return StepState.MADE if found is None else StepState.RENEWED

    def note(self, what: str) -> None:
        """Remember, for later runs, that something was done."""
        known = self._known()
        if what not in known:
            self._keep_known({**known, what: []})

    def has_noted(self, what: str) -> bool:
        """Tell whether an earlier run has done something."""
        return what in self._known()

    def _write(self, path: Path, content: bytes, mode: int) -> None:
        if not path.parent.exists():
            self.folder(path.parent)
        durable_file.replace(path, content, mode=mode)

    def _give(self, path: Path, owner: str) -> None:
        if not (self.is_system and owner):
            return
        wanted = pwd.getpwnam(user(owner))
        found = path.stat()
        if (found.st_uid, found.st_gid) != (wanted.pw_uid, wanted.pw_gid):
            os.chown(path, wanted.pw_uid, wanted.pw_gid, follow_symlinks=False)

    def _known(self) -> dict[str, list[str]]:
        if not self._written.exists():
            return {}
        found: dict[str, list[str]] = json.loads(small_file.read(self._written))
        return found

    def _remember(self, path: Path, *contents: bytes) -> None:
        known, digests = self._known(), [_digest(each) for each in contents]
        if known.get(str(path)) != digests:
            self._keep_known({**known, str(path): digests})

    def _keep_known(self, known: dict[str, list[str]]) -> None:
        text = json.dumps(known, indent=1, sort_keys=True)
        durable_file.replace(self._written, f"{text}\n".encode())


def user(process: str) -> str:
    """Return the name of a process's user."""
    return f"idvault-{process}"


def worst(states: Sequence[StepState]) -> StepState:
    """Return what to say of several files together."""
    order = (StepState.WAITING, StepState.KEPT, StepState.RENEWED, StepState.MADE)
    return next((state for state in order if state in states), StepState.DONE)


def _holds(path: Path, content: bytes) -> bool:
    # As long as what is written: the authorities of a system can be more than a small file.
    return path.stat().st_size == len(content) and small_file.read(path, limit=len(content)) == content


def _has_user(process: str) -> bool:
    try:
        pwd.getpwnam(user(process))
    except KeyError:
        return False
    return True


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
