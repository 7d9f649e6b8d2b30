"""Builds drills: the service of the custody edge."""

from collections.abc import Callable

from idvault.api.custody.drill import DrillServicer
from idvault.api.edge.server import Service
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.flows.custody.drill import DrillFlow
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs
from idvault.flows.people.quorums import RosterSource
from idvault.ports.disclosure import DisclosureStore, SecondFactorCheck
from idvault.ports.drill import DrillStore
from idvault.ports.entropy import Entropy
from idvault.ports.people.request import MemberRequestStore
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.storage.custody.drill import SqlDrillStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.storage.people.request import SqlMemberRequestStore
from idvault.v1 import drill_pb2


def wire_drills(
    *,
    store: DrillStore,
    requests: MemberRequestStore,
    disclosures: DisclosureStore,
    rosters: RosterSource,
    second_factor: SecondFactorCheck,
    fingerprinter: Fingerprinter,
    proofs: LogProofs,
    guard: LogGuard,
    entropy: Entropy,
    observe: Callable[[str], None],
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
        refusals=Refusals(store=disclosures, entropy=entropy, observe=observe),
        entropy=entropy,
    )


def build_drills(
    base: Base,
    rosters: RosterSource,
    *,
    keys: LocalKeyProvider,
    guard: LogGuard,
    second_factor: SecondFactorCheck,
) -> Service:
    """Build DrillService; keys: the custody edge's."""
    disclosures = SqlDisclosureStore(database=base.main)
    flow = wire_drills(
        store=SqlDrillStore(database=base.main),
        requests=SqlMemberRequestStore(database=base.main),
        disclosures=disclosures,
        rosters=rosters,
        second_factor=second_factor,
        fingerprinter=fingerprinter_of(keys, Purpose.PERSON_REQUEST),
        proofs=LogProofs(
            log=SqlLogStore(database=base.main),
            checkpoints=SqlCheckpointStore(database=base.shred),
            store=disclosures,
        ),
        guard=guard,
        entropy=ENTROPY,
        observe=base.metrics.disclosure,
    )
    return drill_service(flow)


def drill_service(flow: DrillFlow) -> Service:
    """Return DrillService."""
    return Service(drill_pb2.DESCRIPTOR.services_by_name["DrillService"], DrillServicer(flow=flow))
