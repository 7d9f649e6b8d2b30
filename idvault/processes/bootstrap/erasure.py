"""Builds erasures: the service of the platform edge."""

from datetime import timedelta

from idvault.account.ports import StatusStore
from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter
from idvault.disclosure.acts.history import LogProofs
from idvault.erasure.acts import ErasureFlow
from idvault.erasure.api import ErasureServicer
from idvault.erasure.ports import ErasureStore
from idvault.erasure.rules import ErasureTerms
from idvault.erasure.store import SqlErasureStore
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.proofs import log_proofs
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.status.store import SqlStatusStore
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
        proofs=log_proofs(base),
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
