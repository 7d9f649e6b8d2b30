"""Services with real flows behind a real edge, for tests that call them as platform-a."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

import idvault_client
from idvault.core.edge.access import Access, Directory
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault_client import refusals
from idvault_client.errors import VaultError
from tools.support.authority import TRUST_DOMAIN, Authority, spiffe
from tools.support.edge import FakePlatforms, clock, platform, reading

Served = tuple[str, idvault_client.Tls]
"""The target of an edge, and platform-a's certificate."""


@asynccontextmanager
async def served(
    services: Sequence[Service], *, logs: Logs, folder: Path, moderators: Mapping[str, str] | None = None
) -> AsyncIterator[Served]:
    """Serve until the block ends; folder: for certificates and keys.

    moderators: platforms by moderator id; the certificates are then ID.certificate and ID.key.
    """
    authority = Authority()
    mine, issued = authority.client(spiffe("platform", "platform-a")), authority.server()
    known = [platform(mine)]
    for moderator_id, party in (moderators or {}).items():
        one = authority.client(spiffe("moderator", moderator_id))
        (folder / f"{moderator_id}.certificate").write_bytes(one.certificate)
        (folder / f"{moderator_id}.key").write_bytes(one.key)
        pinned = platform(one, name=moderator_id, role="moderator")
        known.append(replace(pinned, relying_party=party))
    directory = Directory(platforms=FakePlatforms(*known), people=list, clock=lambda: datetime.now(UTC))
    server = GrpcServer(
        listen="127.0.0.1:0",
        tls=Tls(issued.certificate, issued.key, authority.ca),
        services=services,
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=Metrics(),
        access_log=logs.access,
        clock=clock,
    )
    await server.start()
    for name, data in (("ca", authority.ca), ("certificate", mine.certificate), ("key", mine.key)):
        (folder / name).write_bytes(data)
    try:
        async with reading(directory):
            yield (
                f"localhost:{server.port}",
                idvault_client.Tls(folder / "ca", folder / "certificate", folder / "key"),
            )
    finally:
        await server.stop(grace=1.0, linger=0.0)


async def refused_raw(edge: Served, service: ServiceDescriptor, method: str, request: Message) -> VaultError:
    """Return what a platform without our client is told of a request that must be refused."""
    target, tls = edge
    path = f"/{service.full_name}/{method}"
    async with grpc.aio.secure_channel(target, tls.credentials()) as channel:
        ask: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(request.SerializeToString())
    return refusals.from_rpc(caught.value, request_id=None)
