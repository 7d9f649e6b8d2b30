"""Builds sanctions: the service of the platform edge, and the worker's task."""

from idvault.api.edge.server import Service
from idvault.api.sanction.servicer import SanctionServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.config import Settings
from idvault.domain.sanction.appeal import AppealTerms
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.sanction.appeal import AppealFlow
from idvault.flows.sanction.appeal_sweep import AppealSweep
from idvault.flows.sanction.lapse import LapseFlow
from idvault.flows.sanction.moderator import ModeratorFlow
from idvault.flows.sanction.sanction import SanctionFlow
from idvault.ports.appeal import AppealStore
from idvault.ports.entropy import Entropy
from idvault.ports.moderation_text import ModerationTextSealer
from idvault.ports.sanction import ModeratorStore, SanctionStore
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.request import KeyedFingerprinter
from idvault.storage.sanction.appeal import SqlAppealStore
from idvault.storage.sanction.moderator import SqlModeratorStore
from idvault.storage.sanction.store import SqlSanctionStore
from idvault.v1 import sanction_pb2
from idvault.workers.loop import Task

_BATCH = 500


def wire_sanctions(
    *,
    store: SanctionStore,
    moderators: ModeratorStore,
    appeals: AppealStore,
    sealer: ModerationTextSealer,
    terms: AppealTerms,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
) -> SanctionServicer:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    return SanctionServicer(
        appeals=AppealFlow(
            store=appeals,
            sanctions=store,
            moderators=moderators,
            sealer=sealer,
            terms=terms,
            fingerprinter=fingerprinter,
            guard=guard,
            entropy=entropy,
        ),
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
        appeals=SqlAppealStore(database=base.main),
        sealer=KeyedModerationTextSealer(keys=keys, entropy=ENTROPY),
        terms=_terms(base.settings),
        fingerprinter=KeyedFingerprinter(key=keys.primary(Purpose.REQUEST)),
        guard=guard,
        entropy=ENTROPY,
    )
    return Service(sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"], servicer)


def _terms(settings: Settings) -> AppealTerms:
    return AppealTerms(
        days=settings.appeal_days,
        decision_days=settings.appeal_decision_days,
        outside_body=settings.appeal_outside_body,
        outside_days=settings.appeal_outside_days,
        zone=settings.zone,
    )


def appeal_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: log what is overdue, delete texts, and count."""
    sweep = AppealSweep(
        store=SqlAppealStore(database=base.main),
        guard=guard,
        events=EventFactory(entropy=ENTROPY),
        observe=base.metrics.appeals_overdue,
    )
    return [
        Task("overdue_appeals", 1, lambda now: sweep.note_overdue(now=now, limit=_BATCH)),
        Task("delete_appeal_texts", 60, lambda now: sweep.delete_texts(now=now, limit=_BATCH)),
        Task("appeal_gauge", 60, lambda now: sweep.count(now=now)),
    ]


def sanction_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: store the ends of sanctions that have come, and of what follows them."""
    lapses = LapseFlow(
        store=SqlSanctionStore(database=base.main), guard=guard, events=EventFactory(entropy=ENTROPY)
    )
    return [
        Task("lapse_sanctions", 1, lambda now: lapses.lapse(now=now, limit=_BATCH)),
        Task("release_followers", 1, lambda now: lapses.release(now=now, limit=_BATCH)),
    ]
