"""Builds the worker's tasks of campaigns."""

from idvault.campaign.invitation.acts import EnforcementFlow
from idvault.campaign.invitation.ports import EnforcementStore
from idvault.campaign.invitation.store import SqlEnforcementStore
from idvault.campaign.store.store import SqlCampaignStore
from idvault.core.entropy import Entropy
from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 30.0


def wire_enforcement(
    *, store: EnforcementStore, guard: LogGuard, entropy: Entropy, policy: OperatorPolicy
) -> EnforcementFlow:
    """Return the worker's flow; production and tests differ only in the ports."""
    return EnforcementFlow(store=store, guard=guard, entropy=entropy, policy=policy)


def campaign_tasks(base: Base, *, guard: LogGuard, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's tasks for campaigns."""
    enforcement = wire_enforcement(
        store=SqlEnforcementStore(database=base.main), guard=guard, entropy=ENTROPY, policy=policy
    )
    campaigns = SqlCampaignStore(database=base.main)

    async def read_gauges(_now: ClockReading) -> None:
        people = await campaigns.people()
        base.metrics.campaign_people(
            {(method.value, stage.value): count for (method, stage), count in people.items()}
        )

    return [
        Task("enforce", 60, lambda now: enforcement.enforce(now=now, limit=_BATCH)),
        Task("lift_limits", 60, lambda now: enforcement.lift(now=now, limit=_BATCH)),
        Task("campaign_gauges", _GAUGES_PERIOD, read_gauges),
    ]
