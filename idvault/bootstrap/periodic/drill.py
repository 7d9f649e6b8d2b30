"""Builds the worker's tasks of drills."""

from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.custody.drill_record import DrillKeeper
from idvault.flows.log.guard import LogGuard
from idvault.flows.people.roster_holder import RosterHolder
from idvault.sealing.record import QuorumRecordSealer
from idvault.storage.custody.drill import SqlDrillStore
from idvault.storage.key.shred import SqlShredStore
from idvault.workers.loop import Task

_KEEP_PERIOD = 60.0
_COUNT_PERIOD = 5.0


def drill_tasks(base: Base, rosters: RosterHolder, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks for drills."""
    keeper = DrillKeeper(
        store=SqlDrillStore(database=base.main),
        rosters=rosters,
        sealer=QuorumRecordSealer(
            quorum=lambda: rosters.quorum, shred_store=SqlShredStore(database=base.shred), entropy=ENTROPY
        ),
        guard=guard,
        entropy=ENTROPY,
        observe=lambda overdue, oldest: base.metrics.drills(overdue=overdue, oldest_seconds=oldest),
    )
    return [
        Task("drill_records", _KEEP_PERIOD, lambda now: keeper.keep(now=now)),
        Task("drill_gauges", _COUNT_PERIOD, lambda now: keeper.count(now=now)),
    ]
