"""Drills: their service of the custody edge, what the worker does for them, and what the doctor asks."""

from idvault.api.custody.drill import DrillServicer
from idvault.api.edge.server import Service
from idvault.bootstrap.base import ENTROPY, Base
from idvault.flows.custody.drill import DrillFlow
from idvault.flows.custody.drill_record import DrillKeeper
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs
from idvault.flows.people.quorums import RosterSource
from idvault.flows.people.roster_holder import RosterHolder
from idvault.ports.disclosure import SecondFactorCheck
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.record import QuorumRecordSealer
from idvault.sealing.request import KeyedFingerprinter
from idvault.storage.custody.drill import SqlDrillStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.key.shred import SqlShredStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.storage.people.request import SqlMemberRequestStore
from idvault.v1 import drill_pb2
from idvault.workers.loop import Task

_KEEP_PERIOD = 60.0
_COUNT_PERIOD = 5.0


def build_drills(
    base: Base,
    rosters: RosterSource,
    *,
    keys: LocalKeyProvider,
    guard: LogGuard,
    second_factor: SecondFactorCheck,
) -> Service:
    """Build DrillService; keys: those of the custody edge."""
    disclosures = SqlDisclosureStore(database=base.main)
    flow = DrillFlow(
        store=SqlDrillStore(database=base.main),
        requests=SqlMemberRequestStore(database=base.main),
        rosters=rosters,
        second_factor=second_factor,
        fingerprinter=KeyedFingerprinter(key=keys.primary(Purpose.PERSON_REQUEST)),
        proofs=LogProofs(
            log=SqlLogStore(database=base.main),
            checkpoints=SqlCheckpointStore(database=base.shred),
            store=disclosures,
        ),
        guard=guard,
        refusals=Refusals(store=disclosures, entropy=ENTROPY, observe=base.metrics.disclosure),
        entropy=ENTROPY,
    )
    return drill_service(flow)


def drill_service(flow: DrillFlow) -> Service:
    """Return DrillService."""
    return Service(drill_pb2.DESCRIPTOR.services_by_name["DrillService"], DrillServicer(flow=flow))


def drill_tasks(base: Base, rosters: RosterHolder, *, guard: LogGuard) -> list[Task]:
    """Return what the worker does for drills."""
    keeper = DrillKeeper(
        store=SqlDrillStore(database=base.main),
        rosters=rosters,
        sealer=QuorumRecordSealer(
            quorum=lambda: rosters.quorum, shred_store=SqlShredStore(database=base.shred), entropy=ENTROPY
        ),
        guard=guard,
        entropy=ENTROPY,
        observe=lambda overdue, oldest: base.metrics.drills(overdue=overdue, oldest_seconds=oldest),
    )
    return [
        Task("drill_records", _KEEP_PERIOD, lambda now: keeper.keep(now=now)),
        Task("drill_gauges", _COUNT_PERIOD, lambda now: keeper.count(now=now)),
    ]
