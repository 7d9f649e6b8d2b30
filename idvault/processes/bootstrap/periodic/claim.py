"""Builds the worker's tasks of claims, except settlement (claim.acts.settlement)."""

from idvault.claim.acts.settlement import BacklogFlow
from idvault.core.loop import Task
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.claim import BuiltClaims
from idvault.verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 5.0


def claim_tasks(base: Base, claims: BuiltClaims, *, backlog: BacklogFlow) -> list[Task]:
    """Return the worker's tasks for claims, except settlement (claim.acts.settlement)."""

    async def read_gauges(now: ClockReading) -> None:
        oldest = await claims.jobs.oldest()
        age = (now.business - oldest).total_seconds() if oldest else 0.0
        waiting = sum((await claims.jobs.backlog()).values())
        base.metrics.claims_pending(count=waiting, oldest_seconds=max(age, 0.0))
        base.metrics.job_oldest(kind="settle", seconds=max(age, 0.0))

    return [
        Task("time_out", 5, lambda now: backlog.time_out(now=now, limit=_BATCH)),
        Task("gauges", _GAUGES_PERIOD, read_gauges),
    ]
