"""Tunes a server process: how the kernel and gRPC switch between its threads.

A call costs several switches between the event loop and gRPC's threads. Most of them are avoidable.
"""

import os
import resource
from contextlib import suppress

_EXPERIMENTS = "GRPC_EXPERIMENTS"
_VERBOSITY = "GRPC_VERBOSITY"
_NO_LISTENER = "-event_engine_listener"


def tune(*, batch: bool = True) -> None:
    """Tune this process and the threads and children that it starts; must come before grpc is imported.

    batch: let a thread that wakes up wait until the running one pauses. What a system
    does not support or allow stays as it is: a slower server is better than none. gRPC's own accept loop with
    its threads is left out, unless an operator's GRPC_EXPERIMENTS says something else. gRPC writes
    nothing to stderr, where anybody who opens a connection could have it write lines of its own form between
    those of the log; an operator's GRPC_VERBOSITY is never changed.
    """
    os.environ.setdefault(_VERBOSITY, "NONE")
    os.environ.setdefault(_EXPERIMENTS, _NO_LISTENER)
    # Linux only, and a container may forbid it.
    with suppress(AttributeError, OSError):
        if batch:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def allow_files(wanted: int) -> int:
    """Raise the soft limit of file descriptors as far as the hard one allows; return what is in force.

    The soft limit of a system is often 1,024, which programs from before had to keep to.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return wanted if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
