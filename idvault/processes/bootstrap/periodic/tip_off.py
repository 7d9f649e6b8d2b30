"""Builds the worker's tasks of reports."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.policy import tip_off_policy
from idvault.tip_off.acts import reporter as acts
from idvault_verify.clock import ClockReading
from idvault_verify.tip_off import TipOffState

_BATCH = 500
_GAUGES_PERIOD = 10.0
_HOUR = 3_600.0


def tip_off_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: reminders, deletion of texts, and gauges."""
    policy = tip_off_policy(base.settings)

    async def read_gauges(now: ClockReading) -> None:
        counts, overdue = await acts.levels(vault, now=now)
        known = [state for state in TipOffState if state is not TipOffState.RESOLVED]
        base.metrics.tip_offs({state.value: counts.get(state, 0) for state in known}, overdue=overdue)

    return [
        Task("tip_off_reminders", 1, lambda now: acts.remind_all(vault, now, limit=_BATCH)),
        Task("tip_off_texts", 60, lambda now: acts.delete_all_texts(vault, now, policy=policy, limit=_BATCH)),
        Task("tip_off_purge", _HOUR, lambda now: acts.purge(vault, now, policy=policy)),
        Task("tip_off_gauges", _GAUGES_PERIOD, read_gauges),
    ]
