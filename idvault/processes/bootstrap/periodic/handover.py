"""Builds the worker's task of hand-overs."""

from idvault.core.loop import Task
from idvault.people import acts as people_acts
from idvault.people.acts import RosterSource
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.handover import count_records
from idvault_verify.clock import ClockReading

_PERIOD = 30.0


def handover_tasks(base: Base, rosters: RosterSource) -> list[Task]:
    """Return the worker's task: it counts records by who holds their shares."""

    async def read_gauges(_now: ClockReading) -> None:
        found = await count_records(base.main, lambda: people_acts.versions(rosters))
        base.metrics.quorum_records(
            {(version, holders.value): number for (version, holders), number in found.records.items()}
        )

    return [Task("quorum_gauges", _PERIOD, read_gauges)]
