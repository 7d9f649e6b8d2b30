"""Builds the worker's tasks of drills."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.custody.drill import acts
from idvault.key.acts.stored import ShredKeys
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.sealing.record import QuorumRecordSealer

_KEEP_PERIOD = 60.0
_COUNT_PERIOD = 5.0


def drill_tasks(base: Base, vault: Vault, rosters: RosterHolder) -> list[Task]:
    """Return the worker's tasks for drills."""
    sealer = QuorumRecordSealer(
        quorum=lambda: rosters.quorum,
        shred_store=ShredKeys(base.shred),
        entropy=ENTROPY,
    )

    def observe(overdue: int, oldest: float) -> None:
        base.metrics.drills(overdue=overdue, oldest_seconds=oldest)

    return [
        Task(
            "drill_records", _KEEP_PERIOD, lambda now: acts.keep(vault, now, rosters=rosters, sealer=sealer)
        ),
        Task(
            "drill_gauges",
            _COUNT_PERIOD,
            lambda now: acts.count(vault, now, rosters=rosters, observe=observe),
        ),
    ]
