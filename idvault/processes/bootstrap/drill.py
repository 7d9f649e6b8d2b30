"""Builds drills: the service of the custody edge."""

from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.person_request import SqlMemberRequestStore
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter
from idvault.core.second_factor import SecondFactorCheck
from idvault.custody.drill.acts import DrillFlow
from idvault.custody.drill.api import DrillServicer
from idvault.custody.drill.ports import DrillStore
from idvault.custody.drill.store import SqlDrillStore
from idvault.disclosure.acts.history import LogProofs
from idvault.disclosure.acts.refusal import Refusals
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import RosterSource
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.proofs import log_proofs
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.v1 import drill_pb2


def wire_drills(
    *,
    store: DrillStore,
    requests: MemberRequestStore,
    rosters: RosterSource,
    second_factor: SecondFactorCheck,
    fingerprinter: Fingerprinter,
    proofs: LogProofs,
    guard: LogGuard,
    refusals: Refusals,
    entropy: Entropy,
) -> DrillFlow:
    """Connect the flow to its ports; production and tests differ only in the ports."""
    return DrillFlow(
        store=store,
        requests=requests,
        rosters=rosters,
        second_factor=second_factor,
        fingerprinter=fingerprinter,
        proofs=proofs,
        guard=guard,
        refusals=refusals,
        entropy=entropy,
    )


def build_drills(
    base: Base,
    rosters: RosterSource,
    *,
    keys: LocalKeyProvider,
    guard: LogGuard,
    second_factor: SecondFactorCheck,
    refusals: Refusals,
) -> Service:
    """Build DrillService; keys: the custody edge's."""
    flow = wire_drills(
        store=SqlDrillStore(database=base.main),
        requests=SqlMemberRequestStore(database=base.main),
        rosters=rosters,
        second_factor=second_factor,
        fingerprinter=fingerprinter_of(keys, Purpose.PERSON_REQUEST),
        proofs=log_proofs(base),
        guard=guard,
        refusals=refusals,
        entropy=ENTROPY,
    )
    return drill_service(flow)


def drill_service(flow: DrillFlow) -> Service:
    """Return DrillService."""
    return Service(drill_pb2.DESCRIPTOR.services_by_name["DrillService"], DrillServicer(flow=flow))
