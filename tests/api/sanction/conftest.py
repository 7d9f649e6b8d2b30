"""SanctionService over a real channel and a real database, called by both clients."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import idvault_client
from idvault.core.db.database import Database
from idvault.core.telemetry.logs import Logs
from idvault_client.backend.status import Status
from idvault_client.sanctions import ModeratorKey
from idvault_verify.v1 import sanction_pb2 as pb
from tests.support.both_clients import AskClient, connected
from tests.support.served import Served, refused_raw, served
from tools.support.databases import Databases
from tools.support.sanction_world import SanctionWorld

SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


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
async def ask(request: pytest.FixtureRequest, edge: Served) -> AsyncIterator[AskClient]:
    """The sanctions of one of the two clients."""
    async with connected(request.param, *edge, part="sanctions") as made:
        yield made


async def status(edge: Served, token: str) -> Status:
    """Return the published status of an account."""
    target, tls = edge
    async with idvault_client.aio.connect(target, tls=tls) as vault:
        return await vault.get_status(token)


async def moderator(world: SanctionWorld) -> ModeratorKey:
    """Return another registered moderator."""
    world.staffed += 1
    return await world.moderator(world.staffed)


async def violations(edge: Served, method: str, request: Any) -> dict[str, str]:
    """Return the invalid fields of a request as a platform without our client sends it."""
    return dict((await refused_raw(edge, SERVICE, method, request)).fields)
