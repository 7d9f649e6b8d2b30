"""CPU cores and CPU use of processes on this host."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_KIB = 1024
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time used by a process and its living children."""
    own = _times(pid)
    for child in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            own += cpu_seconds(child)
    return own


def pin(pid: int, core: int) -> None:
    """Run a process and its children on one core only, if there are several."""
    cores = sorted(os.sched_getaffinity(0) | {core})
    if core not in cores or (os.cpu_count() or 1) < 2:
        return
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})
    for child in children(pid):
        pin(child, core)


def schedule_as(pid: int, model: int) -> None:
    """Give a process's threads the scheduling policy of another process."""
    policy = os.sched_getscheduler(model)
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setscheduler(int(thread.name), policy, os.sched_param(0))


@contextmanager
def everybody_on(core: int) -> Iterator[None]:
    """Run this process and every child that it starts in the block on one core."""
    before = os.sched_getaffinity(0)
    if len(before) > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _times(pid: int) -> float:
    # The second field is the name in brackets and may contain spaces.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def children(pid: int) -> list[int]:
    """Return the children of a process, ordered by id."""
    found = (Path(f"/proc/{pid}/task") / str(pid) / "children").read_text("ascii").split()
    return sorted(int(child) for child in found)


def resident_mib(pid: int) -> float:
    """Return the memory of a process: resident and swapped out."""
    return _mib(pid, "VmRSS", "VmSwap")


def peak_mib(pid: int) -> float:
    """Return the most memory that was resident since the start of a process."""
    return _mib(pid, "VmHWM")


def _mib(pid: int, *names: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return sum(int(fields[name].split()[0]) for name in names) / _KIB
