"""Builds sanctions: the service of the platform edge."""

from typing import Any

from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import StoredModerators
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.services.sanction import SanctionServicer
from idvault.report.acts.report import MonthFlow
from idvault.report.ports import MonthStore
from idvault.report.store import SqlMonthStore
from idvault.sanction.acts import SanctionFlow
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sanction.ports import SanctionStore
from idvault.sanction.store.store import SqlSanctionStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.v1 import sanction_pb2


def wire_sanctions(
    vault: Vault,
    *,
    store: SanctionStore,
    appeals: ObjectionContext[AppealTerms],
    months: MonthStore,
    entropy: Entropy,
) -> SanctionServicer:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    common: dict[str, Any] = {"fingerprinter": vault.fingerprinter, "guard": vault.guard}
    moderators = StoredModerators(vault)
    return SanctionServicer(
        appeals=appeals,
        sanctions=SanctionFlow(store=store, moderators=moderators, entropy=entropy, **common),
        vault=vault,
        months=MonthFlow(store=months, zone=appeals.terms.zone),
    )


def build_sanctions(base: Base, *, keys: LocalKeyProvider, guard: LogGuard) -> SanctionServicer:
    """Return the servicer of the platform edge."""
    return wire_sanctions(
        vault_of(base, keys=keys, guard=guard),
        store=SqlSanctionStore(database=base.main),
        appeals=ObjectionContext(
            _terms(base.settings), KeyedModerationTextSealer(keys=keys, entropy=ENTROPY)
        ),
        months=SqlMonthStore(database=base.main),
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
