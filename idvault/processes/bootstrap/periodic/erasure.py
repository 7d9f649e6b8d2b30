"""Builds the worker's tasks of erasures."""

from datetime import timedelta

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.erasure import acts
from idvault.erasure.acts import ErasureSweep
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.stored import ShredKeys
from idvault.processes.bootstrap.base import Base
from idvault_verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 15.0


def erasure_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: erase and destroy what is due, release persons, and count."""
    sweep = ErasureSweep(
        vault=vault,
        shred_keys=ShredKeys(base.shred),
        remnants=Remnants(main=base.main, shred=base.shred),
        delay=timedelta(days=base.settings.erasure_delay_days),
        zone=base.settings.zone,
    )

    async def read_gauges(now: ClockReading) -> None:
        levels = await acts.levels(vault, now)
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
        Task("release_erased", 5, lambda now: acts.release_all(vault, now, limit=_BATCH)),
        Task("erasure_gauges", _GAUGES_PERIOD, read_gauges),
    ]
