"""Builds disclosures: the services of the custody edge."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.person_request import SqlMemberRequestStore
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter
from idvault.core.second_factor import SecondFactorCheck
from idvault.custody.handover.acts import HandoverFlow
from idvault.custody.handover.store import SqlHandoverStore
from idvault.disclosure.acts.auditor import DisclosureFlow
from idvault.disclosure.acts.custodian import CustodianFlow
from idvault.disclosure.acts.history import LogProofs
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.api.auditor import DisclosureServicer
from idvault.disclosure.ports import CaseTextSealer, DisclosureStore, ShredKeys
from idvault.disclosure.store.store import SqlDisclosureStore
from idvault.key.store.version import SqlShredStore
from idvault.log.acts.guard import LogGuard
from idvault.log.store import SqlCheckpointStore, SqlLogStore
from idvault.people.acts import RosterSource
from idvault.people.ports import HandoverStore
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.processes.services.custodian import CustodianServicer
from idvault.sealing.case_text import KeyedCaseTextSealer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.v1 import disclosure_pb2


@dataclass(frozen=True, slots=True)
class Disclosures:
    """The flows of disclosures and hand-overs of one custody edge."""

    auditors: DisclosureFlow
    custodians: CustodianFlow
    successions: HandoverFlow

    def services(self) -> list[Service]:
        """Return DisclosureService and CustodianService."""
        services = disclosure_pb2.DESCRIPTOR.services_by_name
        auditing = DisclosureServicer(flow=self.auditors, findings=self.custodians)
        custody = CustodianServicer(flow=self.custodians, handovers=self.successions)
        return [
            Service(services["DisclosureService"], auditing),
            Service(services["CustodianService"], custody),
        ]


def wire_disclosures(
    *,
    store: DisclosureStore,
    requests: MemberRequestStore,
    handovers: HandoverStore,
    shred_keys: ShredKeys,
    case_texts: CaseTextSealer,
    rosters: RosterSource,
    second_factor: SecondFactorCheck,
    fingerprinter: Fingerprinter,
    proofs: LogProofs,
    guard: LogGuard,
    entropy: Entropy,
    observe: Callable[[str], None],
    zone: tzinfo,
    daily: int,
) -> Disclosures:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    common: dict[str, Any] = {
        "rosters": rosters,
        "fingerprinter": fingerprinter,
        "guard": guard,
        "refusals": Refusals(store=store, entropy=entropy, observe=observe),
        "entropy": entropy,
        "observe": observe,
    }
    deciding: dict[str, Any] = {
        **common,
        "store": store,
        "requests": requests,
        "case_texts": case_texts,
        "second_factor": second_factor,
        "proofs": proofs,
    }
    return Disclosures(
        DisclosureFlow(**deciding, shred_keys=shred_keys, zone=zone, daily=daily),
        CustodianFlow(**deciding, handovers=handovers),
        HandoverFlow(**common, store=handovers, disclosures=store),
    )


def build_disclosures(
    base: Base,
    rosters: RosterSource,
    *,
    keys: LocalKeyProvider,
    guard: LogGuard,
    second_factor: SecondFactorCheck,
) -> list[Service]:
    """Build DisclosureService and CustodianService; keys: the custody edge's."""
    store = SqlDisclosureStore(database=base.main)
    return wire_disclosures(
        store=store,
        requests=SqlMemberRequestStore(database=base.main),
        case_texts=KeyedCaseTextSealer(keys=keys, entropy=ENTROPY),
        rosters=rosters,
        second_factor=second_factor,
        fingerprinter=fingerprinter_of(keys, Purpose.PERSON_REQUEST),
        proofs=LogProofs(
            log=SqlLogStore(database=base.main),
            checkpoints=SqlCheckpointStore(database=base.shred),
            store=store,
        ),
        guard=guard,
        entropy=ENTROPY,
        observe=base.metrics.disclosure,
        handovers=SqlHandoverStore(database=base.main),
        shred_keys=SqlShredStore(database=base.shred),
        zone=base.settings.zone,
        daily=base.settings.disclosures_per_day,
    ).services()
