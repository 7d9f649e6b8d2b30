"""Claims as a platform makes them: sign-ups, repeats, and faults between any two acts.

Faults are planted below the API; what the worker does has no method.
"""

import asyncio
from datetime import timedelta

import pytest

from idvault.registry.ports import CallTurn, Reserved
from idvault_client import FailureReason
from idvault_client.errors import Unavailable
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState
from idvault_verify.registry import RegistryAnswer
from tools.support import builders
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import World, at

OTHER = builders.identity(name="某一二", number="110000190101020007")
RARE = builders.identity(name="某䶮")


async def test_a_real_name_is_verified_at_sign_up(world: World) -> None:
    """A sign-up makes one check, one sealed record and a new token."""
    claim = await world.claim()
    assert (claim.state, claim.status.state) == (ClaimState.SUCCEEDED, AccountState.VERIFIED)
    assert world.registry.charged == 1
    assert world.records.sealed == [(claim.account_token, builders.identity())]
    (settled,) = world.settled
    assert (settled.account.account_token, settled.account.revision) == (
        claim.account_token,
        claim.status.revision,
    )
    assert settled.receipt is not None
    assert claim.receipt is not None
    assert claim.receipt.record_digest == settled.receipt.record_digest


async def test_a_registry_that_is_down_leaves_the_claim_pending(world: World) -> None:
    """The worker settles the claim when the registry is reachable; nothing was charged meanwhile."""
    world.registry.script.extend([RegistryAnswer.NOT_SENT])
    claim = await world.claim()
    assert (claim.state, claim.status.state) == (ClaimState.PENDING, AccountState.PENDING)
    assert claim.retry_after == timedelta(seconds=1)
    assert world.registry.charged == 0
    assert await world.work(seconds=0.5) == []
    (settled,) = await world.work(seconds=1)
    assert settled is not None
    found = await world.claimed()
    assert (found.account_token, found.request_id) == (claim.account_token, claim.request_id)
    assert (found.state, found.status.state) == (ClaimState.SUCCEEDED, AccountState.VERIFIED)
    assert (settled.state, settled.account.revision) == (found.state, found.status.revision)
    assert world.registry.charged == 1


async def test_a_lost_answer_is_asked_for_and_never_charged_twice(world: World) -> None:
    """In doubt the worker queries the check and does not send it again."""
    world.registry.lose_answers = True
    assert (await world.claim()).state is ClaimState.PENDING
    assert await world.work(seconds=9) == []
    (settled,) = await world.work(seconds=10)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED
    assert (world.registry.charged, len(world.registry.queries), len(world.registry.checks)) == (1, 1, 1)


async def test_a_check_that_never_arrived_is_sent_again_under_its_id(world: World) -> None:
    """After two "no such check" answers the same ai is sent again."""
    world.registry.script.append(RegistryAnswer.UNKNOWN)
    await world.claim()
    await world.work(seconds=10)
    await world.work(seconds=15)
    (settled,) = await world.work(seconds=15)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED
    assert len({ai for ai, _ in world.registry.checks}) == 1
    assert len(world.registry.checks) == 2


async def test_in_progress_is_polled_until_it_is_decided(world: World) -> None:
    """The call returns PENDING at once; the outcome follows later."""
    world.registry.script.extend(
        [RegistryAnswer.IN_PROGRESS, RegistryAnswer.IN_PROGRESS, RegistryAnswer.MISMATCH]
    )
    assert (await world.claim()).state is ClaimState.PENDING
    assert await world.work(seconds=3) == [None]
    (settled,) = await world.work(seconds=10)
    assert settled is not None
    assert (await world.claimed(seconds=10)).failure_reason is FailureReason.MISMATCH


async def test_a_rare_character_is_asked_in_its_other_spelling(world: World) -> None:
    """One claim has two ids and two spellings; the record contains the normalised name."""
    world.registry.script.extend([RegistryAnswer.MISMATCH, RegistryAnswer.MATCH])
    claim = await world.claim(who=RARE)
    assert claim.state is ClaimState.SUCCEEDED
    (first_ai, first), (second_ai, second) = world.registry.checks
    assert first_ai != second_ai
    assert (first.name, second.name) == ("某䶮", "某\ue863")
    assert world.records.sealed[0][1] == RARE


async def test_the_second_spelling_waits_where_patience_is_over(world: World) -> None:
    """The worker continues with the second check and does not repeat the first."""
    world.registry.script.extend([RegistryAnswer.MISMATCH, RegistryAnswer.MATCH])
    claim = await world.claim(who=RARE, patience=0.0)
    assert claim.state is ClaimState.PENDING
    (settled,) = await world.work(seconds=1)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED
    assert [identity.name for _, identity in world.registry.checks] == ["某䶮", "某\ue863"]


async def test_a_second_spelling_is_asked_about_as_late_as_it_was_sent(world: World) -> None:
    """The query delay of the second check starts when it is sent, not when the claim was opened."""
    world.registry.script.extend([RegistryAnswer.MISMATCH, RegistryAnswer.UNKNOWN])
    world.registry.gate = asyncio.Event()
    claim = asyncio.create_task(world.claim(who=RARE))
    await world.registry.asked.wait()
    await asyncio.sleep(0.2)
    world.registry.gate.set()
    assert (await claim).state is ClaimState.PENDING
    assert await world.work(seconds=10.1) == []
    assert len(await world.work(seconds=600)) == 1
    assert world.registry.queries == [world.registry.checks[1][0]]


async def test_a_crash_after_open_is_taken_up_by_the_callers_retry(world: World) -> None:
    """Without a stored intake only the caller's repeat can continue; it queries the registry first."""
    world.claims.plant("settle", Fault.REFUSE)
    with pytest.raises(Unavailable):
        await world.claim()
    assert (await world.claimed()).state is ClaimState.PENDING
    assert await world.work(seconds=100) == []
    again = await world.claim(seconds=16)
    assert again.state is ClaimState.SUCCEEDED
    assert (world.registry.charged, len(world.registry.checks), len(world.registry.queries)) == (1, 1, 1)


async def test_a_retry_before_the_check_may_be_asked_about_lets_the_claim_wait(world: World) -> None:
    """The intake of the repeat is stored, and the worker queries the check later."""
    world.claims.plant("postpone", Fault.REFUSE)
    world.registry.lose_answers = True
    with pytest.raises(Unavailable):
        await world.claim()
    world.registry.script.extend([RegistryAnswer.UNKNOWN])
    assert (await world.claim(seconds=16)).state is ClaimState.PENDING
    (settled,) = await world.work(seconds=20)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED


@pytest.mark.parametrize("act", ["open", "settle"])
async def test_a_lost_answer_of_an_act_doubles_nothing(world: World, act: str) -> None:
    """The repeat finds the completed act: one claim, one charge, one record."""
    world.claims.plant(act, Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await world.claim()
    claim = await world.claim(seconds=16)
    if act == "open":
        # Nothing was sent, but that is not known, so the registry is queried twice before the check is sent.
        assert claim.state is ClaimState.PENDING
        await world.work(seconds=22)
        await world.work(seconds=22)
        claim = await world.claimed(seconds=22)
    assert claim.state is ClaimState.SUCCEEDED
    assert (world.registry.charged, len(world.records.sealed)) == (1, 1)


async def test_a_lost_answer_of_postpone_leaves_the_claim_waiting(world: World) -> None:
    """The caller gets an error and should repeat; the worker still settles the claim."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    world.claims.plant("postpone", Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await world.claim()
    (settled,) = await world.work(seconds=1)
    assert settled is not None
    assert settled.state is ClaimState.SUCCEEDED


async def test_a_caller_who_goes_away_leaves_no_check_half_asked(world: World) -> None:
    """A cancelled call does not cancel its settlement."""
    world.registry.gate = asyncio.Event()
    call = asyncio.create_task(world.claim(patience=60))
    await world.registry.asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    world.registry.gate.set()
    await world.verification.drain()
    assert (await world.claimed()).state is ClaimState.SUCCEEDED


async def test_without_a_day_key_a_claim_waits_for_its_callers_retry(world: World) -> None:
    """An identity is never stored unsealed."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    world.intakes.refuse = True
    with pytest.raises(Unavailable):
        await world.claim()
    assert await world.work(seconds=100) == []


async def test_another_person_cannot_take_an_account_over(world: World) -> None:
    """A match of another person is DIFFERENT_OWNER."""
    first = await world.claim()
    again = await world.claim(2, OTHER, token=first.account_token)
    assert again.failure_reason is FailureReason.DIFFERENT_OWNER
    assert again.status.state is AccountState.VERIFIED


async def test_the_sixth_account_of_a_person_is_refused_after_the_match(world: World) -> None:
    """Five accounts are allowed; the sixth claim is still checked, so that a stranger learns nothing."""
    for number in range(5):
        assert (await world.claim(number)).state is ClaimState.SUCCEEDED
    sixth = await world.claim(6)
    assert sixth.failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED
    assert world.registry.charged == 6
    other_party = await world.claim(6, party="platform-b")
    assert other_party.state is ClaimState.SUCCEEDED


async def test_an_expiry_that_is_due_shows_in_a_claim_too(world: World) -> None:
    """GetVerification and GetStatus agree on an expiry."""
    first = await world.claim()
    later = 366 * 86_400
    claim = await world.claimed(seconds=later)
    status = await world.client(seconds=later).get_status(first.account_token)
    assert claim.status == status
    assert status.state is AccountState.EXPIRED


async def test_the_slot_is_reserved_by_the_act_that_opens_the_claim(world: World) -> None:
    """The first check gets what the turn got; a repeat, and a claim that waits in the queue, ask for none."""
    now = at(0).real
    world.registry.next_turn = CallTurn("nppa/check", timedelta(seconds=9), now, now + timedelta(seconds=1))
    assert (await world.claim()).state is ClaimState.SUCCEEDED
    await world.claim()
    assert world.registry.reserved == [Reserved(now)]
    await world.claim(2, builders.identity(name="某乙"))
    assert world.registry.reserved == [Reserved(now), Reserved(None)]
