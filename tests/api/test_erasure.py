"""ErasureService over a real channel and two real databases, by both clients; steps are checked offline."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import grpc
import pytest

import idvault_client
from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import erasures, refusals
from idvault_client.erasures import ErasureOrigin, ErasureState
from idvault_client.errors import InvalidFields, NotFound, PreconditionFailed, VaultError
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import erasure_pb2 as pb
from tests.support.served import Served, served
from tools.support.databases import Databases
from tools.support.erasure_world import TERMS, ErasureWorld
from tools.support.log_world import KEY, ORIGIN, PLAIN, Worker

SERVICE = pb.DESCRIPTOR.services_by_name["ErasureService"]
UNKNOWN = "acct_7123456789abcdefghjkmnpqrs"


class AskErasures(Protocol):
    """Calls a method of `Vault.erasures` by name on either client."""

    async def __call__(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Return what the method returns."""
        raise AssertionError


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
async def ask(request: pytest.FixtureRequest, edge: Served) -> AsyncIterator[AskErasures]:
    """The erasures of one of the two clients."""
    target, tls = edge
    if request.param == "aio":
        async with idvault_client.aio.connect(target, tls=tls) as awaited:

            async def ask_aio(name: str, /, *arguments: Any, **keywords: Any) -> Any:
                return await getattr(awaited.erasures, name)(*arguments, **keywords)

            yield ask_aio
        return
    with idvault_client.connect(target, tls=tls) as vault:

        async def ask_sync(name: str, /, *arguments: Any, **keywords: Any) -> Any:
            return await asyncio.to_thread(getattr(vault.erasures, name), *arguments, **keywords)

        yield ask_sync


async def refused(work: Any) -> VaultError:
    with pytest.raises(VaultError) as caught:
        await work
    return caught.value


async def test_each_step_has_a_receipt(world: ErasureWorld, ask: AskErasures, tmp_path: Path) -> None:
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


async def test_a_repeated_request(world: ErasureWorld, ask: AskErasures) -> None:
    """The same id is the same erasure; without one the client draws it."""
    token, chosen = await world.account(), world.sanctions.new_id()
    first = await ask("request", token, request_id=chosen)
    assert (await ask("request", token, request_id=chosen)).erasure_id == first.erasure_id
    assert (await refused(ask("request", token))).reason == "ILLEGAL_TRANSITION"


async def test_the_list(world: ErasureWorld, ask: AskErasures) -> None:
    """Pages in the order of the requests, by state, without proofs; a wrong page is named."""
    tokens = [await world.account(number) for number in (1, 3, 5)]
    made = [await ask("request", token) for token in tokens]
    await ask("cancel", tokens[1])
    first = await ask("list_page", page_size=2)
    last = await ask("list_page", page_size=2, page_token=first.next_page_token)
    listed = [*first.erasures, *last.erasures]
    assert last.next_page_token == ""
    assert {each.erasure_id for each in listed} == {each.erasure_id for each in made}
    assert [each.request_time for each in listed] == sorted(each.request_time for each in listed)
    by_id = {each.erasure_id: each for each in listed}
    for each in made:
        found = by_id[each.erasure_id]
        assert (found.account_token, found.erase_time, found.destroy_time, found.origin) == (
            each.account_token,
            each.erase_time,
            each.destroy_time,
            ErasureOrigin.PLATFORM,
        )
    (cancelled,) = (await ask("list_page", state=ErasureState.CANCELLED)).erasures
    assert (cancelled.account_token, cancelled.state) == (tokens[1], ErasureState.CANCELLED)
    for wrong in ({"page_token": "f" * 32}, {"page_size": 1_001}):
        invalid = await refused(ask("list_page", **wrong))
        assert isinstance(invalid, InvalidFields)
        assert set(invalid.fields) == set(wrong)


async def test_refusals(world: ErasureWorld, ask: AskErasures) -> None:
    """Each has its reason and its exception."""
    token = await world.account()
    missing = await refused(ask("cancel", token))
    assert (type(missing), missing.reason) == (NotFound, "ERASURE_NOT_FOUND")
    for name in ("request", "cancel", "get"):
        assert (await refused(ask(name, UNKNOWN))).reason == "ACCOUNT_NOT_FOUND"
        invalid = await refused(ask(name, "acct_1"))
        assert isinstance(invalid, InvalidFields)
        assert (invalid.reason, set(invalid.fields)) == ("INVALID_ACCOUNT_TOKEN", {"account_token"})
    await ask("request", token)
    late = (await ask("get", token)).erase_time
    await world.sweep.step(now=ClockReading(late, late), limit=9)
    for name in ("request", "cancel"):
        assert isinstance(await refused(ask(name, token)), PreconditionFailed)


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
