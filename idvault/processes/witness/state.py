"""A witness's durable state: for each log, the size and root that it cosigned last.

- A log's file holds the three lines of its last checkpoint, and the line of its epoch if that is not the
  first. It is replaced by rename; the file and its folder are synced before the witness cosigns.
- The latest of a log's keys that has signed what was cosigned is in signers/: from then on a former key alone
  is not enough.
- A statement that began an epoch is kept in epochs/ before the checkpoint is set back, and is followed once.
- A file that cannot be read prevents the start: a witness without its state could cosign a fork.
"""

import fcntl
import os
from hashlib import sha256
from pathlib import Path

from idvault_verify import durable_file
from idvault_verify.transparency import checkpoint, epoch, note
from idvault_verify.transparency.checkpoint import Checkpoint, MalformedCheckpointError
from idvault_verify.transparency.tree import EMPTY_ROOT

_PRIVATE_FOLDER = 0o700
_LOGS = "logs"
_FORKS = "forks"
_EPOCHS = "epochs"
_SIGNERS = "signers"


class StateError(Exception):
    """The folder cannot be used: another witness holds it, or a file in it is damaged."""


class WitnessState:
    """The folder of one witness, held until `close`; not thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Create the folder if needed and lock it; raises StateError, OSError."""
        self.folder = folder
        for path in (folder, folder / _LOGS, folder / _FORKS, folder / _EPOCHS, folder / _SIGNERS):
            path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        self._lock = durable_file.open_lock(folder / "lock", like=folder)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._latest = {found.origin: found for found in map(_read, self._files())}
        except BlockingIOError:
            self.close()
            raise StateError(f"another witness runs on {folder}") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the folder."""
        os.close(self._lock)

    def latest(self, origin: str) -> Checkpoint:
        """Return the last stored checkpoint, or that of the empty tree if there is none."""
        return self._latest.get(origin, Checkpoint(origin, 0, EMPTY_ROOT))

    def keep(self, newer: Checkpoint) -> None:
        """Store a checkpoint as the last one, durably; raises OSError if that fails."""
        kept = Checkpoint(newer.origin, newer.size, newer.root, epoch.of(newer).extensions)
        durable_file.replace(self._file(newer.origin), kept.text.encode())
        self._latest[newer.origin] = kept

    def signer(self, origin: str) -> str:
        """Return the vkey of a log's latest key that has signed, empty if none is kept; raises OSError."""
        try:
            return self._signer_file(origin).read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def keep_signer(self, origin: str, vkey: str) -> None:
        """Store the latest key of a log that has signed, durably; raises OSError."""
        durable_file.replace(self._signer_file(origin), vkey.encode())

    def begin_epoch(self, digest: str, statement: bytes, stays: Checkpoint) -> None:
        """Keep the statement of a new epoch, then what the log continues from; raises OSError."""
        durable_file.replace(self.folder / _EPOCHS / digest, statement)
        self.keep(stays)

    def keep_fork(self, raw: bytes) -> None:
        """Store a signed checkpoint that contradicts the last one; together they prove a fork of the log."""
        # Named by the signed text: otherwise anybody could add lines of unknown keys and fill the disk.
        path = self.folder / _FORKS / sha256(note.parse(raw).text.encode()).hexdigest()
        if not path.exists():
            durable_file.replace(path, raw)

    def _files(self) -> list[Path]:
        found = (self.folder / _LOGS).iterdir()
        return sorted(path for path in found if not path.name.startswith("."))

    def _signer_file(self, origin: str) -> Path:
        return self.folder / _SIGNERS / self._file(origin).name

    def _file(self, origin: str) -> Path:
        # An origin may be any text; its hash is a valid file name everywhere.
        return self.folder / _LOGS / sha256(origin.encode()).hexdigest()


def examine(folder: Path) -> None:
    """Raise StateError or OSError if a witness could not start on this folder; nothing is written."""
    if not folder.exists():
        # The first start makes it.
        if not os.access(_nearest(folder), os.W_OK | os.X_OK):
            raise StateError("cannot be created by this user")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StateError("is not a folder that this user may read and write")
    if (folder / "lock").exists():
        with (folder / "lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateError("is held by a witness that runs") from None
    for path in sorted((folder / _LOGS).glob("[!.]*")):
        _read(path)


def _nearest(folder: Path) -> Path:
    return next(path for path in folder.absolute().parents if path.exists())


def _read(path: Path) -> Checkpoint:
    try:
        found = checkpoint.parse(path.read_bytes().decode())
    except (UnicodeDecodeError, MalformedCheckpointError) as error:
        raise StateError(f"{path} is damaged: restore it, or a fork of the log may go unnoticed") from error
    if sha256(found.origin.encode()).hexdigest() != path.name:
        raise StateError(f"{path} holds the state of a different log than its name says")
    return found
