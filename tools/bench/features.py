"""P13: the share of a read that authentication, validation, limits, metrics and logs cost."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.bench import load
from tools.bench.echo import TUNING
from tools.bench.goal import Measured, Options, at_most, figure
from tools.bench.load import Target
from tools.bench.place import AT_ONCE, CALLS, STATUS, Place, reading
from tools.bench.vault import SERVER_CORE, MeasuredVault
from tools.support import durable, processes

_START = 30.0


def measure(options: Options) -> Measured:
    """Measure the edge and the bare server in turn, over PostgreSQL."""
    with (
        durable.postgres() as databases,
        reading(databases, options.checkout) as place,
        _bare_server(place.vault) as bare,
    ):
        rounds = [(place.read().cpu_us, _read(place, bare)) for _ in range(options.rounds)]
    return Measured(
        checks=(
            at_most(
                0.15, "cost of the features / bare read", "x", ((full - bare) / bare for full, bare in rounds)
            ),
        ),
        figures=(
            figure("GetStatus with every feature", "us", (full for full, _ in rounds)),
            figure("bare read: servicer, flow and store only", "us", (bare for _, bare in rounds)),
        ),
    )


def _read(place: Place, target: Target) -> float:
    return load.run(target, STATUS + "GetStatus", place.requests, calls=CALLS, at_once=AT_ONCE).cpu_us


@contextmanager
def _bare_server(vault: MeasuredVault) -> Iterator[Target]:
    """Run the bare server on the server's core, with the settings and the process tuning of the edge."""
    is_tuned = os.sched_getscheduler(vault.pid) == os.SCHED_BATCH
    ready = vault.folder / "bare.ready"
    log = vault.folder / "bare.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.bare", str(ready)],
            env={**vault.cluster.edge_settings(), **(TUNING if is_tuned else {})},
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + _START
        while not ready.exists() or not ready.read_text("ascii"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text("utf-8"))
            time.sleep(0.05)
        processes.pin(process.pid, SERVER_CORE)
        processes.schedule_as(process.pid, vault.pid)
        port = json.loads(ready.read_text("ascii"))["port"]
        yield Target(f"127.0.0.1:{port}", vault.cluster.tls(), lambda: processes.cpu_seconds(process.pid))
    finally:
        process.kill()
        process.wait()
