"""A session world behind a real edge: one platform and one web process may call it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from idvault.core.edge.access import Access, Directory
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.core.telemetry.traces import Traces
from idvault_client import Tls as ClientTls
from idvault_verify.v1 import session_pb2
from tests.support.session_world import SessionWorld
from tools.support.authority import TRUST_DOMAIN, Authority, spiffe
from tools.support.edge import FakePlatforms, clock, platform
from tools.support.flow_world import PARTY

WEB = "web-1"
SERVICE = session_pb2.DESCRIPTOR.services_by_name["SessionService"]


@dataclass(frozen=True)
class SessionEdge:
    """A running edge: its target, the certificates of its callers, its log and its metrics."""

    server: GrpcServer
    target: str
    platform: ClientTls
    web: ClientTls
    log: Path
    logs: Logs
    metrics: Metrics


@asynccontextmanager
async def served(
    world: SessionWorld, folder: Path, *, services: Sequence[Service] = (), traces: Traces | None = None
) -> AsyncIterator[SessionEdge]:
    """Serve SessionService and other services until the block ends. traces: of each call."""
    authority = Authority()
    issued = authority.server()
    callers = {PARTY: "platform", WEB: "web"}
    certificates = {name: authority.client(spiffe(role, name)) for name, role in callers.items()}
    registered = [
        replace(platform(certificates[name], name=name, role=role), proofs=world.accepted)
        for name, role in callers.items()
    ]
    directory = Directory(platforms=FakePlatforms(*registered), people=list, clock=lambda: datetime.now(UTC))
    await directory.load()
    log = folder / "serve.jsonl"
    logs = Logs(process="serve-0", path=log)
    metrics = Metrics()
    server = GrpcServer(
        listen="127.0.0.1:0",
        tls=Tls(issued.certificate, issued.key, authority.ca),
        services=[Service(SERVICE, world.servicer), world.inquiries, *services],
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=metrics,
        access_log=logs.access,
        clock=clock,
        traces=traces,
    )
    await server.start()
    (folder / "ca").write_bytes(authority.ca)
    for name, certificate in certificates.items():
        (folder / f"{name}.pem").write_bytes(certificate.certificate)
        (folder / f"{name}.key").write_bytes(certificate.key)
    tls = {name: ClientTls(folder / "ca", folder / f"{name}.pem", folder / f"{name}.key") for name in callers}
    # Callers are trusted for a minute after they were read; a test may take longer.
    reading = asyncio.create_task(directory.run())
    try:
        yield SessionEdge(server, f"localhost:{server.port}", tls[PARTY], tls[WEB], log, logs, metrics)
    finally:
        reading.cancel()
        await server.stop(grace=1.0, linger=0.0)
        logs.close()
