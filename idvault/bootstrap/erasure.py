"""Builds erasures: the service of the platform edge, and the worker's tasks."""

from datetime import timedelta, tzinfo

from idvault.api.edge.server import Service
from idvault.api.erasure import ErasureServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.config import Settings
from idvault.domain.clock import ClockReading
from idvault.domain.erasure import ErasureTerms
from idvault.flows.erasure.erasure import ErasureFlow
from idvault.flows.erasure.sweep import ErasureSweep
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs
from idvault.ports.account import StatusStore
from idvault.ports.entropy import Entropy
from idvault.ports.erasure import ErasureStore, ShredDestroyer
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import KeyedFingerprinter
from idvault.storage.account.store import SqlStatusStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.erasure.store import SqlErasureStore
from idvault.storage.key.shred import SqlShredStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.v1 import erasure_pb2
from idvault.workers.loop import Task

_BATCH = 500
_GAUGES_PERIOD = 15.0


def terms(settings: Settings) -> ErasureTerms:
    """Return how long an erasure waits, and when the keys follow."""
    return ErasureTerms(
        waiting=timedelta(days=settings.erasure_waiting_days),
        delay=timedelta(days=settings.erasure_delay_days),
    )


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


def build_erasures(base: Base, *, keys: LocalKeyProvider, guard: LogGuard) -> Service:
    """Return ErasureService."""
    servicer = wire_erasures(
        store=SqlErasureStore(database=base.main),
        accounts=SqlStatusStore(database=base.main),
        proofs=LogProofs(
            log=SqlLogStore(database=base.main),
            checkpoints=SqlCheckpointStore(database=base.shred),
            store=SqlDisclosureStore(database=base.main),
        ),
        fingerprinter=KeyedFingerprinter(key=keys.primary(Purpose.REQUEST)),
        guard=guard,
        entropy=ENTROPY,
        terms=terms(base.settings),
    )
    return Service(erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"], servicer)


def wire_sweep(
    *,
    store: ErasureStore,
    shred_keys: ShredDestroyer,
    guard: LogGuard,
    entropy: Entropy,
    terms: ErasureTerms,
    zone: tzinfo,
) -> ErasureSweep:
    """Return the worker's flow; production and tests differ only in the ports."""
    return ErasureSweep(
        store=store,
        shred_keys=shred_keys,
        guard=guard,
        events=EventFactory(entropy=entropy),
        delay=terms.delay,
        zone=zone,
    )


def erasure_tasks(base: Base, *, guard: LogGuard) -> list[Task]:
    """Return the worker's tasks: erase and destroy what is due, forget persons, and count."""
    sweep = wire_sweep(
        store=SqlErasureStore(database=base.main),
        shred_keys=SqlShredStore(database=base.shred),
        guard=guard,
        entropy=ENTROPY,
        terms=terms(base.settings),
        zone=base.settings.zone,
    )

    async def read_gauges(now: ClockReading) -> None:
        levels = await sweep.levels(now=now)
        late = now.business - (levels.first_due_at or now.business)
        base.metrics.erasures(
            waiting=levels.waiting,
            undestroyed=levels.undestroyed,
            held=levels.held,
            due_seconds=late.total_seconds(),
        )

    return [
        Task("erase_accounts", 1, lambda now: sweep.step(now=now, limit=_BATCH)),
        Task("release_erased", 5, lambda now: sweep.release(now=now, limit=_BATCH)),
        Task("erasure_gauges", _GAUGES_PERIOD, read_gauges),
    ]
