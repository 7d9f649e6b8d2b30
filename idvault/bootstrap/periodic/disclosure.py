"""Builds the worker's task of disclosures."""

from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.disclosure.retention import DisclosureRetention
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.workers.loop import Task

_BATCH = 500


def disclosure_tasks(base: Base) -> list[Task]:
    """Return the worker's task for disclosures; the worker has no key that can decrypt anything of one."""
    store = SqlDisclosureStore(database=base.main)
    refusals = Refusals(store=store, entropy=ENTROPY, observe=base.metrics.disclosure)
    retention = DisclosureRetention(
        store=store, refusals=refusals, entropy=ENTROPY, observe=base.metrics.disclosure
    )
    return [Task("disclosures", 5, lambda now: retention.sweep(now=now, limit=_BATCH))]
