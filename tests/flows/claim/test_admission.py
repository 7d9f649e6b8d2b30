"""New claims and the queue of waiting claims.

Acts are called, because the queue and the worker, which empties it, are below the API.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.claim.job.rules import JobState, Lease
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault_verify.claim import ClaimState
from idvault_verify.error import ExhaustedError, Reason, UnavailableError
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.databases import Databases
from tools.support.fakes.flaky import Fault
from tools.support.fakes.sealing import FakeFingerprinter
from tools.support.flow_world import World, at, command, open_world, request_id


async def _verify(world: World, number: int, *, party: str = "platform-a", seconds: float = 0) -> ClaimState:
    asked = command(number, builders.identity(number=f"11000019000101{number:03}X"), relying_party=party)
    return (await world.verify(asked, seconds=seconds)).state


async def test_newcomers_wait_behind_their_own_party(world: World) -> None:
    """While a claim of a party is queued, its new claims wait; another party's claim is checked at once."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    assert await _verify(world, 1) is ClaimState.PENDING
    asked = len(world.registry.checks)
    assert await _verify(world, 2, seconds=2) is ClaimState.PENDING
    assert len(world.registry.checks) == asked
    assert await _verify(world, 3, party="platform-b", seconds=2) is ClaimState.SUCCEEDED


async def test_the_queue_is_settled_in_order_and_then_gone(world: World) -> None:
    """The worker settles the queue in order; later claims are then checked at once."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    for number in (1, 2, 3):
        assert await _verify(world, number, seconds=2 * number) is ClaimState.PENDING
    settled = await world.work(seconds=7)
    kept = [
        FakeFingerprinter().kept_id(relying_party="platform-a", request_id=request_id(number))
        for number in (1, 2, 3)
    ]
    assert [claim and claim.request_id for claim in settled] == kept
    assert await _verify(world, 4, seconds=8) is ClaimState.SUCCEEDED


async def test_nothing_is_taken_up_right_after_a_refusal(world: World) -> None:
    """A worker whose call was not sent leases nothing for a second."""
    world.registry.script.extend([RegistryAnswer.NOT_SENT] * 2)
    assert await _verify(world, 1) is ClaimState.PENDING
    assert await _verify(world, 2, party="platform-b") is ClaimState.PENDING
    jobs = await world.backlog.lease(now=at(1), limit=10)
    assert len(jobs) == 2
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.backlog.settle(jobs[0], now=at(1))
    assert await world.backlog.lease(now=at(1.9), limit=10) == []
    await world.backlog.settle(jobs[1], now=at(2))
    again = await world.backlog.lease(now=at(60), limit=10)
    assert [job.progress.state for job in again] == [JobState.READY]


async def test_a_used_up_cap_puts_nobody_back(world: World) -> None:
    """Sign-ups that had no rate slot keep their place before re-verifications of their party."""
    assert await _verify(world, 1) is ClaimState.SUCCEEDED
    token = (await world.get(1)).account.account_token
    world.registry.script.extend([RegistryAnswer.NO_TURN] * 9)
    assert await _verify(world, 2, seconds=1) is ClaimState.PENDING
    asked = replace(command(3, builders.identity(number="11000019000101001X")), account_token=token)
    assert (await world.verify(asked, seconds=2)).state is ClaimState.PENDING
    for seconds in range(3, 11):
        (job,) = await world.backlog.lease(now=at(seconds), limit=1)
        assert await world.backlog.settle(job, now=at(seconds)) is None
        assert await world.backlog.lease(now=at(seconds + 0.9), limit=1) == []
    settled = await world.work(seconds=12)
    kept = [FakeFingerprinter().kept_id(relying_party="platform-a", request_id=request_id(n)) for n in (2, 3)]
    assert [claim and claim.request_id for claim in settled] == kept


async def test_a_look_at_the_queue_is_good_for_a_moment(sqlite_databases: Databases) -> None:
    """The queue is read again after a quarter of a second, not for every claim."""
    asked: Counter[str] = Counter()
    database = Database(url=sqlite_databases.main_url, observe=lambda name, _seconds: asked.update([name]))
    world = World(database)
    for number, seconds in ((1, 0), (2, 0.2), (3, 0.25), (4, 0.3)):
        assert await _verify(world, number, seconds=seconds) is ClaimState.SUCCEEDED
    assert asked["job.is_waiting"] == 2
    await database.close()


async def test_a_crowd_shares_one_look_at_the_queue(sqlite_databases: Databases) -> None:
    """For many concurrent claims the queue is counted once and read once for their party."""
    asked: Counter[str] = Counter()
    database = Database(url=sqlite_databases.main_url, observe=lambda name, _seconds: asked.update([name]))
    world = World(database)
    states = await asyncio.gather(*(_verify(world, number) for number in range(20)))
    assert set(states) == {ClaimState.SUCCEEDED}
    assert (asked["job.backlog"], asked["job.is_waiting"]) == (1, 1)
    await database.close()


@pytest.mark.parametrize("lost", [True, False])
async def test_a_queued_claim_keeps_nothing_sent(world: World, lost: bool) -> None:
    """A queued claim is READY: the first worker sends a check without a query."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await _verify(world, 1)
    await _verify(world, 2, seconds=2)
    if lost:
        lease = Lease("e" * 32, at(2).real + timedelta(seconds=1))
        await world.jobs.lease(lease=lease, now=at(2).real, limit=10)
    await world.work(seconds=4)
    assert world.registry.queries == []
    assert (await world.get(2, seconds=4)).state is ClaimState.SUCCEEDED


async def test_a_repeat_outlives_a_dead_edge(world: World) -> None:
    """After an edge dies, a repeat within the lease is PENDING, and the worker settles the claim later."""
    world.claims.plant("postpone", Fault.REFUSE)
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    with pytest.raises(UnavailableError):
        await _verify(world, 1)
    asked = command(1, builders.identity(number="11000019000101001X"))
    assert (await world.verify(asked, seconds=3, patience=0)).state is ClaimState.PENDING
    assert (await world.verify(asked, seconds=4, patience=0)).state is ClaimState.PENDING
    assert await world.work(seconds=14) == []
    world.registry.script.extend([RegistryAnswer.NOT_FOUND, RegistryAnswer.NOT_FOUND])
    for seconds in (15, 20, 21):
        await world.work(seconds=seconds)
    assert (await world.get(1, seconds=22)).state is ClaimState.SUCCEEDED
    assert world.registry.charged == 1


async def test_a_full_queue_of_one_party_leaves_room_for_another(sqlite_databases: Databases) -> None:
    """A platform whose claims fill a day is refused, its repeats are not; another has room and its turn."""
    policy = OperatorPolicy(5, 365, 2 / 86_400, builders.ZONE)
    world = await open_world(sqlite_databases, policy=policy)
    world.registry.script.extend([RegistryAnswer.NOT_SENT] * 3)
    for number in (1, 2):
        assert await _verify(world, number, seconds=40 * number) is ClaimState.PENDING
    with pytest.raises(ExhaustedError) as refused:
        await _verify(world, 3, seconds=120)
    assert refused.value.reason is Reason.REGISTRY_BACKLOG
    assert await _verify(world, 2, seconds=130) is ClaimState.PENDING
    assert await _verify(world, 3, party="platform-b", seconds=160) is ClaimState.PENDING
    leased = await world.backlog.lease(now=at(300), limit=2)
    assert {job.relying_party for job in leased} == {"platform-a", "platform-b"}
    world.registry.script.clear()
    while await world.work(seconds=400):
        pass
    assert await _verify(world, 3, seconds=402) is ClaimState.SUCCEEDED
    await world.database.close()
