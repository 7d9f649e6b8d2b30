"""Builds the worker's task of day keys."""

from idvault.core.loop import Task
from idvault.key.acts.stored import DayKeys
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.sealing.day_key import LocalDayKeyring
from idvault.sealing.key_provider import LocalKeyProvider


async def key_tasks(base: Base, *, keys: LocalKeyProvider) -> list[Task]:
    """Return the worker's tasks for day keys, after the first ones are published.

    They are published before the worker reports that it is ready: without a day key an edge cannot store an
    intake.
    """
    day_keys = LocalDayKeyring(keys=keys, store=DayKeys(base.main), entropy=ENTROPY)
    await day_keys.publish(now=base.real_now())
    return [
        Task("day_keys", 60, lambda now: day_keys.publish(now=now.real)),
        Task("destroy_day_keys", 60, lambda now: day_keys.destroy(now=now.real)),
    ]
