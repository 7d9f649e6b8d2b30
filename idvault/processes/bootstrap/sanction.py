"""Builds sanctions: the service of the platform edge."""

from typing import Any

from idvault.core.config import Settings
from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import EventFactory, LogGuard
from idvault.moderator.acts import ModeratorFlow
from idvault.moderator.ports import ModeratorStore
from idvault.moderator.store import SqlModeratorStore
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.processes.services.sanction import SanctionServicer
from idvault.report.acts.report import MonthFlow
from idvault.report.ports import MonthStore
from idvault.report.store import SqlMonthStore
from idvault.sanction.acts import SanctionFlow
from idvault.sanction.appeal.acts import AppealFlow
from idvault.sanction.appeal.ports import AppealStore
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.appeal.store import SqlAppealStore
from idvault.sanction.operation.acts import OperationFlow
from idvault.sanction.operation.ports import OperationStore
from idvault.sanction.operation.store import SqlOperationStore
from idvault.sanction.order.acts import OrderFlow
from idvault.sanction.order.ports import OrderStore
from idvault.sanction.order.store import SqlOrderStore
from idvault.sanction.ports import SanctionStore
from idvault.sanction.store.store import SqlSanctionStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.moderation_text_ports import ModerationTextSealer
from idvault.tip_off.ports import TipOffStore
from idvault.tip_off.store.store import SqlTipOffStore
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
