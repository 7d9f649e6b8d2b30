"""Builds the worker's tasks of sanctions and appeals."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.public_files import LocalPublicFiles
from idvault.processes.bootstrap.base import Base
from idvault.sanction import acts as sanctions
from idvault.sanction.acts import StatementFiles
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.order import acts as orders
from idvault_verify.clock import ClockReading

_BATCH = 500
_GAUGES_PERIOD = 15.0
_PUBLICATION_PERIOD = 30.0


def appeal_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: log what is overdue, delete texts, and count."""

    async def count(now: ClockReading) -> None:
        base.metrics.appeals_overdue(await APPEALS.overdue(vault, now=now))

    return [
        Task("overdue_appeals", 1, lambda now: APPEALS.note_all_overdue(vault, now, limit=_BATCH)),
        Task("delete_appeal_texts", 5, lambda now: APPEALS.delete_texts(vault, now, limit=_BATCH)),
        Task("appeal_gauge", 5, count),
    ]


def sanction_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: ends of sanctions and of what follows them, missed deadlines, statements."""
    statements = StatementFiles(vault=vault, files=LocalPublicFiles(directory=base.settings.public_dir))

    async def read_gauges(now: ClockReading) -> None:
        levels = await sanctions.levels(vault, now=now)
        late = now.business - (levels.first_due_at or now.business)
        base.metrics.sanctions(proposed=levels.proposed, due_seconds=late.total_seconds())
        base.metrics.orders_overdue(count=await orders.overdue(vault, now=now))

    return [
        Task("lapse_sanctions", 1, lambda now: sanctions.lapse_all(vault, now, limit=_BATCH)),
        Task("release_followers", 1, lambda now: sanctions.release_all(vault, now, limit=_BATCH)),
        Task("publish_statements", _PUBLICATION_PERIOD, lambda now: statements.publish(now=now)),
        Task("miss_orders", 5, lambda now: orders.miss_all(vault, now, limit=_BATCH)),
        Task("sanction_gauges", _GAUGES_PERIOD, read_gauges),
    ]
