"""Builds the worker's task of hosted verification sessions."""

from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.session.session import SessionPurgeFlow
from idvault.storage.session.store import SqlSessionStore
from idvault.workers.loop import Task


def session_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's task: delete sessions after 7 days."""
    purges = SessionPurgeFlow(
        store=SqlSessionStore(database=base.main), guard=guard, events=EventFactory(entropy=ENTROPY)
    )
    return [Task("purge_sessions", 600, lambda now: purges.purge(now=now))]
