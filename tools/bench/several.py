"""P10: a second process on the same port: what a call costs, and how the connections are shared out.

Both processes run on the server's core, so that the database keeps its own. Each process has the same number
of connections and calls in flight in both cases.
"""

import urllib.request

from tools.bench import load
from tools.bench.goal import Measured, Options, at_least, at_most, figure
from tools.bench.place import CALLS, STATUS, imported, requests_of
from tools.bench.vault import NO_SETTINGS, SERVER_CORE, starting
from tools.support import durable, processes
from tools.support.cluster import Cluster

_CONNECTIONS = 32  # per process
_NAMES = ("serve", "serve-2")
_COUNTER = 'idvault_rpc_total{code="OK",method="/idvault.v1.StatusService/GetStatus"}'


def measure(options: Options) -> Measured:
    """Measure one process and then two, with new connections in each round."""
    with durable.postgres() as databases, starting(databases, options.checkout, NO_SETTINGS) as vault:
        cluster = vault.cluster
        metrics = {"serve": _start(cluster, "serve")}
        bodies = requests_of(imported(vault))
        alone = [_read(cluster, bodies, ["serve"]) for _ in range(options.rounds)]
        metrics["serve-2"] = _start(cluster, "serve-2")
        both, least = [], []
        for _ in range(options.rounds):
            before = {name: _answered(url) for name, url in metrics.items()}
            both.append(_read(cluster, bodies, list(_NAMES)))
            calls = [_answered(url) - before[name] for name, url in metrics.items()]
            least.append(min(calls) / sum(calls))
    ratios = [two / one for one, two in zip(alone, both, strict=True)]
    return Measured(
        checks=(
            at_most(1.1, "CPU of a call, two processes / one", "x", ratios),
            at_least(0.35, f"share of the less loaded one, {2 * _CONNECTIONS} connections", "x", least),
        ),
        figures=(
            figure("GetStatus, one process", "us", alone),
            figure("GetStatus, two processes", "us", both),
        ),
    )


def _start(cluster: Cluster, name: str) -> str:
    """Start a process on the server's core and return the address of its metrics."""
    ready = cluster.start_edge(name)
    processes.pin(cluster.pid(name), SERVER_CORE)
    metrics: str = ready["metrics"]
    return metrics


def _read(cluster: Cluster, bodies: list[bytes], names: list[str]) -> float:
    """Return the CPU microseconds of a read over all these processes."""
    target = load.Target(
        f"127.0.0.1:{cluster.port}",
        cluster.tls(),
        lambda: sum(processes.cpu_seconds(cluster.pid(name)) for name in names),
    )
    return load.run(
        target,
        STATUS + "GetStatus",
        bodies,
        calls=CALLS,
        at_once=_CONNECTIONS * len(names),
        connections=_CONNECTIONS * len(names),
    ).cpu_us


def _answered(url: str) -> float:
    """Return how many reads a process has answered."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback only
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(_COUNTER))
