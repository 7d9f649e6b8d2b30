"""Builds the worker's task that looks for records without a shred key."""

from idvault.bootstrap.base import Base
from idvault.domain.clock import ClockReading
from idvault.flows.backup import unkeyed_records
from idvault.storage.backup import SqlMainContents, SqlShredContents
from idvault.workers.loop import Task

# Every record is looked up, a page at a time: once an hour is enough for what only a restore can cause.
_PERIOD = 3_600.0


def backup_tasks(base: Base) -> list[Task]:
    """Return the worker's task that counts records without a shred key."""
    main, shred = SqlMainContents(database=base.main), SqlShredContents(database=base.shred)

    async def count(_: ClockReading) -> None:
        unkeyed, _erased = await unkeyed_records(main, shred)
        base.metrics.vitals.records_without_key(len(unkeyed))

    return [Task("count_unkeyed_records", _PERIOD, count)]
