"""Builds the worker's task of public accounts."""

from datetime import tzinfo

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.public_account.acts import TermFlow
from idvault.public_account.ports import PublicAccountStore
from idvault.public_account.store.store import SqlPublicAccountStore

_BATCH = 500


def wire_terms(*, store: PublicAccountStore, guard: LogGuard, entropy: Entropy, zone: tzinfo) -> TermFlow:
    """Return the worker's flow; production and tests differ only in the ports."""
    return TermFlow(store=store, guard=guard, events=EventFactory(entropy=entropy), zone=zone)


def public_account_tasks(base: Base, *, guard: LogGuard, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's task: store what has come due of public accounts."""
    terms = wire_terms(
        store=SqlPublicAccountStore(database=base.main), guard=guard, entropy=ENTROPY, zone=policy.zone
    )
    return [Task("public_account_terms", 1, lambda now: terms.fall(now=now, limit=_BATCH))]
