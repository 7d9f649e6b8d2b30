"""Builds the worker's tasks of hosted sessions and of contests."""

from collections.abc import Callable

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.loop import Task
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.session.acts.session import SessionPurgeFlow
from idvault.session.contest.acts import ContestSweep
from idvault.session.contest.ports import ContestStore
from idvault.session.contest.store import SqlContestStore
from idvault.session.ports import SessionStore
from idvault.session.store import SqlSessionStore

_BATCH = 500


def wire_purges(*, store: SessionStore, guard: LogGuard, entropy: Entropy) -> SessionPurgeFlow:
    """Return the worker's flow for old sessions; production and tests differ only in the ports."""
    return SessionPurgeFlow(store=store, guard=guard, events=EventFactory(entropy=entropy))


def wire_contest_sweep(
    *, store: ContestStore, guard: LogGuard, entropy: Entropy, observe: Callable[[int], None]
) -> ContestSweep:
    """Return the worker's flow for contests."""
    return ContestSweep(store=store, guard=guard, events=EventFactory(entropy=entropy), observe=observe)


def session_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: delete old sessions; log overdue contests, delete their texts, and count."""
    purges = wire_purges(store=SqlSessionStore(database=base.main), guard=guard, entropy=ENTROPY)
    sweep = wire_contest_sweep(
        store=SqlContestStore(database=base.main),
        guard=guard,
        entropy=ENTROPY,
        observe=base.metrics.contests_overdue,
    )
    return [
        Task("purge_sessions", 600, lambda now: purges.purge(now=now)),
        Task("overdue_contests", 1, lambda now: sweep.note_overdue(now=now, limit=_BATCH)),
        Task("delete_contest_texts", 5, lambda now: sweep.delete_texts(now=now, limit=_BATCH)),
        Task("contest_gauge", 5, lambda now: sweep.count(now=now)),
    ]
