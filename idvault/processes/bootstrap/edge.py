"""Builds the gRPC server of an edge, for the platform edge and the custody edge."""

from collections.abc import Callable, Sequence

from idvault.core import capacity
from idvault.core.edge.access import Access
from idvault.core.edge.pace import Pace
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.request import RepeatedRequests
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.certificates import edge_files, tls_of


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
        pace=Pace(seconds=settings.pace_milliseconds / 1_000, calls=settings.pace_calls),
        takes=capacity.edge(settings.memory, edges=len(settings.addresses)),
        acceptors=settings.acceptors,
        reflection=settings.development,
        drains=drains,
        traces=base.traces,
        repeats=repeats,
    )
