"""Attacks on what a person disowns: borrowed phones, times, closed persons and thieves."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.session.disavowal import rules
from idvault_verify import secret
from idvault_verify.account import AccountState, Standing
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, SanctionState
from tests.support.inquiry_world import DECIDED, STRANGER, TOLD, WAIT, InquiryWorld, longest
from tests.support.refusal import reason_of
from tests.support.withdrawal_world import DAY, HOUR, VICTIM
from tools.support import sql
from tools.support.flow_world import at

SOON = TOLD + HOUR


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[InquiryWorld]:
    """Return the flows with a new database of each kind, and a provider."""
    made = InquiryWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


@pytest.mark.parametrize("cancelled_at", [0, HOUR, WAIT - 1])
async def test_a_borrowed_phone_gets_nothing_that_its_owner_cancels(
    world: InquiryWorld, cancelled_at: float
) -> None:
    """Whenever in the 72 hours she proves to be herself: neither the list nor a disavowal is left."""
    claim = await world.verify()
    thief, _ = await world.proven()
    owner, seen = await world.proven(seconds=cancelled_at)
    assert seen.HasField("ready_time")
    await world.cancel(owner, seconds=cancelled_at)
    # The phone's own key opens nothing later, and a forced second face begins again.
    assert await reason_of(world.seen(thief, seconds=WAIT)) is Reason.SESSION_EXPIRED
    _, later = await world.proven(seconds=cancelled_at + WAIT - 1)
    assert (later.shown, list(later.accounts)) == (False, [])
    forced, shown = await world.proven(seconds=cancelled_at + 2 * WAIT)
    assert shown.shown
    now = cancelled_at + 2 * WAIT
    await world.disown(forced, shown.accounts[0].handle, seconds=now)
    owner, seen = await world.proven(seconds=now + WAIT - 1)
    assert seen.waiting == 1
    await world.cancel(owner, seconds=now + WAIT - 1)
    assert await world.tell(seconds=now + longest()) == 0
    assert (await world.status(claim.account.account_token)).state is AccountState.VERIFIED


async def test_a_forced_face_shows_nothing_by_itself(world: InquiryWorld) -> None:
    """However often it is forced within the 72 hours: each proof shows what everybody sees who proves."""
    await world.verify()
    for seconds in (0, HOUR, DAY, 2 * DAY, WAIT - 1):
        _, seen = await world.proven(seconds=seconds)
        assert (seen.shown, seen.waiting, list(seen.accounts)) == (False, 0, [])
        assert seen.ready_time.ToDatetime(at(0).business.tzinfo) == at(WAIT).business


async def test_times_link_no_accounts(world: InquiryWorld) -> None:
    """Of nine accounts at three platforms, disowned in one minute, no two are told at one time.

    What is drawn differs for each account, and until then no row has the minute in which it was said.
    """
    parties = ("platform-a", "platform-b", "platform-c")
    for party in parties[1:]:
        await world.prepare(name=party)
    claims = [await world.verify_at(party) for party in parties for _ in range(3)]
    now = 40 * DAY + 7
    key, shown = await world.listed(seconds=now)
    before = {table.name: await _times(world, table.name) for table in main.tables.values()}
    for each in shown.accounts:
        await world.disown(key, each.handle, seconds=now)
    drawn = await world.drawn()
    assert drawn.keys() == {each.account.account_token for each in claims}
    assert len(set(drawn.values())) == len(claims)
    waited = [each - now - rules.WAIT.total_seconds() for each in drawn.values()]
    assert min(waited) >= 0
    assert max(waited) - min(waited) > DAY
    said = at(now).business
    for table in main.tables.values():
        after = await _times(world, table.name)
        assert after.count(said) == before[table.name].count(said), table.name
    # Told one by one: each platform's entry and list have the drawn time alone.
    for token, seconds in sorted(drawn.items(), key=lambda each: each[1]):
        assert await world.tell(seconds=seconds) == 1
        found = [
            each
            for party in parties
            for each in (await world.disavowals(seconds, name=party).list_page()).disavowals
            if each.account_token == token
        ]
        assert [each.file_time for each in found] == [at(seconds).business]


async def _times(world: InquiryWorld, name: str) -> list[datetime]:
    """Return every time in a table."""
    rows = await sql.rows(world.database, select(main.tables[name]))
    return [value for row in rows for value in row if isinstance(value, datetime)]


async def test_a_closed_person_who_disowns_escapes_nothing(world: InquiryWorld) -> None:
    """Silence withdraws nothing of hers, a decision detaches nothing, and she does not come back."""
    claim, other = await world.verify(), await world.verify()
    token = claim.account.account_token
    keys = await world.keys(1, 2)
    sanction = await world.moderation.of_person(token, Degree.CLOSE, (keys[0], keys[1]))
    # The other account follows with its next claim that matches, and fails: the person is closed.
    await world.verify(token=other.account.account_token)
    told = await world.disowned(claim, other)
    assert len(told) == 2
    assert await world.fall(seconds=DECIDED) == 2
    for each in (claim, other):
        status = await world.status(each.account.account_token, seconds=DECIDED)
        assert status.state is AccountState.VERIFIED
    for disowned in told:
        await world.decided(disowned, seconds=DECIDED)
    assert (await world.moderation.get(sanction)).state is SanctionState.IN_FORCE
    assert (await world.verify_present(seconds=DECIDED)).failure_reason is FailureReason.PERSON_CLOSED
    assert (await world.status(token)).standing is Standing.CLOSED


async def test_a_thief_pays_and_the_person_is_free(world: InquiryWorld) -> None:
    """Five accounts in her name, two closed for his deeds: she has five places and no sanction then.

    His tokens keep their sanctions, and he verifies as her no more.
    """
    stolen = [await world.verify() for _ in range(5)]
    tokens = [each.account.account_token for each in stolen]
    keys = await world.keys(1, 2)
    deeds = [await world.moderation.of_person(each, Degree.CLOSE, (keys[0], keys[1])) for each in tokens[:2]]
    told = await world.disowned(*stolen)
    assert len(told) == 5
    due = max((each.due_time - at(0).business).total_seconds() for each in told)
    # He renews by name and number meanwhile; that he knows both proves nothing.
    assert await reason_of(world.verify(token=tokens[0], seconds=SOON)) is Reason.ACCOUNT_CLOSED
    assert await world.fall(seconds=due) == 5
    states = [(await world.status(each, seconds=due)).state for each in tokens]
    assert states == [AccountState.VERIFIED] * 2 + [AccountState.REVOKED] * 3
    assert (await world.levels(seconds=due)).overdue == 2
    for each in told:
        if each.account_token in tokens[:2]:
            await world.decided(each, seconds=due)
    for deed in deeds:
        await world.narrow(deed, seconds=due)
    assert await world.counts() == [(0, 0, 5)]
    for token in tokens[:2]:
        status = await world.status(token, seconds=due)
        assert (status.state, status.standing) == (AccountState.REVOKED, Standing.CLOSED)
    for deed in deeds:
        assert (await world.moderation.get(deed)).state is SanctionState.IN_FORCE
    assert (await world.verify(seconds=due)).failure_reason is FailureReason.HOLDER_REQUIRED
    for token in tokens[2:]:
        again = await world.verify(token=token, seconds=due)
        assert again.failure_reason is FailureReason.HOLDER_REQUIRED
    own = [await world.verify_present(seconds=due) for _ in range(5)]
    assert {(each.state, each.account.standing) for each in own} == {(ClaimState.SUCCEEDED, Standing.GOOD)}


async def test_name_and_number_open_nothing(world: InquiryWorld) -> None:
    """Neither a form that was sent, nor a proof of another person, nor another browser's key."""
    await world.verify()
    await world.proven()
    key, _ = await world.begun(VICTIM, seconds=WAIT)
    for call in (world.finish, world.cancel):
        assert await reason_of(call(key, seconds=WAIT)) is Reason.PROOF_OPEN
    stranger, shown = await world.listed(STRANGER, seconds=WAIT)
    assert list(shown.accounts) == []
    assert await reason_of(world.finish(secret.make(b"g" * 16), seconds=WAIT)) is Reason.SESSION_NOT_FOUND
    await world.cancel(stranger, seconds=WAIT)
    _, hers = await world.proven(seconds=WAIT)
    assert hers.shown
