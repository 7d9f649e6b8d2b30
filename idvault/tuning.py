"""Tunes a server process: how the kernel and gRPC switch between its threads, and on which cores it runs.

A call costs several switches between the event loop and gRPC's threads. Most of them are avoidable.
"""

import os
from contextlib import suppress

_EXPERIMENTS = "GRPC_EXPERIMENTS"
_NO_LISTENER = "-event_engine_listener"


def tune(*, scheduling: str, grpc_listener: bool, cores: frozenset[int]) -> None:
    """Tune this process and the threads and children that it starts; must come before grpc is imported.

    scheduling: batch lets a thread that wakes up wait until the running one pauses. grpc_listener: keep
    gRPC's own accept loop with its threads; an operator's GRPC_EXPERIMENTS is never changed. cores: empty
    for all. What a system does not support or allow stays as it is: a slower server is better than none.
    """
    if not grpc_listener:
        os.environ.setdefault(_EXPERIMENTS, _NO_LISTENER)
    # Linux only, and a container may forbid it.
    with suppress(AttributeError, OSError):
        if scheduling == "batch":
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    with suppress(AttributeError, OSError):
        if cores:
            os.sched_setaffinity(0, cores)
