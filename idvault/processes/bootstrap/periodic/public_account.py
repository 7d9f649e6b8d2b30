"""Builds the worker's task of public accounts."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.public_account.acts import public_account as acts

_BATCH = 500


def public_account_tasks(vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's task: store what has come due of public accounts."""
    zone = policy.zone
    return [Task("public_account_terms", 1, lambda now: acts.fall_all(vault, now, zone=zone, limit=_BATCH))]
