"""Builds reports of rumours: the service of the platform edge."""

from dataclasses import dataclass
from typing import Any

from idvault.api.edge.server import Service
from idvault.api.tip_off.form import TipOffFormServicer
from idvault.api.tip_off.servicer import TipOffServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.policy import tip_off_policy
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.policy import TipOffPolicy
from idvault.flows.sanction.sanction import SanctionFlow
from idvault.flows.tip_off.filing import FilingFlow
from idvault.flows.tip_off.form import FormFlow
from idvault.flows.tip_off.reporter import ReporterFlow
from idvault.flows.tip_off.tip_off import TipOffFlow
from idvault.ports.entropy import Entropy
from idvault.ports.moderation_text import ModerationTextSealer
from idvault.ports.platform import PresentationStore
from idvault.ports.sanction import ModeratorStore
from idvault.ports.sealing import Fingerprinter
from idvault.ports.tip_off import ReporterStore, TipOffSecrets, TipOffStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.tip_off import KeyedTipOffSecrets
from idvault.storage.platform.store import SqlPlatformStore
from idvault.storage.sanction.moderator import SqlModeratorStore
from idvault.storage.sanction.store import SqlSanctionStore
from idvault.storage.tip_off.reporter import SqlReporterStore
from idvault.storage.tip_off.store import SqlTipOffStore
from idvault.v1 import tip_off_pb2


@dataclass(frozen=True, slots=True)
class TipOffPorts:
    """The ports of the flows of reports; production and tests differ only in these."""

    store: TipOffStore
    reporters: ReporterStore
    moderators: ModeratorStore
    secrets: TipOffSecrets
    sealer: ModerationTextSealer
    fingerprinter: Fingerprinter
    guard: LogGuard
    entropy: Entropy


def wire_tip_offs(ports: TipOffPorts, *, sanctions: SanctionFlow, policy: TipOffPolicy) -> TipOffServicer:
    """Connect the flows to their ports."""
    common: dict[str, Any] = {"fingerprinter": ports.fingerprinter, "guard": ports.guard}
    texts: dict[str, Any] = {"store": ports.store, "sealer": ports.sealer, "entropy": ports.entropy}
    return TipOffServicer(
        filing=FilingFlow(secrets=ports.secrets, policy=policy, **texts, **common),
        tip_offs=TipOffFlow(sanctions=sanctions, moderators=ports.moderators, **texts, **common),
        reporters=ReporterFlow(
            store=ports.reporters,
            moderators=ports.moderators,
            events=EventFactory(entropy=ports.entropy),
            **common,
        ),
    )


def wire_forms(filing: FilingFlow, *, platforms: PresentationStore) -> TipOffFormServicer:
    """Connect the public's forms to the same filing as the platforms' calls."""
    return TipOffFormServicer(forms=FormFlow(platforms=platforms, filing=filing))


def build_tip_offs(base: Base, *, keys: LocalKeyProvider, guard: LogGuard) -> list[Service]:
    """Return TipOffService, and TipOffFormService for the hosted pages."""
    fingerprinter = fingerprinter_of(keys, Purpose.REQUEST)
    ports = TipOffPorts(
        store=SqlTipOffStore(database=base.main),
        reporters=SqlReporterStore(database=base.main),
        moderators=SqlModeratorStore(database=base.main),
        secrets=KeyedTipOffSecrets(keys=keys),
        sealer=KeyedModerationTextSealer(keys=keys, entropy=ENTROPY),
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
    )
    sanctions = SanctionFlow(
        store=SqlSanctionStore(database=base.main),
        moderators=SqlModeratorStore(database=base.main),
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
    )
    servicer = wire_tip_offs(ports, sanctions=sanctions, policy=tip_off_policy(base.settings))
    forms = wire_forms(servicer.filing, platforms=SqlPlatformStore(database=base.main))
    known = tip_off_pb2.DESCRIPTOR.services_by_name
    return [Service(known["TipOffService"], servicer), Service(known["TipOffFormService"], forms)]
