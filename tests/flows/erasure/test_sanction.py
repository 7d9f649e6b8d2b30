"""Sanctions, appeals and public accounts around an erasure, over both databases: nobody washes one away."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.claim import claims, persons
from idvault.erasure import acts as erasure_acts
from idvault_verify.account import Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import Reason
from idvault_verify.public_account import PublicAccountState, RejectReason
from idvault_verify.sanction import AppealState, Degree, SanctionState, Scope
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import reason_of
from tools.support import builders, sql
from tools.support.erasure_world import DAY, DELAYED, WAITED, ErasureWorld
from tools.support.flow_world import at
from tools.support.sanction_world import until

END = 100 * DAY
Keys = tuple[ModeratorKey, ModeratorKey]


@pytest_asyncio.fixture
async def keys(world: ErasureWorld) -> Keys:
    """Return two moderators."""
    return await world.sanctions.moderator(1), await world.sanctions.moderator(2)


async def held(world: ErasureWorld) -> int:
    """Return how many destroyed accounts a sanction holds."""
    return (await erasure_acts.levels(world.vault, at(0))).held


async def known(world: ErasureWorld) -> list[tuple[int, int]]:
    """Return the accounts and sanctions of each known person."""
    rows = await sql.rows(world.main, select(persons.c.accounts, persons.c.sanctions))
    return sorted((row.accounts, row.sanctions) for row in rows)


async def let_lapse(world: ErasureWorld, *, seconds: float) -> None:
    await world.sanctions.work(seconds=seconds)
    await world.sanctions.release(seconds=seconds)
    await world.work(seconds=seconds)


async def test_a_closed_person_does_not_come_back_by_an_erasure(world: ErasureWorld, keys: Keys) -> None:
    """The blind index outlives the account with the sanction, and goes when that has ended."""
    token = await world.account()
    await world.sanctions.of_person(token, Degree.CLOSE, keys, given=until(END))
    await world.destroyed(token)
    assert await held(world) == 1
    assert await known(world) == [(1, 1)]
    again = await world.verify(seconds=DELAYED)
    assert again.failure_reason is FailureReason.PERSON_CLOSED
    await let_lapse(world, seconds=END - 1)
    assert await known(world) == [(1, 1)]
    await let_lapse(world, seconds=END)
    assert await held(world) == 0
    assert await known(world) == []
    assert (await world.verify(seconds=END)).state is ClaimState.SUCCEEDED
    of_token = select(claims.c.person_id).where(claims.c.account_token == token)
    assert [row.person_id for row in await sql.rows(world.main, of_token)] == ["0" * 32]


@pytest.mark.parametrize("degree", [Degree.WARN, Degree.CLOSE])
async def test_a_sanctioned_account_keeps_its_slot(world: ErasureWorld, keys: Keys, degree: Degree) -> None:
    """Until the sanction is lifted, an erasure gives no place that an account left alone would not give."""
    tokens = [await world.account() for _ in range(5)]
    if degree is Degree.CLOSE:
        sanction = await world.sanctions.closed(tokens[0], keys)
    else:
        sanction = await world.sanctions.impose(tokens[0], degree, key=keys[0])
    await world.destroyed(tokens[0])
    assert await known(world) == [(5, 0)]
    full = await world.verify(seconds=DELAYED)
    assert full.failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED
    await world.sanctions.lift(sanction, key=keys[0], seconds=DELAYED)
    assert await world.work(seconds=DELAYED) == 1
    assert await world.work(seconds=DELAYED) == 0
    assert await known(world) == [(4, 0)]
    assert (await world.status(tokens[0])).standing is Standing.GOOD
    assert (await world.verify(seconds=DELAYED)).state is ClaimState.SUCCEEDED


async def test_what_follows_a_sanction_keeps_its_slot(world: ErasureWorld, keys: Keys) -> None:
    """An erased account that follows another one's sanction is held until it ceases to follow."""
    named, other = await world.account(), await world.account()
    await world.sanctions.of_person(named, Degree.LIMIT, keys, given=until(END))
    assert (await world.verify(other, seconds=60)).state is ClaimState.SUCCEEDED
    await world.destroyed(other, seconds=120)
    assert await held(world) == 1
    # The follower's end is rounded to the next Monday or first of a month.
    await let_lapse(world, seconds=END + 40 * DAY)
    assert await held(world) == 0
    assert await known(world) == [(1, 0)]


async def test_a_proposal_is_confirmed_after_the_erasure(world: ErasureWorld, keys: Keys) -> None:
    """What was proposed before comes into force and holds the account; nothing new is imposed."""
    token = await world.account()
    await world.request(token)
    proposed = await world.sanctions.impose(
        token, Degree.CLOSE, key=keys[0], scope=Scope.PERSON, seconds=WAITED - DAY
    )
    await world.work(seconds=WAITED)
    confirmed = await world.sanctions.confirm(proposed, key=keys[1], seconds=WAITED + DAY)
    assert confirmed.state is SanctionState.IN_FORCE
    await world.work(seconds=DELAYED)
    assert await known(world) == [(1, 1)]
    late = world.sanctions.impose(token, Degree.WARN, key=keys[0], seconds=DELAYED)
    assert await reason_of(late) is Reason.ACCOUNT_ERASED
    assert (await world.verify(seconds=DELAYED)).failure_reason is FailureReason.PERSON_CLOSED


async def test_an_erased_owner_appeals(main_database: Database, shred_database: Database) -> None:
    """The sanction outlives the account, so the appeal does: upheld, it lets the person go."""
    world, cases = ErasureWorld(main_database, shred_database), AppealWorld(main_database)
    token = await world.account()
    _, sanction, judge = await cases.case(Degree.CLOSE, token=token)
    await world.destroyed(token)
    appeal = await cases.file(sanction, seconds=DELAYED)
    assert await held(world) == 1
    await cases.decide(appeal, AppealState.UPHELD, key=judge, seconds=DELAYED + DAY)
    assert await world.work(seconds=DELAYED + DAY) == 1
    assert await known(world) == []
    assert (await world.status(token)).standing is Standing.GOOD
    await world.claims.verification.drain()
    await cases.claims.verification.drain()


class TestPublicAccounts:
    """The public accounts of an erased owner."""

    async def test_they_are_closed_and_the_past_stays(self, world: ErasureWorld) -> None:
        """Closed from the erasure on, in profile, list and filing; the filing of a day before has them."""
        public = world.public_accounts
        token = await world.account()
        shown = await public.open(token)
        before = await public.profile(shown, seconds=WAITED - 1)
        await world.erased(token)
        after = await public.profile(shown, seconds=WAITED)
        assert (before.state, after.state) == (PublicAccountState.ACTIVE, PublicAccountState.CLOSED)
        assert after.revision > before.revision
        assert await public.pages(state=PublicAccountState.ACTIVE, seconds=WAITED) == [[]]
        await world.work(seconds=DELAYED)
        last_day, next_day = (
            (builders.TODAY + timedelta(days=days)) for days in (WAITED // DAY - 1, WAITED // DAY)
        )
        filed = await public.filings(seconds=DELAYED, day=last_day)
        assert [each.public_account_id for each in filed] == [shown.public_account_id]
        assert await public.filings(seconds=DELAYED, day=next_day) == []

    @pytest.mark.parametrize("degree", [Degree.LIMIT, Degree.CLOSE])
    @pytest.mark.parametrize("alone", [True, False])
    async def test_a_sanctioned_one_is_not_replaced(
        self, world: ErasureWorld, keys: Keys, degree: Degree, alone: bool
    ) -> None:
        """Its person gets another one when the sanction of it, or of its account, has ended."""
        public = world.public_accounts
        token, other = await world.account(), await world.account()
        shown = await public.open(token)
        only = shown.public_account_id if alone else None
        imposed = await world.sanctions.impose(
            token, degree, key=keys[0], given=until(END), public_account_id=only
        )
        if degree is Degree.CLOSE:
            await world.sanctions.confirm(imposed, key=keys[1])
        await world.destroyed(token)
        refused = await public.open(other, seconds=DELAYED)
        assert refused.reject_reason is RejectReason.OWNER_NOT_ELIGIBLE
        await let_lapse(world, seconds=END)
        made = await public.open(other, seconds=END)
        assert made.state is PublicAccountState.ACTIVE
        assert await known(world) == [(1, 0)]
