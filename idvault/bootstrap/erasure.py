"""Builds erasures: the service of the platform edge."""

from datetime import timedelta

from idvault.api.edge.server import Service
from idvault.api.erasure import ErasureServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.domain.erasure import ErasureTerms
from idvault.flows.erasure.erasure import ErasureFlow
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs
from idvault.ports.account import StatusStore
from idvault.ports.entropy import Entropy
from idvault.ports.erasure import ErasureStore
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.storage.account.store import SqlStatusStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.erasure.store import SqlErasureStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.v1 import erasure_pb2


def wire_erasures(
    *,
    store: ErasureStore,
    accounts: StatusStore,
    proofs: LogProofs,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
    terms: ErasureTerms,
) -> ErasureServicer:
    """Connect the flow to its ports; production and tests differ only in the ports."""
    flow = ErasureFlow(
        store=store,
        accounts=accounts,
        proofs=proofs,
        fingerprinter=fingerprinter,
        guard=guard,
        events=EventFactory(entropy=entropy),
        terms=terms,
    )
    return ErasureServicer(flow=flow)


def build_erasures(base: Base, *, keys: LocalKeyProvider, guard: LogGuard) -> ErasureServicer:
    """Return the servicer of ErasureService."""
    return wire_erasures(
        store=SqlErasureStore(database=base.main),
        accounts=SqlStatusStore(database=base.main),
        proofs=LogProofs(
            log=SqlLogStore(database=base.main),
            checkpoints=SqlCheckpointStore(database=base.shred),
            store=SqlDisclosureStore(database=base.main),
        ),
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
        guard=guard,
        entropy=ENTROPY,
        terms=ErasureTerms(
            waiting=timedelta(days=base.settings.erasure_waiting_days),
            delay=timedelta(days=base.settings.erasure_delay_days),
        ),
    )


def erasure_service(servicer: ErasureServicer) -> Service:
    """Return ErasureService."""
    return Service(erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"], servicer)
