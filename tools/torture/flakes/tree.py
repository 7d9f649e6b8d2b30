"""The processes that one process started, and theirs: found in /proc, signalled by a handle.

A handle (pidfd_open(2)) means one process for ever: a number that the kernel has given to another process
since then is never signalled.
"""

import ctypes
import os
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SHOWN = 48


@dataclass(frozen=True, slots=True)
class Process:
    """One process. start: when it started, in ticks since boot; with the pid it names one process."""

    pid: int
    parent: int
    start: int
    state: str

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped it, or it has ended."""
        return self.state in "TtZX"

    def words(self) -> list[str]:
        """Return its command line, empty if it has ended."""
        with suppress(OSError):
            return Path(f"/proc/{self.pid}/cmdline").read_text("utf-8", "replace").split("\0")[:-1]
        return []


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, as process 1 is: a tree without holes.

    The caller must reap them (waitpid): a test may wait until a process is gone.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(root: int, *, without: Collection[int] = ()) -> list[Process]:
    """Return the living descendants of a process, the eldest first, without some and what these started."""
    children: dict[int, list[Process]] = {}
    for process in _all():
        children.setdefault(process.parent, []).append(process)
    found, parents = [], [root]
    while parents:
        for child in children.get(parents.pop(), []):
            if child.pid not in without:
                found.append(child)
                parents.append(child.pid)
    return sorted((each for each in found if each.state not in "ZX"), key=lambda each: (each.start, each.pid))


def name(process: Process) -> str:
    """Return what a reader recognises it by: PostgreSQL's title, a module, or the program."""
    words = process.words()
    if words and words[0].startswith("postgres:"):
        return " ".join(words)[:_SHOWN]
    if "-m" in words[1:3]:
        words = words[words.index("-m") + 1 :]
    told = " ".join(Path(word).name if "/" in word else word for word in words if not word.startswith("-"))
    return told[:_SHOWN].strip() or "?"


def handle(process: Process, *, root: int) -> int | None:
    """Open a handle of a process; None if it has ended or is no descendant any more."""
    try:
        opened = os.pidfd_open(process.pid)
    except OSError:
        return None
    # Looked at again: the number may have been given away between the list and the handle.
    now = _read(process.pid)
    if now is not None and (now.start, now.parent) == (process.start, process.parent) and process.pid != root:
        return opened
    os.close(opened)
    return None


def send(opened: int, number: int) -> bool:
    """Send a signal by a handle; False if the process has ended."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(opened, number)
        return True
    return False


def was_stopped_again(pid: int) -> bool:
    """Tell whether a process that stands still got another SIGSTOP, which SIGCONT would undo, too.

    One that runs may not have taken notice of its first SIGSTOP yet: on a busy machine it waits for a core.
    """
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
        fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        pending = int(fields["ShdPnd"], 16) & 1 << signal.SIGSTOP - 1
        return fields["State"].startswith("T") and pending != 0
    return False


def send_once(process: Process, number: int) -> None:
    """Send a signal to a process, if it is still there."""
    opened = handle(process, root=os.getpid())
    if opened is not None:
        send(opened, number)
        os.close(opened)


def reap(*, without: Collection[int]) -> None:
    """Take note of adopted processes that have ended, but not of those that somebody else waits for."""
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid in without:
                return
            os.waitpid(ended.si_pid, 0)


def _all() -> Iterator[Process]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            found = _read(int(entry.name))
            if found is not None:
                yield found


def _read(pid: int) -> Process | None:
    with suppress(OSError):
        # The second field is the name in brackets and may contain spaces.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return Process(pid, int(fields[1]), int(fields[19]), fields[0])
    return None
