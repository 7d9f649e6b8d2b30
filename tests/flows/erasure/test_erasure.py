"""Erasures over both databases: the steps, what they leave, and what they do to claims and persons."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from idvault.core.tables.account import accounts
from idvault.core.tables.claim import persons
from idvault.core.tables.log import log_openings
from idvault.erasure import acts
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogProofs, Proofs
from idvault_client.errors import RequestIdReused
from idvault_verify.account import NO_ASSURANCE, AccountState, Standing
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.erasure import ErasureState
from idvault_verify.error import (
    PreconditionError,
    Reason,
    UnavailableError,
)
from idvault_verify.registry import RegistryAnswer
from tests.support.refusal import reason_of
from tools.support import sql
from tools.support.erasure_world import DAY, DELAYED, WAITED, ErasureWorld
from tools.support.flow_world import at


async def people(world: ErasureWorld) -> list[int]:
    """Return how many accounts each known person has."""
    return sorted(row.accounts for row in await sql.rows(world.main, select(persons)))


async def test_the_steps(world: ErasureWorld) -> None:
    """Only the notice changes before erase_time; then the status is ERASED; the keys follow in eight days."""
    token = await world.account()
    before, held = await world.status(token), await world.rows(token)
    made = await world.request(token)
    assert made.state is ErasureState.REQUESTED
    assert await world.work(seconds=WAITED - 1) == 0
    assert await world.status(token) == replace(
        before, revision=before.revision + 1, erase_at=made.erase_time
    )
    kept = held["log_openings"] + 1
    assert await world.rows(token) == held | {"erasures": 1, "log_openings": kept, "requests": 2}
    assert await world.work(seconds=WAITED) == 1
    erased = await world.status(token, seconds=WAITED)
    assert (erased.state, erased.assurances, erased.verify_date, erased.revision) == (
        AccountState.ERASED,
        NO_ASSURANCE,
        None,
        before.revision + 2,
    )
    assert (await world.rows(token))["records"] == 1
    assert await world.key(token) is not None
    assert await world.work(seconds=DELAYED - 1) == 0
    assert await world.work(seconds=DELAYED) == 1
    assert (await world.get(token)).state is ErasureState.DESTROYED
    assert await world.key(token) is None
    assert await world.work(seconds=DELAYED + DAY) == 0
    told = await world.status(token, seconds=DELAYED + DAY)
    assert told == replace(erased, revision=erased.revision + 1)


async def test_what_is_left(world: ErasureWorld) -> None:
    """The state, how claims ended, and the proof of the destruction: no record, no key, and no person."""
    token = await world.account()
    await world.destroyed(token)
    assert await world.rows(token) == {
        "accounts": 1,
        "claims": 1,
        "erasures": 1,
        "jobs": 1,
        "log_openings": 1,
        "requests": 2,
        "status_feed": 1,
    }
    assert await people(world) == []
    (left,) = await sql.rows(world.main, select(accounts))
    assert left.person_id is None
    assert await world.sanctions.events("erasure:") == [
        "erasure:account:erase",
        "erasure:keys:destroy",
        "erasure:request:file",
    ]


async def test_what_is_not_found(world: ErasureWorld) -> None:
    """As one that nobody has; and an account whose erasure was never requested has none."""
    token = await world.account()
    for method in (world.cancel, world.get):
        assert await reason_of(method(token)) == Reason.ERASURE_NOT_FOUND
    await world.request(token)
    for method in (world.request, world.cancel, world.get):
        assert await reason_of(method(token, party="platform-b")) == Reason.ACCOUNT_NOT_FOUND


async def test_repeats(world: ErasureWorld) -> None:
    """The same request is the same erasure as it is now, also many at once; another body is refused."""
    token, other = await world.account(), await world.account(2)
    first, second = str(UUID(int=1 << 80)), str(UUID(int=2 << 80))
    made = await asyncio.gather(*(world.request(token, request_id=first) for _ in range(8)))
    assert len({each.erasure_id for each in made}) == 1
    cancelled = await asyncio.gather(*(world.cancel(token, request_id=second) for _ in range(8)))
    assert {each.state for each in cancelled} == {ErasureState.CANCELLED}
    assert (await world.request(token, request_id=first)).state is ErasureState.CANCELLED
    for work in (world.request(other, request_id=first), world.cancel(token, request_id=first)):
        with pytest.raises(RequestIdReused):
            await work
    assert await world.sanctions.events("erasure:") == ["erasure:request:cancel", "erasure:request:file"]


async def test_nothing_is_done_while_the_log_waits(world: ErasureWorld) -> None:
    """Neither is requested, nor erased, nor destroyed, nor released."""
    token = await world.account()
    await world.request(token)
    world.claims.waiting.count, world.claims.waiting.oldest = 1, at(0).real
    works = (world.request(token, seconds=WAITED), world.cancel(token, seconds=WAITED))
    for work in (*works, world.work(seconds=WAITED), acts.release_all(world.vault, at(WAITED), limit=1)):
        assert await reason_of(work) == Reason.LOG_UNAVAILABLE
    assert (await world.get(token)).state is ErasureState.REQUESTED


async def test_an_erasure_does_not_wait_for_the_shred_database(world: ErasureWorld) -> None:
    """While it is away, accounts are erased; keys are destroyed when it is back."""

    class Away(ShredKeys):
        """Cannot be reached."""

        async def destroy(self, *, account_token: str, kept: Collection[str] = ()) -> None:
            """Raise UnavailableError."""
            raise UnavailableError(Reason.STORE_UNAVAILABLE)

    early, late = await world.account(), await world.account(2)
    await world.erased(early)
    await world.request(late, seconds=DELAYED - WAITED)
    found, world.sweep.shred_keys = world.sweep.shred_keys, Away(world.shred)
    assert await reason_of(world.work(seconds=DELAYED)) == Reason.STORE_UNAVAILABLE
    assert (await world.get(early)).state is ErasureState.ERASED
    assert (await world.get(late)).state is ErasureState.ERASED
    world.sweep.shred_keys = found
    assert await world.work(seconds=DELAYED) == 1
    assert (await world.get(early)).state is ErasureState.DESTROYED


async def test_two_workers_at_once(world: ErasureWorld) -> None:
    """Each step is carried out once."""
    token = await world.account()
    await world.request(token)
    for seconds in (WAITED, DELAYED):
        done = await asyncio.gather(*(world.work(seconds=seconds) for _ in range(4)))
        assert sum(done) == 1
    assert len(await world.sanctions.events("erasure:")) == 3
    assert (await world.get(token)).state is ErasureState.DESTROYED


async def test_an_account_that_was_never_verified(world: ErasureWorld) -> None:
    """It is erased, too; it has no person and no key."""
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    token = (await world.verify()).account.account_token
    await world.destroyed(token)
    assert (await world.status(token)).state is AccountState.ERASED


async def test_an_abandoned_account_takes_its_erasure_along(world: ErasureWorld) -> None:
    """A sign-up that failed is removed after thirty days, whatever was requested and cancelled meanwhile."""
    world.claims.registry.verdict = RegistryAnswer.MISMATCH
    token = (await world.verify()).account.account_token
    await world.request(token)
    await world.cancel(token)
    assert await world.claims.retention.remove_abandoned(now=at(31 * DAY), limit=9) == 1
    assert await reason_of(world.get(token)) == Reason.ACCOUNT_NOT_FOUND


class TestClaims:
    """A claim in flight when its account is erased."""

    async def test_it_ends_and_its_identity_is_gone(self, world: ErasureWorld) -> None:
        """A waiting claim fails as ERASED; the worker finds no job, and the registry is not asked again."""
        token = await world.account()
        world.claims.registry.hang = True
        waiting = await world.verify(token, patience=0.01)
        assert waiting.state is ClaimState.PENDING
        await world.request(token)
        assert (await world.rows(token))["intakes"] == 1
        await world.work(seconds=WAITED)
        rows = await world.rows(token)
        assert "intakes" not in rows
        ended = await world.claims.verification.get(
            relying_party="platform-a", request_id=waiting.request_id, now=at(WAITED)
        )
        assert (ended.state, ended.failure_reason) == (ClaimState.FAILED, FailureReason.ERASED)
        assert ended.account.state is AccountState.ERASED
        assert await world.sanctions.events("verification:claim:erase") == ["verification:claim:erase"]

    async def test_a_claim_and_an_erasure_at_once(self, world: ErasureWorld) -> None:
        """Either comes first: the claim settles before, or ends with the erasure; the account is ERASED."""
        for number in range(1, 9):
            token = await world.account(number)
            await world.request(token)
            claim, _ = await asyncio.gather(
                world.verify(token, number=number, seconds=WAITED),
                world.work(seconds=WAITED),
                return_exceptions=True,
            )
            if isinstance(claim, PreconditionError):
                assert claim.reason is Reason.ACCOUNT_ERASED
            elif not isinstance(claim, BaseException):
                assert claim.failure_reason in (None, FailureReason.ERASED)
            assert (await world.status(token, seconds=WAITED)).state is AccountState.ERASED
            assert (await world.rows(token))["records"] == 1
        await world.work(seconds=DELAYED)
        assert await people(world) == []


class TestSlots:
    """The place of an erased account among the K of its person."""

    async def test_the_last_account_takes_the_person_along(self, world: ErasureWorld) -> None:
        """Nothing that is stored tells that the person was ever here; a new sign-up starts from nothing."""
        first = await world.account()
        (known,) = await sql.rows(world.main, select(persons))
        await world.destroyed(first)
        assert await people(world) == []
        await world.account(seconds=DELAYED)
        (fresh,) = await sql.rows(world.main, select(persons))
        assert fresh.person_index == known.person_index
        assert fresh.person_id != known.person_id
        assert (await world.status(first)).state is AccountState.ERASED

    async def test_a_person_with_an_open_claim_is_kept(self, world: ErasureWorld) -> None:
        """A sign-up that waits while the person's only account is destroyed still settles."""
        token = await world.account()
        await world.erased(token)
        world.claims.registry.hang = True
        waiting = await world.verify(seconds=DELAYED - 60, patience=0.01)
        await world.work(seconds=DELAYED)
        assert await people(world) == [0]
        world.claims.registry.hang = False
        # First the query of the check that was sent, then the check again.
        for minutes in (1, 10, 60):
            await world.claims.work(seconds=DELAYED + minutes * 60)
        assert (await world.status(waiting.account.account_token)).state is AccountState.VERIFIED
        assert await people(world) == [1]

    async def test_a_standing_outlives_the_account(self, world: ErasureWorld) -> None:
        """An erased account's status shows the standing that it has."""
        keys = await world.sanctions.moderator(1), await world.sanctions.moderator(2)
        token = await world.account()
        await world.sanctions.closed(token, keys)
        await world.destroyed(token)
        assert (await world.status(token)).standing is Standing.CLOSED


class _Overtaken(LogProofs):
    """Proofs that are made just after the worker has taken the next step."""

    def __init__(self, true: LogProofs, step: Callable[[], Awaitable[object]]) -> None:
        super().__init__(main=true.main, shred=true.shred)
        self._step: Callable[[], Awaitable[object]] | None = step

    async def now(self, entry_ids: Sequence[str], *, account_token: str) -> Proofs:
        """Let the worker go first, once."""
        step, self._step = self._step, None
        if step is not None:
            await step()
        return await super().now(entry_ids, account_token=account_token)


async def test_a_reader_whom_the_worker_overtakes_reads_the_next_step(world: ErasureWorld) -> None:
    """The keys are destroyed between the reading of an erasure and that of its proof: nothing is damaged."""
    token = await world.account()
    await world.erased(token)
    context = world.servicer.context
    overtaken = _Overtaken(context.proofs, lambda: world.work(seconds=DELAYED))
    world.servicer.context = replace(context, proofs=overtaken)
    assert (await world.get(token)).state is ErasureState.DESTROYED


async def test_a_step_without_its_entry_is_damaged(world: ErasureWorld) -> None:
    """Where nobody has taken another step, a missing entry is told."""
    token = await world.account()
    await world.erased(token)
    await sql.change(world.main, delete(log_openings).where(log_openings.c.account_token == token))
    assert await reason_of(world.get(token)) == Reason.RECORD_DAMAGED
