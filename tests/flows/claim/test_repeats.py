"""Repeats of one request, by the client, wait in one place; faults are planted below the API."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import pytest
import pytest_asyncio

from idvault.claim.acts import verification as claim_verification
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault_client import FailureReason
from idvault_client.errors import RegistryBacklog, RequestIdReused, Unavailable
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from tests.support.key_world import RotatedRequestKey
from tools.support import builders
from tools.support.databases import Databases
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import World, open_world, request_id

CROWD = 300
Counted = tuple[World, Counter[str]]


@pytest_asyncio.fixture
async def counted(sqlite_databases: Databases) -> AsyncIterator[Counted]:
    """Return flows, and the number of each act and read of their database."""
    asked: Counter[str] = Counter()
    database = Database(url=sqlite_databases.main_url, observe=lambda name, _seconds: asked.update([name]))
    world = World(database)
    yield world, asked
    await world.verification.drain()
    await database.close()


async def test_a_crowd_of_repeats_asks_the_database_once(counted: Counted) -> None:
    """However many repeat a pending request, one of them opens, takes and looks for all."""
    world, asked = counted
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.claim()
    asked.clear()
    claims = await asyncio.gather(*(world.claim(patience=0.4, seconds=0.5) for _ in range(CROWD)))
    assert {claim.state for claim in claims} == {ClaimState.PENDING}
    assert (asked["verification.open"], asked["job.take"]) == (1, 1)
    assert asked["verification.find"] < 10


async def test_an_outcome_reaches_all_who_wait(counted: Counted) -> None:
    """The worker of another process settles; one look finds it for everybody."""
    world, asked = counted
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.claim()
    calls = [asyncio.create_task(world.claim(patience=60, seconds=1)) for _ in range(CROWD)]
    await asyncio.sleep(0.1)
    asked.clear()
    begun = monotonic()
    assert await world.work(seconds=2)
    claims = await asyncio.gather(*calls)
    assert set(claims) == {claims[0]}
    assert claims[0].state is ClaimState.SUCCEEDED
    # One caller looks, at most once in a while: a crowd would look hundreds of times.
    assert asked["verification.find"] < 5 + (monotonic() - begun) / claim_verification._LONGEST_POLL


async def test_each_waits_its_own_patience(world: World) -> None:
    """Short patience gets the open claim at once; long patience gets the outcome."""
    world.registry.gate = asyncio.Event()
    first = asyncio.create_task(world.claim(patience=60))
    await world.registry.asked.wait()
    long = asyncio.create_task(world.claim(patience=60, seconds=1))
    short = await asyncio.wait_for(world.claim(patience=0, seconds=1), timeout=30)
    assert (short.state, short.request_id) == (ClaimState.PENDING, request_id(1))
    assert (first.done(), long.done()) == (False, False)
    world.registry.gate.set()
    assert (await first, (await long).state) == (await world.claimed(), ClaimState.SUCCEEDED)


async def test_another_takes_over(world: World) -> None:
    """If the first caller's patience ends, or it goes away, one of the others goes on waiting for all."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.claim()
    leaving = asyncio.create_task(world.claim(patience=60, seconds=0.5))
    await asyncio.sleep(0.05)
    impatient = asyncio.create_task(world.claim(patience=0.1, seconds=0.5))
    others = [asyncio.create_task(world.claim(patience=60, seconds=0.5)) for _ in range(9)]
    await asyncio.sleep(0.05)
    leaving.cancel()
    assert (await impatient).state is ClaimState.PENDING
    assert await world.work(seconds=1)
    claims = await asyncio.gather(*others)
    assert {claim.state for claim in claims} == {ClaimState.SUCCEEDED}
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_an_error_reaches_all_who_wait(world: World) -> None:
    """If the claim cannot be settled, everybody is told, and the next repeat tries again."""
    world.registry.gate = asyncio.Event()
    world.claims.plant("settle", Fault.REFUSE)
    calls = [asyncio.create_task(world.claim(patience=60)) for _ in range(9)]
    await world.registry.asked.wait()
    world.registry.gate.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {Unavailable}
    assert (await world.claim(seconds=16)).state is ClaimState.SUCCEEDED


async def test_a_caller_who_goes_away_before_anything_is_open(world: World) -> None:
    """The others wait until there is something to show, and one of them opens the claim."""
    world.claims.plant("open", Fault.HANG)
    hanging = asyncio.create_task(world.claim())
    await world.claims.hung.wait()
    calls = [asyncio.create_task(world.claim(patience=60)) for _ in range(9)]
    await asyncio.sleep(0)
    hanging.cancel()
    claims = await asyncio.gather(*calls)
    assert set(claims) == {claims[0]}
    assert (claims[0].state, world.registry.charged) == (ClaimState.SUCCEEDED, 1)


async def test_another_body_is_refused_meanwhile(world: World) -> None:
    """The same id with another name is not the request that is being worked on."""
    world.registry.gate = asyncio.Event()
    first = asyncio.create_task(world.claim(patience=60))
    await world.registry.asked.wait()
    with pytest.raises(RequestIdReused) as refused:
        await world.claim(who=builders.identity(name="某二"))
    assert refused.value.reason == Reason.REQUEST_ID_REUSED
    other = asyncio.create_task(world.claim(party="platform-b", patience=60))
    world.registry.gate.set()
    assert (await first).account_token != (await other).account_token


async def test_a_repeat_of_a_failure_is_the_same_answer(world: World) -> None:
    """Nothing is kept of a request that is no longer worked on."""
    world.registry.verdict = RegistryAnswer.MISMATCH
    claims = await asyncio.gather(*(world.claim() for _ in range(5)))
    assert {claim.failure_reason for claim in claims} == {FailureReason.MISMATCH}
    assert await world.claim() == claims[0]
    assert world.verification.context.repeats._places == {}


async def test_a_repeat_after_a_rotation_waits_in_the_same_place(counted: Counted, tmp_path: Path) -> None:
    """The first call is still running under the former key: one opens for both; another body is refused."""
    world, asked = counted
    key = RotatedRequestKey(tmp_path)
    world.verification.vault.fingerprinter = key.fingerprinter
    world.registry.gate = asyncio.Event()
    first = asyncio.create_task(world.claim(patience=60))
    await world.registry.asked.wait()
    key.rotate()
    again = asyncio.create_task(world.claim(patience=60))
    await asyncio.sleep(0)
    with pytest.raises(RequestIdReused) as refused:
        await world.claim(who=builders.identity(name="某二"))
    assert refused.value.reason == Reason.REQUEST_ID_REUSED
    world.registry.gate.set()
    assert await first == await again
    # One by the first call, and one by which the other body was refused.
    assert (asked["verification.open"], asked["job.take"], world.registry.charged) == (2, 0, 1)


async def test_a_repeat_after_a_rotation_waits_for_another_process(
    sqlite_databases: Databases, tmp_path: Path
) -> None:
    """The claim is read by its own id, for its request is kept under one of the former key."""
    looks: asyncio.Queue[str] = asyncio.Queue()
    database = Database(url=sqlite_databases.main_url, observe=lambda name, _seconds: looks.put_nowait(name))
    world, key = World(database), RotatedRequestKey(tmp_path)
    world.verification.vault.fingerprinter = key.fingerprinter
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.claim()).state is ClaimState.PENDING
    key.rotate()
    again = asyncio.create_task(world.claim(patience=60, seconds=1))
    while await looks.get() != "verification.find":
        pass
    assert await world.work(seconds=2)
    assert (await again).state is ClaimState.SUCCEEDED
    assert world.registry.charged == 1
    await world.verification.drain()
    await database.close()


async def test_a_backlog_lets_a_repeat_pass_after_a_rotation(
    sqlite_databases: Databases, tmp_path: Path
) -> None:
    """It is looked for under every id that it may have; what is new is refused as before."""
    policy = OperatorPolicy(5, 365, 1 / 86_400, builders.ZONE)
    world, key = await open_world(sqlite_databases, policy=policy), RotatedRequestKey(tmp_path)
    world.verification.vault.fingerprinter = key.fingerprinter
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.claim()).state is ClaimState.PENDING
    key.rotate()
    assert (await world.claim(seconds=4, patience=0)).state is ClaimState.PENDING
    with pytest.raises(RegistryBacklog):
        await world.claim(2, seconds=4)
    with pytest.raises(RequestIdReused):
        await world.claim(who=builders.identity(name="某二"), seconds=4)
    await world.database.close()
