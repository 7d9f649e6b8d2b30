"""How a claim ends when its caller no longer waits.

Acts are called, because no method ends such a claim: the worker does.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idvault.claim.job.rules import Lease
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import World, at, command

LATE = 48 * 3600


async def test_a_claim_without_an_answer_fails_after_48_hours(world: World) -> None:
    """REGISTRY_TIMED_OUT frees the slot, and the job makes no more calls."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    assert await world.backlog.time_out(now=at(LATE - 1), limit=10) == 0
    assert await world.backlog.time_out(now=at(LATE), limit=10) == 1
    claim = await world.get()
    assert (claim.failure_reason, claim.account.state) == (
        FailureReason.REGISTRY_TIMED_OUT,
        AccountState.REJECTED,
    )
    assert await world.work(seconds=LATE) == []
    # The store has the request under a derived id.
    assert [replace(one, request_id=claim.request_id) for one in world.settled] == [claim]


async def test_a_claim_whose_caller_never_came_back_is_ended_too(world: World) -> None:
    """Without a stored intake, the claim can only end by the limit."""
    world.claims.plant("settle", Fault.REFUSE)
    with pytest.raises(Exception, match="STORE_UNAVAILABLE"):
        await world.verify()
    assert await world.backlog.time_out(now=at(LATE), limit=10) == 1
    assert (await world.get()).failure_reason is FailureReason.REGISTRY_TIMED_OUT


async def test_a_lease_that_was_lost_sends_nothing(world: World) -> None:
    """Without the committed SENDING the registry is not called."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    (job,) = await world.backlog.lease(now=at(2), limit=1)
    (other,) = await world.backlog.lease(now=at(30), limit=1)
    assert await world.backlog.settle(job, now=at(30)) is None
    assert len(world.registry.checks) == 1
    settled = await world.backlog.settle(other, now=at(30))
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED


async def test_an_intake_that_does_not_open_waits_and_is_reported(world: World) -> None:
    """The registry is not called with a damaged intake."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    world.intakes.damage = True
    with pytest.raises(DamagedError):
        await world.work(seconds=2)
    assert await world.work(seconds=30) == []
    assert len(world.registry.checks) == 1
    world.intakes.damage = False
    (settled,) = await world.work(seconds=62)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED


async def test_a_job_without_intake_is_not_the_workers(world: World) -> None:
    """Only a repeat of the caller has the identity."""
    world.claims.plant("settle", Fault.REFUSE)
    with pytest.raises(Exception, match="STORE_UNAVAILABLE"):
        await world.verify()
    taken = await world.jobs.take(
        account_token=(await world.get()).account.account_token,
        claim_id=(await world.get()).claim_id,
        lease=Lease("9" * 32, at(90).real),
        now=at(60).real,
    )
    assert taken is not None
    with pytest.raises(ValueError, match="by its caller"):
        await world.backlog.settle(taken, now=at(60))


async def test_a_sealing_that_fails_leaves_the_verdict_to_be_asked_again(world: World) -> None:
    """A match without a sealed record does not succeed; the check is queried again."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    world.records.refuse = True
    with pytest.raises(Exception, match="STORE_UNAVAILABLE"):
        await world.work(seconds=2)
    assert (await world.get()).state is ClaimState.PENDING
    world.records.refuse = False
    (settled,) = await world.work(seconds=20)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED
    assert (world.registry.charged, len(world.registry.queries)) == (1, 1)


async def test_the_daily_limit_waits_for_local_midnight(world: World) -> None:
    """Midnight in Shanghai is 16:00 UTC."""
    world.registry.script.append(RegistryAnswer.DAILY_LIMIT)
    claim = await world.verify()
    assert claim.retry_at == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


async def test_business_time_alone_moves_no_lease(world: World) -> None:
    """A shifted clock expires claims; it does not make jobs due."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    shifted = ClockReading(builders.NOW + timedelta(days=1), builders.NOW)
    assert await world.backlog.lease(now=shifted, limit=10) == []


async def test_the_worker_takes_many_claims_in_one_lease(world: World) -> None:
    """Each claim is settled once."""
    world.registry.script.extend([RegistryAnswer.NOT_SENT] * 3)
    numbers = ["110000190101010001", "110000190101020007", "110000190101030002"]
    for place, number in enumerate(numbers):
        await world.verify(command(place, builders.identity(number=number)))
    settled = await world.work(seconds=2)
    assert {claim and claim.state for claim in settled} == {ClaimState.SUCCEEDED}
    assert world.registry.charged == 3


@pytest.mark.parametrize("verdict", [RegistryAnswer.MATCH, RegistryAnswer.MISMATCH])
async def test_after_a_restore_what_was_decided_before_is_settled_in_one_call(
    world: World, verdict: RegistryAnswer
) -> None:
    """The restored claim is checked again, refused because its id is in use, queried at once, and settled."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    ((ai, _),) = world.registry.checks
    world.registry.decided[ai] = verdict
    world.registry.refuses_repeats = True
    (settled,) = await world.work(seconds=2)
    assert settled is not None
    assert settled.state is (ClaimState.SUCCEEDED if verdict is RegistryAnswer.MATCH else ClaimState.FAILED)
    assert world.registry.queries == [ai]
    assert world.registry.charged == 0
