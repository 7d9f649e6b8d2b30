"""Builds the worker's tasks of campaigns."""

from idvault.campaign import acts
from idvault.campaign.invitation import acts as invitation_acts
from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.processes.bootstrap.base import Base
from idvault_verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 30.0


def campaign_tasks(base: Base, vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's tasks for campaigns."""

    async def read_gauges(_now: ClockReading) -> None:
        people = await acts.people(vault)
        base.metrics.campaign_people(
            {(method.value, stage.value): count for (method, stage), count in people.items()}
        )

    return [
        Task("enforce", 60, lambda now: invitation_acts.enforce(vault, now, limit=_BATCH, zone=policy.zone)),
        Task("lift_limits", 60, lambda now: invitation_acts.lift_all(vault, now, limit=_BATCH)),
        Task("campaign_gauges", _GAUGES_PERIOD, read_gauges),
    ]
