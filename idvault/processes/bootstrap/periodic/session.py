"""Builds the worker's tasks of hosted sessions and of contests."""

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.loop import Task
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.vault import worker_vault
from idvault.session.acts.session import SessionPurgeFlow
from idvault.session.contest.acts import CONTESTS
from idvault.session.ports import SessionStore
from idvault.session.store import SqlSessionStore
from idvault.verify.clock import ClockReading

_BATCH = 500


def wire_purges(*, store: SessionStore, guard: LogGuard, entropy: Entropy) -> SessionPurgeFlow:
    """Return the worker's flow for old sessions; production and tests differ only in the ports."""
    return SessionPurgeFlow(store=store, guard=guard, events=EventFactory(entropy=entropy))


def session_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: delete old sessions; log overdue contests, delete their texts, and count."""
    purges = wire_purges(store=SqlSessionStore(database=base.main), guard=guard, entropy=ENTROPY)
    vault = worker_vault(base, guard=guard)

    async def count(now: ClockReading) -> None:
        base.metrics.contests_overdue(await CONTESTS.overdue(vault, now=now))

    return [
        Task("purge_sessions", 600, lambda now: purges.purge(now=now)),
        Task("overdue_contests", 1, lambda now: CONTESTS.note_all_overdue(vault, now, limit=_BATCH)),
        Task("delete_contest_texts", 5, lambda now: CONTESTS.delete_texts(vault, now, limit=_BATCH)),
        Task("contest_gauge", 5, count),
    ]
