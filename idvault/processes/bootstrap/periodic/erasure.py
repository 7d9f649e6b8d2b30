"""Builds the worker's tasks of erasures."""

from datetime import timedelta, tzinfo

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.loop import Task
from idvault.erasure.acts import ErasureSweep
from idvault.erasure.ports import ErasureStore, Remnants, ShredDestroyer
from idvault.erasure.store import SqlErasureStore
from idvault.key.store.sealed import SqlRemnants
from idvault.key.store.version import SqlShredStore
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 15.0


def wire_sweep(
    *,
    store: ErasureStore,
    shred_keys: ShredDestroyer,
    remnants: Remnants,
    guard: LogGuard,
    entropy: Entropy,
    delay: timedelta,
    zone: tzinfo,
) -> ErasureSweep:
    """Return the worker's flow; production and tests differ only in the ports."""
    return ErasureSweep(
        store=store,
        shred_keys=shred_keys,
        remnants=remnants,
        guard=guard,
        events=EventFactory(entropy=entropy),
        delay=delay,
        zone=zone,
    )


def erasure_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: erase and destroy what is due, release persons, and count."""
    sweep = wire_sweep(
        store=SqlErasureStore(database=base.main),
        shred_keys=SqlShredStore(database=base.shred),
        remnants=SqlRemnants(main=base.main, shred=base.shred),
        guard=guard,
        entropy=ENTROPY,
        delay=timedelta(days=base.settings.erasure_delay_days),
        zone=base.settings.zone,
    )

    async def read_gauges(now: ClockReading) -> None:
        levels = await sweep.levels(now=now)
        late = now.business - (levels.first_due_at or now.business)
        base.metrics.erasures(
            waiting=levels.waiting,
            undestroyed=levels.undestroyed,
            held=levels.held,
            kept=sweep.kept,
            due_seconds=late.total_seconds(),
        )

    return [
        Task("erase_accounts", 1, lambda now: sweep.step(now=now, limit=_BATCH)),
        Task("release_erased", 5, lambda now: sweep.release(now=now, limit=_BATCH)),
        Task("erasure_gauges", _GAUGES_PERIOD, read_gauges),
    ]
