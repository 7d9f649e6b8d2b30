"""Builds sanctions: the service of the platform edge."""

from typing import Any

from idvault.api.edge.server import Service
from idvault.api.sanction.servicer import SanctionServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.config import Settings
from idvault.domain.sanction.appeal import AppealTerms
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.report.month import MonthFlow
from idvault.flows.sanction.appeal import AppealFlow
from idvault.flows.sanction.moderator import ModeratorFlow
from idvault.flows.sanction.operation import OperationFlow
from idvault.flows.sanction.order import OrderFlow
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
from idvault.storage.report.month import SqlMonthStore
from idvault.storage.sanction.appeal import SqlAppealStore
from idvault.storage.sanction.moderator import SqlModeratorStore
from idvault.storage.sanction.operation import SqlOperationStore
from idvault.storage.sanction.order import SqlOrderStore
from idvault.storage.sanction.store import SqlSanctionStore
from idvault.storage.tip_off.store import SqlTipOffStore
from idvault.v1 import sanction_pb2


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
        orders=OrderFlow(store=orders, moderators=moderators, events=events, **common),
        operations=OperationFlow(
            store=operations, tip_offs=tip_offs, moderators=moderators, events=events, **common
        ),
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
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
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
        text_days=settings.appeal_text_days,
    )
