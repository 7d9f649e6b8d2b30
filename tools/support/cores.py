"""The cores that a test may use: all of them, or the one of its worker."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

ALL: frozenset[int] = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()
"""Those of this process when it began; empty where the system does not tell."""


def use(cores: Collection[int]) -> None:
    """Keep this thread, and the threads and processes that it starts from now on, to some cores."""
    # A container may forbid it, and a machine may have lost a core.
    with suppress(OSError):
        os.sched_setaffinity(0, cores)


def computing(workers: int) -> list[int]:
    """Return which workers begin with tests that compute: one for each core, but at most every other worker.

    The others begin with tests that wait for processes.
    """
    return list(range(1, 2 * min(len(ALL) or 1, workers // 2), 2))


def of_worker(number: int, workers: int) -> frozenset[int]:
    """Return the core of a worker; all for one more than the cores can share evenly.

    Of those that begin with computing each has another core.
    """
    if number >= workers - workers % len(ALL):
        return ALL
    ordered = sorted(range(workers), key=lambda each: (each not in computing(workers), each))
    return frozenset({sorted(ALL)[ordered.index(number) % len(ALL)]})


@contextmanager
def every() -> Iterator[None]:
    """Use all cores for what is started in the block: a server's processes do run at the same time."""
    if not ALL:
        yield
        return
    before = os.sched_getaffinity(0)
    use(ALL)
    try:
        yield
    finally:
        use(before)
