"""Builds the worker's tasks of hosted sessions and of contests."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.processes.bootstrap.base import Base
from idvault.session.acts import session as sessions
from idvault.session.contest.acts import CONTESTS
from idvault_verify.clock import ClockReading

_BATCH = 500


def session_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: delete old sessions; log overdue contests, delete their texts, and count."""

    async def count(now: ClockReading) -> None:
        base.metrics.contests_overdue(await CONTESTS.overdue(vault, now=now))

    return [
        Task("purge_sessions", 600, lambda now: sessions.purge(vault, now)),
        Task("overdue_contests", 1, lambda now: CONTESTS.note_all_overdue(vault, now, limit=_BATCH)),
        Task("delete_contest_texts", 5, lambda now: CONTESTS.delete_texts(vault, now, limit=_BATCH)),
        Task("contest_gauge", 5, count),
    ]
