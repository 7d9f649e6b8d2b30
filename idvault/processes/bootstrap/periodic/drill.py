"""Builds the worker's tasks of drills."""

from collections.abc import Callable

from idvault.core.entropy import Entropy
from idvault.core.loop import Task
from idvault.custody.drill.acts import DrillKeeper, HeldRosters
from idvault.custody.drill.ports import DrillStore
from idvault.custody.drill.store import SqlDrillStore
from idvault.key.store.version import SqlShredStore
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.sealing.ports import ShredStore
from idvault.sealing.record import QuorumRecordSealer

_KEEP_PERIOD = 60.0
_COUNT_PERIOD = 5.0


def wire_drill_keeper(
    *,
    store: DrillStore,
    rosters: HeldRosters,
    shred_keys: ShredStore,
    guard: LogGuard,
    entropy: Entropy,
    observe: Callable[[int, float], None],
) -> DrillKeeper:
    """Return the worker's flow; production and tests differ only in the ports."""
    sealer = QuorumRecordSealer(quorum=lambda: rosters.quorum, shred_store=shred_keys, entropy=entropy)
    return DrillKeeper(
        store=store, rosters=rosters, sealer=sealer, guard=guard, entropy=entropy, observe=observe
    )


def drill_tasks(base: Base, rosters: RosterHolder, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks for drills."""
    keeper = wire_drill_keeper(
        store=SqlDrillStore(database=base.main),
        rosters=rosters,
        shred_keys=SqlShredStore(database=base.shred),
        guard=guard,
        entropy=ENTROPY,
        observe=lambda overdue, oldest: base.metrics.drills(overdue=overdue, oldest_seconds=oldest),
    )
    return [
        Task("drill_records", _KEEP_PERIOD, lambda now: keeper.keep(now=now)),
        Task("drill_gauges", _COUNT_PERIOD, lambda now: keeper.count(now=now)),
    ]
