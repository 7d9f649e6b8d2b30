"""A disowned account whose holder appeals, over both databases: who decides, and what its person can do."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault_verify.account import AccountState
from idvault_verify.error import Reason
from idvault_verify.session import DisavowalState, ReinstatementState
from tests.support.inquiry_world import DECIDED, TOLD, InquiryWorld
from tests.support.refusal import reason_of
from tests.support.withdrawal_world import DAY, HOUR, VICTIM
from tools.support.sanction_world import signing


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[InquiryWorld]:
    """Return the flows with a new database of each kind."""
    made = InquiryWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def test_who_upheld_a_disavowal_decides_no_appeal_against_it(world: InquiryWorld) -> None:
    """Two others give the account back; its person still sees it in the list, and disowns it again."""
    claim = await world.verify()
    token = claim.account.account_token
    [told] = await world.disowned(claim)
    await world.decided(told, seconds=TOLD + HOUR)
    appeal = await world.appealed(token, seconds=TOLD + 2 * HOUR)
    asks, when = world.asks(TOLD + 3 * HOUR), TOLD + 3 * HOUR
    for key in await world.keys(3, 4):
        for verdict in (ReinstatementState.UPHELD, ReinstatementState.REJECTED):
            work = asks.decide_reinstatement(
                appeal.reinstatement_id, verdict, "seen (synthetic)", key=signing(key, when)
            )
            assert await reason_of(work) is Reason.SELF_APPROVAL
    done = await world.reinstated(appeal, seconds=when)
    assert done.reinstated
    assert (await world.status(token, seconds=when)).state is AccountState.VERIFIED
    [again] = await world.disowned(claim, who=VICTIM, seconds=when + 20 * DAY)
    assert (again.state, again.account_token) == (DisavowalState.FILED, token)
    assert again.disavowal_id != told.disavowal_id
    late = when + 20 * DAY + TOLD
    for by in ((5, 3), (6, 3)):
        for said in (DisavowalState.UPHELD, DisavowalState.REJECTED):
            assert await reason_of(world.decided(again, said, seconds=late, by=by)) is Reason.SELF_APPROVAL
    await world.decided(again, seconds=late, by=(3, 4))
    state = (await world.status(token, seconds=when + 20 * DAY + TOLD)).state
    assert state is AccountState.REVOKED


@pytest.mark.parametrize("proposed", [False, True], ids=["nobody", "one moderator"])
async def test_silence_bars_nobody(world: InquiryWorld, proposed: bool) -> None:
    """No two moderators withdrew it, and a proposal that nobody confirmed has lapsed."""
    claim = await world.verify()
    token = claim.account.account_token
    [told] = await world.disowned(claim)
    if proposed:
        [key] = await world.keys(5)
        asks = world.disavowals(TOLD + HOUR)
        await asks.decide(
            told.disavowal_id, DisavowalState.UPHELD, "seen (synthetic)", key=signing(key, TOLD + HOUR)
        )
    assert await world.fall(seconds=DECIDED) == 1
    assert (await world.status(token, seconds=DECIDED)).state is AccountState.REVOKED
    appeal = await world.appealed(token, seconds=DECIDED + HOUR)
    done = await world.reinstated(appeal, seconds=DECIDED + 2 * HOUR, by=(5, 6))
    assert done.reinstated
    assert (await world.status(token, seconds=DECIDED + 2 * HOUR)).state is AccountState.VERIFIED


async def test_who_took_a_withdrawal_back_decides_no_later_objection(world: InquiryWorld) -> None:
    """Of neither kind: the contest after a disavowal, and the disavowal after a contest."""
    claim = await world.verify()
    token = claim.account.account_token
    await world.withdraw(claim)
    await world.reinstate(token, seconds=HOUR)
    [told] = await world.disowned(claim, seconds=2 * HOUR)
    late = 2 * HOUR + TOLD
    for by in (5, 6):
        rejected = world.decided(told, DisavowalState.REJECTED, seconds=late, by=(by, 3))
        assert await reason_of(rejected) is Reason.SELF_APPROVAL
    await world.decided(told, DisavowalState.REJECTED, seconds=late, by=(7, 3))
    renewed = await world.verify_present(token=token, seconds=late)
    contest = await world.contested(renewed, seconds=late)
    assert await reason_of(world.upheld(contest, seconds=late, by=(5, 3))) is Reason.SELF_APPROVAL
    assert await reason_of(world.upheld(contest, seconds=late, by=(3, 6))) is Reason.SELF_APPROVAL
    assert (await world.status(token, seconds=late)).state is AccountState.VERIFIED
