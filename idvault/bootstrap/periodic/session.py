"""Builds the worker's tasks of hosted sessions and of contests."""

from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.session.contest import ContestSweep
from idvault.flows.session.session import SessionPurgeFlow
from idvault.storage.session.contest import SqlContestStore
from idvault.storage.session.store import SqlSessionStore
from idvault.workers.loop import Task

_BATCH = 500


def session_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: delete old sessions; log overdue contests, delete their texts, and count."""
    events = EventFactory(entropy=ENTROPY)
    purges = SessionPurgeFlow(store=SqlSessionStore(database=base.main), guard=guard, events=events)
    sweep = ContestSweep(
        store=SqlContestStore(database=base.main),
        guard=guard,
        events=events,
        observe=base.metrics.contests_overdue,
    )
    return [
        Task("purge_sessions", 600, lambda now: purges.purge(now=now)),
        Task("overdue_contests", 1, lambda now: sweep.note_overdue(now=now, limit=_BATCH)),
        Task("delete_contest_texts", 5, lambda now: sweep.delete_texts(now=now, limit=_BATCH)),
        Task("contest_gauge", 5, lambda now: sweep.count(now=now)),
    ]
