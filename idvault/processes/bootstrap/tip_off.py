"""Builds reports of rumours: the service of the platform edge."""

from dataclasses import dataclass
from typing import Any

from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import TipOffPolicy
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModeratorSource, StoredModerators
from idvault.platform.acts import StoredPresentations
from idvault.platform.ports import PresentationStore
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.policy import tip_off_policy
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.processes.bootstrap.vault import vault_of
from idvault.sanction.acts import SanctionFlow
from idvault.sanction.store.store import SqlSanctionStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.moderation_text_ports import ModerationTextSealer
from idvault.sealing.tip_off import KeyedTipOffSecrets
from idvault.tip_off.acts.filing import FilingFlow, FormFlow
from idvault.tip_off.acts.reporter import ReporterFlow
from idvault.tip_off.acts.tip_off import TipOffFlow
from idvault.tip_off.api.form import TipOffFormServicer
from idvault.tip_off.api.servicer import TipOffServicer
from idvault.tip_off.ports import ReporterStore, TipOffSecrets, TipOffStore
from idvault.tip_off.reporter.store import SqlReporterStore
from idvault.tip_off.store.store import SqlTipOffStore
from idvault.v1 import tip_off_pb2


@dataclass(frozen=True, slots=True)
class TipOffPorts:
    """The ports of the flows of reports; production and tests differ only in these."""

    store: TipOffStore
    reporters: ReporterStore
    moderators: ModeratorSource
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
        moderators=StoredModerators(vault_of(base, keys=keys, guard=guard)),
        secrets=KeyedTipOffSecrets(keys=keys),
        sealer=KeyedModerationTextSealer(keys=keys, entropy=ENTROPY),
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
    )
    sanctions = SanctionFlow(
        store=SqlSanctionStore(database=base.main),
        moderators=StoredModerators(vault_of(base, keys=keys, guard=guard)),
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
    )
    servicer = wire_tip_offs(ports, sanctions=sanctions, policy=tip_off_policy(base.settings))
    forms = wire_forms(servicer.filing, platforms=StoredPresentations(vault_of(base, keys=keys, guard=guard)))
    known = tip_off_pb2.DESCRIPTOR.services_by_name
    return [Service(known["TipOffService"], servicer), Service(known["TipOffFormService"], forms)]
