"""ErasureService over a real channel and two real databases, by both clients; steps are checked offline."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import erasures, refusals
from idvault_client.erasures import ErasureState
from idvault_client.errors import InvalidFields
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import erasure_pb2 as pb
from tests.support.both_clients import AskClient, connected
from tests.support.served import Served, served
from tools.support.databases import Databases
from tools.support.erasure_world import TERMS, ErasureWorld
from tools.support.log_world import KEY, ORIGIN, PLAIN, Worker

SERVICE = pb.DESCRIPTOR.services_by_name["ErasureService"]
UNKNOWN = "acct_7123456789abcdefghjkmnpqrs"


@pytest.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[ErasureWorld]:
    """Return the flows with new databases."""
    main, shred = Database(url=sqlite_databases.main_url), Database(url=sqlite_databases.shred_url)
    made = ErasureWorld(main, shred)
    yield made
    await made.claims.verification.drain()
    await main.close()
    await shred.close()


@pytest.fixture
async def edge(world: ErasureWorld, logs: Logs, tmp_path: Path) -> AsyncIterator[Served]:
    """Serve the flows; return the target and platform-a's certificate."""
    async with served([Service(SERVICE, world.servicer)], logs=logs, folder=tmp_path) as made:
        yield made


@pytest.fixture(params=["sync", "aio"])
async def ask(request: pytest.FixtureRequest, edge: Served) -> AsyncIterator[AskClient]:
    """The erasures of one of the two clients."""
    async with connected(request.param, *edge, part="erasures") as made:
        yield made


async def test_each_step_has_a_receipt(world: ErasureWorld, ask: AskClient, tmp_path: Path) -> None:
    """Requested, cancelled, requested again, erased and destroyed: each is proved by the log's key alone."""
    log, token = Worker(world.main, world.shred, tmp_path / "public"), await world.account()
    seen = []

    async def proved() -> None:
        await log.step()
        found = erasures.parse((await ask("get", token)).to_json())
        assert found.covered
        seen.append(erasures.check(found, policy=PLAIN).state)

    made = await ask("request", token)
    assert (made.state, made.covered) == (ErasureState.REQUESTED, False)
    assert made.erase_time - made.request_time == TERMS.waiting
    assert made.destroy_time - made.erase_time == TERMS.delay
    await proved()
    assert (await ask("cancel", token)).state is ErasureState.CANCELLED
    await proved()
    again = await ask("request", token)
    assert again.erasure_id != made.erasure_id
    for when in (again.erase_time, again.destroy_time + timedelta(seconds=5)):
        assert await world.sweep.step(now=ClockReading(when, when), limit=9) == 1
        await proved()
    assert seen == [
        ErasureState.REQUESTED,
        ErasureState.CANCELLED,
        ErasureState.ERASED,
        ErasureState.DESTROYED,
    ]
    assert (PLAIN.origin, PLAIN.log_keys) == (ORIGIN, (KEY,))


@pytest.mark.parametrize("name", ["request", "cancel", "get"])
async def test_a_token_that_is_none(ask: AskClient, name: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidFields) as invalid:
        await ask(name, "acct_1")
    assert (invalid.value.reason, set(invalid.value.fields)) == ("INVALID_ACCOUNT_TOKEN", {"account_token"})


@pytest.mark.parametrize("method", ["EraseAccount", "CancelErasure"])
async def test_a_request_without_an_id(edge: Served, method: str) -> None:
    """A client that is not ours is told which field is missing."""
    target, tls = edge
    async with grpc.aio.secure_channel(target, tls.credentials()) as channel:
        request: Any = pb.EraseAccountRequest(account_token=UNKNOWN)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(f"/{SERVICE.full_name}/{method}")(request.SerializeToString())
    told = refusals.from_rpc(caught.value, request_id=None)
    assert (told.reason, dict(told.fields)) == ("INVALID_REQUEST_ID", {"request_id": "REQUIRED"})
