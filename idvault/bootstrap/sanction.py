"""Builds sanctions: the service of the platform edge, and the worker's task."""

from idvault.api.edge.server import Service
from idvault.api.sanction.servicer import SanctionServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.sanction.lapse import LapseFlow
from idvault.flows.sanction.moderator import ModeratorFlow
from idvault.flows.sanction.sanction import SanctionFlow
from idvault.ports.entropy import Entropy
from idvault.ports.sanction import ModeratorStore, SanctionStore
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import KeyedFingerprinter
from idvault.storage.sanction.moderator import SqlModeratorStore
from idvault.storage.sanction.store import SqlSanctionStore
from idvault.v1 import sanction_pb2
from idvault.workers.loop import Task

_BATCH = 500


def wire_sanctions(
    *,
    store: SanctionStore,
    moderators: ModeratorStore,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
) -> SanctionServicer:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    return SanctionServicer(
        moderators=ModeratorFlow(store=moderators, fingerprinter=fingerprinter, guard=guard, entropy=entropy),
        sanctions=SanctionFlow(
            store=store,
            moderators=moderators,
            fingerprinter=fingerprinter,
            guard=guard,
            entropy=entropy,
        ),
    )


def build_sanctions(base: Base, *, keys: LocalKeyProvider, guard: LogGuard) -> Service:
    """Return SanctionService."""
    servicer = wire_sanctions(
        store=SqlSanctionStore(database=base.main),
        moderators=SqlModeratorStore(database=base.main),
        fingerprinter=KeyedFingerprinter(key=keys.primary(Purpose.REQUEST)),
        guard=guard,
        entropy=ENTROPY,
    )
    return Service(sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"], servicer)


def sanction_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: store the ends of sanctions that have come, and of what follows them."""
    lapses = LapseFlow(
        store=SqlSanctionStore(database=base.main), guard=guard, events=EventFactory(entropy=ENTROPY)
    )
    return [
        Task("lapse_sanctions", 1, lambda now: lapses.lapse(now=now, limit=_BATCH)),
        Task("release_followers", 1, lambda now: lapses.release(now=now, limit=_BATCH)),
    ]
