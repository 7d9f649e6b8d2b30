"""Decides which process on a host may write a SQLite file."""

import fcntl
import os
from pathlib import Path
from threading import Condition, Thread

from idvault_verify import durable_file


class Turn:
    """An exclusive lock on an empty file beside the database, held for one act.

    Processes that wait for SQLite's lock poll it, and under continuous writes find it locked each time. The
    kernel wakes the processes that wait for this lock, and releases it when its holder dies. Only one thread
    may use it at a time.

    A released lock goes to whoever asks first, which on a busy host is its last holder. So a second file
    marks the next in line: it is locked while waiting for the first, and the last holder queues behind.
    """

    def __init__(self, path: Path, *, like: Path | None = None) -> None:
        """Set the file's path; the first turn creates it, and a file beside it that ends in -next.

        like: the file whose owner both belong to; None for that of the folder.
        """
        self._paths = (path, path.with_name(f"{path.name}-next"))
        self._like = like or path.parent
        self._files: tuple[int, int] | None = None
        self._waiting: _Waiting | None = None

    @classmethod
    def beside(cls, database: Path) -> "Turn":
        """Return the turn of a SQLite file."""
        return cls(database.with_name(f"{database.name}-turn"), like=database)

    def take(self, *, timeout: float) -> bool:
        """Wait up to timeout seconds; return whether the turn is taken."""
        if self._files is None:
            first, following = (durable_file.open_lock(path, like=self._like) for path in self._paths)
            self._files = (first, following)
        if self._waiting is None:
            if _locked_at_once(*self._files):
                return True
            self._waiting = _Waiting(*self._files)
        if not self._waiting.granted(timeout):
            return False
        self._waiting = None
        return True

    def give(self) -> None:
        """Release the lock."""
        if self._files is not None:
            fcntl.flock(self._files[0], fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files, unless a thread still waits for their locks; that wait ends with the process."""
        if self._files is not None and self._waiting is None:
            for file in self._files:
                os.close(file)
            self._files = None


class _Waiting:
    """A thread that waits for the lock, since flock has no time-out.

    A lock that is granted after the caller gave up is released. Until then the next turn uses the same
    thread: a second request on the same file would be granted together with the first.
    """

    def __init__(self, file: int, next_file: int) -> None:
        self._file = file
        self._next = next_file
        self._change = Condition()
        self._wanted = True
        self._locked = False
        Thread(target=self._wait, name="turn", daemon=True).start()

    def granted(self, timeout: float) -> bool:
        with self._change:
            self._wanted = True
            self._change.notify_all()
            self._wanted = self._change.wait_for(lambda: self._locked, timeout)
            return self._wanted

    def _wait(self) -> None:
        while True:
            fcntl.flock(self._next, fcntl.LOCK_EX)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            fcntl.flock(self._next, fcntl.LOCK_UN)
            with self._change:
                if self._wanted:
                    self._locked = True
                    self._change.notify_all()
                    return
                fcntl.flock(self._file, fcntl.LOCK_UN)
                self._change.wait_for(lambda: self._wanted)


def _locked_at_once(file: int, next_file: int) -> bool:
    """Lock the file unless another process has it or is next in line."""
    try:
        fcntl.flock(next_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        fcntl.flock(next_file, fcntl.LOCK_UN)
    return True
