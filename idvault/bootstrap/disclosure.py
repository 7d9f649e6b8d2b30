"""Builds disclosures: the services of the custody edge."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from idvault.api.disclosure.auditor import DisclosureServicer
from idvault.api.disclosure.custodian import CustodianServicer
from idvault.api.edge.server import Service
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.flows.custody.handover import HandoverFlow
from idvault.flows.disclosure.auditor import DisclosureFlow
from idvault.flows.disclosure.custodian import CustodianFlow
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs
from idvault.flows.people.quorums import RosterSource
from idvault.ports.disclosure import CaseTextSealer, DisclosureStore, SecondFactorCheck, ShredKeys
from idvault.ports.entropy import Entropy
from idvault.ports.handover import HandoverStore
from idvault.ports.people.request import MemberRequestStore
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.case_text import KeyedCaseTextSealer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.storage.custody.handover import SqlHandoverStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.key.shred import SqlShredStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.storage.people.request import SqlMemberRequestStore
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
