"""SanctionService over a real channel and a real database, called by both clients."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import grpc
import pytest

import idvault_client
from idvault.core.db.database import Database
from idvault.core.telemetry.logs import Logs
from idvault_client import refusals
from idvault_client.sanctions import ModeratorKey
from idvault_verify.v1 import sanction_pb2 as pb
from tests.support.served import Served, served
from tools.support.databases import Databases
from tools.support.sanction_world import SanctionWorld

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
async def edge(world: SanctionWorld, logs: Logs, tmp_path: Path) -> AsyncIterator[Served]:
    """Serve the flows; return the target and platform-a's certificate."""
    async with served(world.services, logs=logs, folder=tmp_path) as made:
        yield made


@pytest.fixture(params=["sync", "aio"])
async def ask(request: pytest.FixtureRequest, edge: Served) -> AsyncIterator[AskSanctions]:
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


async def moderator(world: SanctionWorld) -> ModeratorKey:
    """Return another registered moderator."""
    world.staffed += 1
    return await world.moderator(world.staffed)


async def violations(edge: Served, method: str, request: Any) -> dict[str, str]:
    """Return the invalid fields of a request as a platform without our client sends it."""
    target, tls = edge
    async with grpc.aio.secure_channel(target, tls.credentials()) as channel:
        path = f"/{SERVICE.full_name}/{method}"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(path)(request.SerializeToString())
    return dict(refusals.from_rpc(caught.value, request_id=None).fields)
