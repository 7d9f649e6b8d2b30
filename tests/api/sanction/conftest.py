"""SanctionService over a real channel and a real database, called by both clients."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import grpc
import pytest

import idvault_client
from idvault.api.edge.access import Access
from idvault.api.edge.directory import Directory
from idvault.api.edge.server import GrpcServer, Service, Tls
from idvault.storage.base.database import Database
from idvault.telemetry.logs import Logs
from idvault.telemetry.metrics import Metrics
from idvault.v1 import sanction_pb2 as pb
from idvault_client import refusals
from idvault_client.errors import VaultError
from idvault_client.sanctions import ModeratorKey
from tests.support.authority import TRUST_DOMAIN, Authority, spiffe
from tests.support.databases import Databases
from tests.support.edge import FakePlatforms, clock, platform
from tests.support.sanction_world import SanctionWorld

SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


class AskSanctions(Protocol):
    """Calls a method of `Vault.sanctions` by name on either client."""

    async def __call__(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Return what the method returns."""
        raise AssertionError


@pytest.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[SanctionWorld]:
    """Return the flows with a new database."""
    database = Database(url=sqlite_databases.main_url)
    made = SanctionWorld(database)
    yield made
    await made.claims.verification.drain()
    await database.close()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    """Return the edge's logs, in serve.jsonl."""
    made = Logs(process="serve-0", path=tmp_path / "serve.jsonl")
    yield made
    made.close()


@pytest.fixture
async def edge(
    world: SanctionWorld, logs: Logs, tmp_path: Path
) -> AsyncIterator[tuple[str, idvault_client.Tls]]:
    """Serve the flows; return the target and platform-a's certificate."""
    authority = Authority()
    mine, issued = authority.client(spiffe("platform", "platform-a")), authority.server()
    directory = Directory(
        platforms=FakePlatforms(platform(mine)), people=list, clock=lambda: datetime.now(UTC)
    )
    await directory.load()
    server = GrpcServer(
        listen="127.0.0.1:0",
        tls=Tls(issued.certificate, issued.key, authority.ca),
        services=[Service(SERVICE, world.servicer), *world.status_service()],
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=Metrics(),
        access_log=logs.access,
        clock=clock,
    )
    await server.start()
    for name, data in (("ca", authority.ca), ("certificate", mine.certificate), ("key", mine.key)):
        (tmp_path / name).write_bytes(data)
    yield (
        f"localhost:{server.port}",
        idvault_client.Tls(tmp_path / "ca", tmp_path / "certificate", tmp_path / "key"),
    )
    await server.stop(grace=1.0, linger=0.0)


@pytest.fixture(params=["sync", "aio"])
async def ask(
    request: pytest.FixtureRequest, edge: tuple[str, idvault_client.Tls]
) -> AsyncIterator[AskSanctions]:
    """The sanctions of one of the two clients."""
    target, tls = edge
    if request.param == "aio":
        async with idvault_client.aio.connect(target, tls=tls) as awaited:

            async def ask_aio(name: str, /, *arguments: Any, **keywords: Any) -> Any:
                of = awaited if name == "get_status" else awaited.sanctions
                return await getattr(of, name)(*arguments, **keywords)

            yield ask_aio
        return
    with idvault_client.connect(target, tls=tls) as vault:

        async def ask_sync(name: str, /, *arguments: Any, **keywords: Any) -> Any:
            of = vault if name == "get_status" else vault.sanctions
            return await asyncio.to_thread(getattr(of, name), *arguments, **keywords)

        yield ask_sync


async def moderator(ask: AskSanctions) -> ModeratorKey:
    key = ModeratorKey.generate("platform-a")
    registered = await ask("register_moderator", key)
    return key.of(registered.moderator_id)


async def refused(work: Any) -> VaultError:
    with pytest.raises(VaultError) as caught:
        await work
    return caught.value


async def violations(edge: tuple[str, idvault_client.Tls], method: str, request: Any) -> dict[str, str]:
    """Return the invalid fields of a request as a platform without our client sends it."""
    target, tls = edge
    async with grpc.aio.secure_channel(target, tls.credentials()) as channel:
        path = f"/{SERVICE.full_name}/{method}"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(path)(request.SerializeToString())
    return dict(refusals.from_rpc(caught.value, request_id=None).fields)
