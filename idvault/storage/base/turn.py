"""Decides which process on a host may write a SQLite file."""

import fcntl
import os
from pathlib import Path
from threading import Condition, Thread

_OWNER_ONLY = 0o600


class Turn:
    """An exclusive lock on an empty file beside the database, held for one act.

    Processes that wait for SQLite's lock poll it, and under continuous writes find it locked each time. The
    kernel wakes the processes that wait for this lock, and releases it when its holder dies. Only one thread
    may use it at a time.
    """

    def __init__(self, path: Path) -> None:
        """Set the file's path; the first turn creates the file."""
        self._path = path
        self._file: int | None = None
        self._waiting: _Waiting | None = None

    def take(self, *, timeout: float) -> bool:
        """Wait up to timeout seconds; return whether the turn is taken."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        if self._waiting is None:
            if _locked_at_once(self._file):
                return True
            self._waiting = _Waiting(self._file)
        if not self._waiting.granted(timeout):
            return False
        self._waiting = None
        return True

    def give(self) -> None:
        """Release the lock."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, unless a thread still waits for its lock; that wait ends with the process."""
        if self._file is not None and self._waiting is None:
            os.close(self._file)
            self._file = None


class _Waiting:
    """A thread that waits for the lock, since flock has no time-out.

    A lock that is granted after the caller gave up is released. Until then the next turn uses the same
    thread: a second request on the same file would be granted together with the first.
    """

    def __init__(self, file: int) -> None:
        self._file = file
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
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with self._change:
                if self._wanted:
                    self._locked = True
                    self._change.notify_all()
                    return
                fcntl.flock(self._file, fcntl.LOCK_UN)
                self._change.wait_for(lambda: self._wanted)


def _locked_at_once(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
