"""Builds the worker's tasks of the log."""

from collections.abc import Callable

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.public_files import LocalPublicFiles
from idvault.log.acts.publication import DirectoryFlow, LogKeys
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.sequencing import Sequencing
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.status.credential.acts import vouch_for_statements
from idvault.verify.clock import ClockReading

_GAUGES_PERIOD = 5.0
_INDEX_PERIOD = 10.0
# Entries that wait for a minute stop every change, so the log retries soon after a store failure.
_LONGEST_BACK_OFF = 4.0


def log_tasks(base: Base, sequencing: Sequencing, *, changed: Callable[[], None]) -> list[Task]:
    """Return the worker's tasks for the log: sequence, publish, and update the metrics of both.

    changed: called after each new checkpoint, which there is something to publish of.
    """

    async def step(now: ClockReading) -> None:
        if await sequencing.log.run(now=now):
            changed()

    async def read_gauges(now: ClockReading) -> None:
        base.metrics.log_checkpoint_age(seconds=sequencing.publication.age(now=now).total_seconds())
        base.metrics.log_unsequenced(count=(await sequencing.store.unsequenced()).count)

    publication = sequencing.publication
    directory = DirectoryFlow(files=LocalPublicFiles(directory=base.settings.public_dir))
    return [
        Task("log", 1, step, longest=_LONGEST_BACK_OFF),
        Task("publication", 1, lambda now: publication.run(now=now), longest=_LONGEST_BACK_OFF),
        Task("directory_index", _INDEX_PERIOD, lambda _: directory.run()),
        Task("log_gauges", _GAUGES_PERIOD, read_gauges),
    ]


def log_key_tasks(vault: Vault, log_keys: LogKeys, *, keys: LocalKeyProvider) -> list[Task]:
    """Return the worker's tasks of the log's keys: announce a later one, end one, vouch for statements."""

    async def follow(now: ClockReading) -> None:
        await keys.held()
        await log_keys.run(now=now)
        over = log_keys.over(now.real)
        versions = sorted(map(int, keys.keys(Purpose.LOG).versions))
        await keys.destroyed(Purpose.LOG.value, versions[: len(over)], successor=versions[-1])

    async def vouch(now: ClockReading) -> None:
        purpose = Purpose.STATUS_TOKEN.value
        await vouch_for_statements(vault, now, signers=log_keys.signers, purpose=purpose)

    return [
        Task("log_keys", _INDEX_PERIOD, follow),
        # Each second, because a new edge tells no history before.
        Task("statement_keys", 1, vouch),
    ]
