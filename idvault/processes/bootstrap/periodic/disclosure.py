"""Builds the worker's task of disclosures."""

from collections.abc import Callable

from idvault.core.entropy import Entropy
from idvault.core.loop import Task
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.acts.retention import DisclosureRetention
from idvault.disclosure.ports import DisclosureStore
from idvault.disclosure.store.store import SqlDisclosureStore
from idvault.processes.bootstrap.base import ENTROPY, Base

_BATCH = 500


def wire_disclosure_retention(
    *, store: DisclosureStore, entropy: Entropy, observe: Callable[[str], None]
) -> DisclosureRetention:
    """Return the worker's flow; production and tests differ only in the ports."""
    refusals = Refusals(store=store, entropy=entropy, observe=observe)
    return DisclosureRetention(store=store, refusals=refusals, entropy=entropy, observe=observe)


def disclosure_tasks(base: Base) -> list[Task]:
    """Return the worker's task for disclosures; the worker has no key that can decrypt anything of one."""
    retention = wire_disclosure_retention(
        store=SqlDisclosureStore(database=base.main), entropy=ENTROPY, observe=base.metrics.disclosure
    )
    return [Task("disclosures", 5, lambda now: retention.sweep(now=now, limit=_BATCH))]
