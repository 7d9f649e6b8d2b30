"""Builds the worker's task of public accounts."""

from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.policy import OperatorPolicy
from idvault.flows.public_account.term import TermFlow
from idvault.storage.public_account.store import SqlPublicAccountStore
from idvault.workers.loop import Task

_BATCH = 500


def public_account_tasks(base: Base, *, guard: LogGuard, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's task: store what has come due of public accounts."""
    terms = TermFlow(
        store=SqlPublicAccountStore(database=base.main),
        guard=guard,
        events=EventFactory(entropy=ENTROPY),
        zone=policy.zone,
    )
    return [Task("public_account_terms", 1, lambda now: terms.fall(now=now, limit=_BATCH))]
