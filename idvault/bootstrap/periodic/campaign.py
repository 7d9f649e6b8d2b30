"""Builds the worker's tasks of campaigns."""

from idvault.bootstrap.base import ENTROPY, Base
from idvault.domain.clock import ClockReading
from idvault.flows.campaign.invitation import EnforcementFlow
from idvault.flows.log.guard import LogGuard
from idvault.flows.policy import OperatorPolicy
from idvault.ports.campaign.invitation import EnforcementStore
from idvault.ports.entropy import Entropy
from idvault.storage.campaign.enforcement import SqlEnforcementStore
from idvault.storage.campaign.store import SqlCampaignStore
from idvault.workers.loop import Task

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
