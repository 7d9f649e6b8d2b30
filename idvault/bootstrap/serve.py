"""Builds and runs `idvault serve`: the platform edge, the custody edge, or both."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from idvault.api.claim import VerificationServicer
from idvault.api.edge.access import Access
from idvault.api.edge.directory import Directory
from idvault.api.edge.server import GrpcServer, Service, Tls
from idvault.api.log import TransparencyServicer
from idvault.bootstrap.account import build_receipts, build_statuses
from idvault.bootstrap.base import (
    Base,
    Clock,
    Ready,
    cancel,
    load_custody_keys,
    load_keys,
    open_base,
)
from idvault.bootstrap.campaign import build_campaigns
from idvault.bootstrap.claim import build_claims
from idvault.bootstrap.disclosure import build_disclosures
from idvault.bootstrap.drill import build_drills
from idvault.bootstrap.log import build_guard
from idvault.bootstrap.people import build_people, follow_rosters, pins, start_rosters
from idvault.bootstrap.witness import check_witnessed
from idvault.config import Settings
from idvault.flows.log.reading import TransparencyFlow
from idvault.flows.people.roster_holder import RosterHolder
from idvault.sealing.index import ChainedIndexer
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import KeyedFingerprinter
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.storage.platform.store import SqlPlatformStore
from idvault.telemetry.metrics import serve_metrics
from idvault.v1 import status_pb2, transparency_pb2, verification_pb2

# With the other waits of a stop, below the 10 s that an operator's Ctrl-C allows.
_GRACE = 5.0


async def serve(
    settings: Settings, *, edge: str | None, ready: Ready, stop: asyncio.Event, clock: Clock
) -> None:
    """Run the platform edge, the custody edge or (edge None) both on two ports, until stop is set.

    Raises ConfigError, ListenError, OSError and domain errors only before it is ready.
    """
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(open_base(settings, clock, process="serve"))
        # Before anything is written: a restored old copy must not grow into a second history.
        await check_witnessed(base)
        rosters = await start_rosters(base, now=clock())
        access = await _access(stack, base, rosters)
        addresses: dict[str, str] = {}
        if edge in ("platform", None):
            server = await _platform_edge(stack, base, rosters, access)
            addresses["grpc"] = await _start(stack, server, settings.addresses[0])
        if edge in ("custody", None):
            server = await _custody_edge(base, rosters, access, alone=edge is not None)
            addresses["grpc_custody"] = await _start(stack, server, settings.addresses[-1])
        metrics = serve_metrics(base.metrics, listen=settings.metrics_listen)
        stack.callback(metrics.close)
        ready({**addresses, "metrics": metrics.url})
        await stop.wait()


async def _access(stack: AsyncExitStack, base: Base, rosters: RosterHolder) -> Access:
    directory = Directory(
        platforms=SqlPlatformStore(database=base.main), people=lambda: pins(rosters), clock=base.real_now
    )
    await directory.load()
    follow_rosters(stack, base, rosters, directory.load)
    stack.push_async_callback(cancel, asyncio.create_task(directory.run()))
    return Access(directory=directory, trust_domain=base.settings.trust_domain)


async def _platform_edge(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, access: Access
) -> GrpcServer:
    keys, guard = load_keys(base.settings), build_guard(base)
    claims = await build_claims(stack, base, rosters, guard=guard)
    verification = claims.flows.verification(
        indexer=ChainedIndexer(keys=keys.keys(Purpose.INDEX)),
        fingerprinter=KeyedFingerprinter(key=keys.primary(Purpose.REQUEST)),
    )
    stack.push_async_callback(verification.drain)
    statuses, hub = await build_statuses(stack, base, keys=keys, guard=guard, policy=claims.policy)
    services = [
        Service(
            verification_pb2.DESCRIPTOR.services_by_name["VerificationService"],
            VerificationServicer(
                flow=verification,
                receipts=build_receipts(base, rosters),
                rules=claims.rules,
                patience=base.settings.settle_patience,
            ),
        ),
        Service(status_pb2.DESCRIPTOR.services_by_name["StatusService"], statuses),
        build_campaigns(base, keys=keys, guard=guard, policy=claims.policy),
    ]
    return _server(base, base.settings.addresses[0], services, access, drains=(hub.close,))


async def _custody_edge(base: Base, rosters: RosterHolder, access: Access, *, alone: bool) -> GrpcServer:
    keys = load_custody_keys(base.settings, alone=alone)
    guard = build_guard(base)
    people = await build_people(base, rosters, keys=keys, guard=guard)
    log = TransparencyFlow(
        log=SqlLogStore(database=base.main), checkpoints=SqlCheckpointStore(database=base.shred)
    )
    services = [
        Service(
            transparency_pb2.DESCRIPTOR.services_by_name["TransparencyService"],
            TransparencyServicer(flow=log),
        ),
        people.service,
        *build_disclosures(base, rosters, keys=keys, guard=guard, second_factor=people.second_factors),
        build_drills(base, rosters, keys=keys, guard=guard, second_factor=people.second_factors),
    ]
    return _server(base, base.settings.addresses[-1], services, access)


def _server(
    base: Base,
    address: str,
    services: list[Service],
    access: Access,
    *,
    drains: Sequence[Callable[[], None]] = (),
) -> GrpcServer:
    settings = base.settings
    tls = Tls(
        certificate=settings.tls_certificate.read_bytes(),
        key=settings.tls_key.read_bytes(),
        ca=settings.tls_ca.read_bytes(),
    )
    return GrpcServer(
        listen=address,
        tls=tls,
        services=services,
        access=access,
        metrics=base.metrics,
        access_log=base.logs.access,
        clock=base.clock,
        reflection=settings.development,
        drains=drains,
    )


async def _start(stack: AsyncExitStack, server: GrpcServer, address: str) -> str:
    await server.start()
    stack.push_async_callback(server.stop, grace=_GRACE)
    return f"{address.rpartition(':')[0]}:{server.port}"
