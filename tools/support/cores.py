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


def of_worker(number: int, workers: int) -> frozenset[int]:
    """Return the core of a worker; all for one more than the cores can share evenly.

    Of each pair of workers one begins with tests that wait for processes, so the others of the pairs are
    spread over the cores, too.
    """
    if number >= workers - workers % len(ALL):
        return ALL
    return frozenset({sorted(ALL)[(number + number // 2) % len(ALL)]})


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
