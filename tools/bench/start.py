"""P14: the CPU time that a process has used when it reports that it is ready."""

import tempfile
from pathlib import Path

from tools.bench.goal import Measured, Options, at_most
from tools.support import durable, processes
from tools.support.cluster import running

_MOST_SECONDS = 0.8


def measure(options: Options) -> Measured:
    """Measure one serving process and the worker, over SQLite: no database process shares the work."""
    serve, work = [], []
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as name,
        durable.durable("sqlite", Path(name)) as databases,
        running(Path(name), databases, checkout=options.checkout) as cluster,
    ):
        # Not counted: the first start of a deployment also makes its first day keys.
        cluster.start_work()
        cluster.stop("work")
        for _ in range(options.rounds):
            cluster.start_work()
            work.append(processes.cpu_seconds(cluster.pid("work")))
            cluster.start_edge("serve")
            serve.append(processes.cpu_seconds(cluster.pid("serve")))
            for process in ("serve", "work"):
                cluster.stop(process)
    return Measured(
        checks=(
            at_most(_MOST_SECONDS, "CPU until serve is ready", "s", serve),
            at_most(_MOST_SECONDS, "CPU until work is ready", "s", work),
        ),
    )
