"""Builds the worker's task of public accounts."""

from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.vault import worker_vault
from idvault.public_account.acts import public_account as acts

_BATCH = 500


def public_account_tasks(base: Base, *, guard: LogGuard, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's task: store what has come due of public accounts."""
    vault, zone = worker_vault(base, guard=guard), policy.zone
    return [Task("public_account_terms", 1, lambda now: acts.fall_all(vault, now, zone=zone, limit=_BATCH))]
