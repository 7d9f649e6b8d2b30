"""Builds the gRPC server of an edge, platform or custody, whose certificate files it follows."""

from collections.abc import Callable, Sequence

from idvault.core import capacity
from idvault.core.certificate_files import CertificateFiles, Pem
from idvault.core.config import Settings
from idvault.core.edge.access import Access
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import ACCEPTORS, GrpcServer, Service
from idvault.core.request import RepeatedRequests
from idvault.processes.bootstrap.base import Base


def edge_files(settings: Settings) -> CertificateFiles:
    """Return the files of an edge."""
    return CertificateFiles.of_settings(
        "IDVAULT_TLS_", settings.tls_certificate, settings.tls_key, settings.tls_ca
    )


def tls_of(found: Pem) -> Tls:
    """Return what an edge's servers take."""
    return Tls(found.certificate, found.key, found.ca)


def build_server(
    base: Base,
    address: str,
    services: list[Service],
    access: Access,
    *,
    drains: Sequence[Callable[[], None]] = (),
    repeats: RepeatedRequests | None = None,
) -> GrpcServer:
    """Return a server that is not started. drains: called when the server begins to stop."""
    settings = base.settings
    return GrpcServer(
        listen=address,
        tls=tls_of(edge_files(settings).read(now=base.real_now())),
        services=services,
        access=access,
        metrics=base.metrics,
        access_log=base.logs.access,
        clock=base.clock,
        takes=capacity.edge(settings.memory, edges=len(settings.addresses)),
        acceptors=ACCEPTORS,
        reflection=settings.development,
        drains=drains,
        traces=base.traces,
        repeats=repeats,
        usage=base.usage,
    )
