"""Builds sanctions: the service of the platform edge, and the worker's task."""

from typing import Any

from idvault.api.edge.server import Service
from idvault.api.sanction.servicer import SanctionServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.config import Settings
from idvault.domain.clock import ClockReading
from idvault.domain.sanction.appeal import AppealTerms
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.report.month import MonthFlow
from idvault.flows.sanction.appeal import AppealFlow
from idvault.flows.sanction.appeal_sweep import AppealSweep
from idvault.flows.sanction.lapse import LapseFlow
from idvault.flows.sanction.moderator import ModeratorFlow
from idvault.flows.sanction.operation import OperationFlow
from idvault.flows.sanction.order import OrderFlow, OverdueFlow
from idvault.flows.sanction.publication import StatementFlow
from idvault.flows.sanction.sanction import SanctionFlow
from idvault.ports.appeal import AppealStore
from idvault.ports.entropy import Entropy
from idvault.ports.moderation_text import ModerationTextSealer
from idvault.ports.report import MonthStore
from idvault.ports.sanction import ModeratorStore, OperationStore, OrderStore, SanctionStore
from idvault.ports.sealing import Fingerprinter
from idvault.ports.tip_off import TipOffStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.request import KeyedFingerprinter
from idvault.storage.public_files import LocalPublicFiles
from idvault.storage.report.month import SqlMonthStore
from idvault.storage.sanction.appeal import SqlAppealStore
from idvault.storage.sanction.moderator import SqlModeratorStore
from idvault.storage.sanction.operation import SqlOperationStore
from idvault.storage.sanction.order import SqlOrderStore
from idvault.storage.sanction.publication import SqlStatementStore
from idvault.storage.sanction.store import SqlSanctionStore
from idvault.storage.tip_off.store import SqlTipOffStore
from idvault.v1 import sanction_pb2
from idvault.workers.loop import Task

_BATCH = 500
_GAUGES_PERIOD = 15.0
_PUBLICATION_PERIOD = 30.0


def wire_sanctions(
    *,
    store: SanctionStore,
    moderators: ModeratorStore,
    appeals: AppealStore,
    sealer: ModerationTextSealer,
    terms: AppealTerms,
    orders: OrderStore,
    operations: OperationStore,
    tip_offs: TipOffStore,
    months: MonthStore,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
) -> SanctionServicer:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    events = EventFactory(entropy=entropy)
    common: dict[str, Any] = {"fingerprinter": fingerprinter, "guard": guard}
    return SanctionServicer(
        appeals=AppealFlow(
            store=appeals,
            sanctions=store,
            moderators=moderators,
            sealer=sealer,
            terms=terms,
            entropy=entropy,
            **common,
        ),
        moderators=ModeratorFlow(store=moderators, entropy=entropy, **common),
        sanctions=SanctionFlow(store=store, moderators=moderators, entropy=entropy, **common),
        orders=OrderFlow(store=orders, events=events, **common),
        operations=OperationFlow(store=operations, tip_offs=tip_offs, events=events, **common),
        months=MonthFlow(store=months, zone=terms.zone),
    )


def build_sanctions(base: Base, *, keys: LocalKeyProvider, guard: LogGuard) -> SanctionServicer:
    """Return the servicer of the platform edge."""
    return wire_sanctions(
        store=SqlSanctionStore(database=base.main),
        moderators=SqlModeratorStore(database=base.main),
        appeals=SqlAppealStore(database=base.main),
        sealer=KeyedModerationTextSealer(keys=keys, entropy=ENTROPY),
        terms=_terms(base.settings),
        orders=SqlOrderStore(database=base.main),
        operations=SqlOperationStore(database=base.main),
        tip_offs=SqlTipOffStore(database=base.main),
        months=SqlMonthStore(database=base.main),
        fingerprinter=KeyedFingerprinter(key=keys.primary(Purpose.REQUEST)),
        guard=guard,
        entropy=ENTROPY,
    )


def sanction_service(servicer: SanctionServicer) -> Service:
    """Return SanctionService."""
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
        Task("delete_appeal_texts", 5, lambda now: sweep.delete_texts(now=now, limit=_BATCH)),
        Task("appeal_gauge", 5, lambda now: sweep.count(now=now)),
    ]


def sanction_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: ends of sanctions and of what follows them, missed deadlines, statements."""
    events = EventFactory(entropy=ENTROPY)
    lapses = LapseFlow(store=SqlSanctionStore(database=base.main), guard=guard, events=events)
    orders = OverdueFlow(store=SqlOrderStore(database=base.main), guard=guard, events=events)

    statements = StatementFlow(
        store=SqlStatementStore(database=base.main),
        files=LocalPublicFiles(directory=base.settings.public_dir),
    )

    async def read_gauges(now: ClockReading) -> None:
        levels = await lapses.store.levels(now=now)
        late = now.business - (levels.first_due_at or now.business)
        base.metrics.sanctions(proposed=levels.proposed, due_seconds=late.total_seconds())
        base.metrics.orders_overdue(count=await orders.overdue(now=now))

    return [
        Task("lapse_sanctions", 1, lambda now: lapses.lapse(now=now, limit=_BATCH)),
        Task("release_followers", 1, lambda now: lapses.release(now=now, limit=_BATCH)),
        Task("publish_statements", _PUBLICATION_PERIOD, lambda now: statements.publish(now=now)),
        Task("miss_orders", 5, lambda now: orders.miss(now=now, limit=_BATCH)),
        Task("sanction_gauges", _GAUGES_PERIOD, read_gauges),
    ]
