"""Builds the worker's tasks of claims, except settlement (claim.acts.backlog)."""

from idvault.claim import store
from idvault.claim.acts import retention
from idvault.claim.acts.settlement import SettlementContext
from idvault.claim.job import store as job_store
from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.processes.bootstrap.base import Base
from idvault_verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 5.0


def claim_tasks(base: Base, vault: Vault, *, context: SettlementContext) -> list[Task]:
    """Return the worker's tasks for claims, except settlement (claim.acts.backlog)."""

    async def read_gauges(now: ClockReading) -> None:
        oldest = await vault.main.one("job.oldest", store.OLDEST)
        age = (now.business - oldest).total_seconds() if oldest else 0.0
        waiting = sum((await vault.read("job.backlog", job_store.count)).values())
        base.metrics.claims_pending(count=waiting, oldest_seconds=max(age, 0.0))
        base.metrics.job_oldest(kind="settle", seconds=max(age, 0.0))

    return [
        Task("time_out", 5, lambda now: retention.time_out(vault, now, limit=_BATCH, context=context)),
        Task("gauges", _GAUGES_PERIOD, read_gauges),
    ]
