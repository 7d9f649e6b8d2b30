"""Builds the worker's tasks of reports."""

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.loop import Task
from idvault.core.policy import TipOffPolicy
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.policy import tip_off_policy
from idvault.tip_off.acts.reporter import TipOffSchedule
from idvault.tip_off.ports import TipOffStore
from idvault.tip_off.store.store import SqlTipOffStore
from idvault.verify.clock import ClockReading
from idvault.verify.tip_off import TipOffState

_BATCH = 500
_GAUGES_PERIOD = 10.0
_HOUR = 3_600.0


def wire_schedule(
    *, store: TipOffStore, guard: LogGuard, entropy: Entropy, policy: TipOffPolicy
) -> TipOffSchedule:
    """Return the worker's flow; production and tests differ only in the ports."""
    return TipOffSchedule(store=store, guard=guard, events=EventFactory(entropy=entropy), policy=policy)


def tip_off_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: reminders, deletion of texts, and gauges."""
    store = SqlTipOffStore(database=base.main)
    schedule = wire_schedule(store=store, guard=guard, entropy=ENTROPY, policy=tip_off_policy(base.settings))

    async def read_gauges(now: ClockReading) -> None:
        counts, overdue = await store.counts(now=now)
        known = [state for state in TipOffState if state is not TipOffState.RESOLVED]
        base.metrics.tip_offs({state.value: counts.get(state, 0) for state in known}, overdue=overdue)

    return [
        Task("tip_off_reminders", 1, lambda now: schedule.remind(now=now, limit=_BATCH)),
        Task("tip_off_texts", 60, lambda now: schedule.delete_texts(now=now, limit=_BATCH)),
        Task("tip_off_purge", _HOUR, lambda now: schedule.purge(now=now)),
        Task("tip_off_gauges", _GAUGES_PERIOD, read_gauges),
    ]
