"""Builds the worker's task of disclosures."""

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.disclosure.acts import retention
from idvault.processes.bootstrap.base import Base

_BATCH = 500


def disclosure_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's task for disclosures; the worker has no key that can decrypt anything of one.

    It goes on while the log takes no entries: shares are destroyed in time.
    """
    observe = base.metrics.disclosure
    return [Task("disclosures", 5, lambda now: retention.sweep(vault, now, limit=_BATCH, observe=observe))]
