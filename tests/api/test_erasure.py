"""ErasureService over a real channel and two real databases, by both clients; steps are checked offline."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.message import Message

from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault.erasure.rules import DELAY
from idvault_client import erasures
from idvault_client.erasures import ErasureState
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import erasure_pb2 as pb
from tests.support.both_clients import AskClient, connected
from tests.support.served import Served, refused_raw, served
from tools.support.databases import Databases
from tools.support.erasure_world import TERMS, ErasureWorld
from tools.support.log_world import KEY, ORIGIN, PLAIN, Worker

SERVICE = pb.DESCRIPTOR.services_by_name["ErasureService"]
UNKNOWN = "acct_7123456789abcdefghjkmnpqrs"
A_REQUEST = str(uuid4())


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
    assert made.destroy_time - made.erase_time == DELAY
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


async def test_a_request_is_checked(edge: Served) -> None:
    """A client that is not ours is told which field is missing or wrong."""
    for method in ("EraseAccount", "CancelErasure"):
        without = pb.EraseAccountRequest(account_token=UNKNOWN)
        told = await refused_raw(edge, SERVICE, method, without)
        assert (told.reason, dict(told.fields)) == ("INVALID_REQUEST_ID", {"request_id": "REQUIRED"})
    of_nobody = {"request_id": A_REQUEST, "account_token": "acct_1"}
    wrong: list[tuple[str, Message]] = [
        ("EraseAccount", pb.EraseAccountRequest(**of_nobody)),
        ("CancelErasure", pb.CancelErasureRequest(**of_nobody)),
        ("GetErasure", pb.GetErasureRequest(account_token="acct_1")),
    ]
    for method, asked in wrong:
        told = await refused_raw(edge, SERVICE, method, asked)
        assert (told.reason, list(told.fields)) == ("INVALID_ACCOUNT_TOKEN", ["account_token"])
