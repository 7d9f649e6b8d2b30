"""What reaches a person because a number replaced hers ends with that pairing, over both databases.

An insider of the registry, with one of its keys, pairs a victim's number with another one. However that ends,
nothing of it stays with the victim; what was said of the victim's own number does.
"""

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import account_notices, person_marks
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState, FailureReason, Identity
from idvault_verify.notice import NoticeKind
from tests.support.joining_world import LATEST, NEW, NEWEST, OLD, OTHER_KEY, Joining, open_joining
from tools.support import sql
from tools.support.notice_world import DAY, KEY, notice, notice_id, person

EARLIEST = person(5)
TERM = 15 * DAY
LONG = 200 * DAY


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[Joining]:
    """Return the flows with a new database of each kind."""
    made = await open_joining(main_database)
    yield made
    await made.sessions.claims.verification.drain()


async def reverse(world: Joining, number: int, *, by: int) -> None:
    """Let the registry take a notice back."""
    await world.notices.submit(notice(by, NoticeKind.REVERSED, reversed_id=notice_id(number)))


async def ended(world: Joining, number: int, who: Identity, *, seconds: float = 0) -> None:
    """Let the registry say that somebody is no more."""
    await world.notices.submit(notice(number, NoticeKind.PERSON_ENDED, who.document), seconds=seconds)


async def end(world: Joining, way: str) -> None:
    """End the pairing of the first notice."""
    if way == "reversed":
        await reverse(world, 1, by=90)
    elif way == "fallen":
        await world.deny()
        assert await world.fall(TERM) == 1
    else:
        await world.pair(91, OLD, LATEST)


async def days(world: Joining) -> dict[tuple[str, str], date]:
    """Return what is to come, by account and notice."""
    rows = await sql.rows(world.database, select(account_notices))
    return {(row.account_token, row.notice_id): row.due_on for row in rows}


@pytest.mark.parametrize("way", ["reversed", "fallen", "replaced"])
@pytest.mark.parametrize("named", [False, True])
async def test_an_end_that_came_by_a_pairing_goes_with_it(world: Joining, way: str, *, named: bool) -> None:
    """Over several replacements on either side; who was named stays ended, and so does the new number."""
    tokens = [await world.notices.sign_up(who) for who in (EARLIEST, OLD)]
    other = await world.notices.sign_up(NEW)
    await world.pair(2, EARLIEST, OLD)
    await world.pair(1)
    await world.pair(3, NEW, NEWEST)
    if named:
        await ended(world, 4, OLD)
    await ended(world, 5, NEWEST)
    assert {(token, notice_id(5)) for token in (*tokens, other)} <= set(await days(world))
    await end(world, way)
    found = {(token, said) for token, said in await days(world) if token in tokens}
    assert not found & {(token, notice_id(number)) for token in tokens for number in (1, 3, 5)}
    assert {(token, notice_id(4)) for token in tokens if named} <= found
    assert (other, notice_id(5)) in await days(world)
    assert (await world.notices.verify(NEW)).failure_reason is FailureReason.MISMATCH
    for who, token in zip((EARLIEST, OLD), tokens, strict=True):
        reason = (await world.notices.verify(who, token)).failure_reason
        assert reason is (FailureReason.MISMATCH if named else None)


async def test_an_end_during_a_contest_is_nobody_elses(world: Joining) -> None:
    """Whoever denies that the number replaced another one ends alone."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.deny()
    await ended(world, 2, NEW)
    assert (await world.notices.verify(OLD, token)).state is ClaimState.SUCCEEDED
    assert (await world.notices.verify(NEW)).failure_reason is FailureReason.MISMATCH


@pytest.mark.parametrize("repeated", ["never", "meanwhile", "afterwards"])
async def test_a_pairing_that_fell_ends_no_account(world: Joining, repeated: str) -> None:
    """Nor a withdrawn one, nor one of an earlier number, whenever the same key says it again."""
    tokens = [await world.notices.sign_up(who) for who in (EARLIEST, OLD)]
    claim = await world.sessions.verify(OLD)
    withdrawn = await world.sessions.withdraw(claim)
    await world.pair(9, EARLIEST, OLD)
    await world.notices.verify(OLD, tokens[0])
    await world.pair()
    assert {token for token, said in await days(world) if said == notice_id(1)} == {*tokens, withdrawn}
    await world.deny()
    if repeated == "meanwhile":
        await world.pair(2, seconds=DAY)
    assert await world.fall(TERM) == 1
    if repeated == "afterwards":
        await world.pair(2, seconds=TERM)
    assert await days(world) == {}
    assert await world.notices.expire(seconds=LONG) == 0
    for token in tokens:
        assert (await world.notices.status(token, seconds=LONG)).state is AccountState.VERIFIED


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
@pytest.mark.parametrize("first", ["waits", "renewed", "joined"])
async def test_a_repeat_draws_no_days(world: Joining, first: str, key: object) -> None:
    """By either key: whoever has renewed is not asked again, and days that were drawn stay."""
    tokens = [await world.notices.sign_up(who) for who in (OLD, OLD, NEW)]
    await world.pair()
    if first == "renewed":
        await world.notices.verify(NEW, tokens[0])
    elif first == "joined":
        await world.prove(NEW, OLD, tokens[0])
    due = await world.notices.due()
    assert due.keys() == set(tokens[first != "waits" : 2])
    await world.pair(2, key=OTHER_KEY if key is OTHER_KEY else KEY, seconds=DAY)
    assert await world.notices.due() == due


async def test_the_last_notice_of_a_pairing_ends_it(world: Joining) -> None:
    """Two say the same: to reverse the first one changes nothing, and the last takes the days along."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.pair(2, key=OTHER_KEY)
    due = await world.notices.due()
    await reverse(world, 1, by=3)
    assert due.keys() == {token}
    assert await world.notices.due() == due
    await reverse(world, 2, by=4)
    assert await world.notices.due() == {}
    assert (await world.notices.verify(NEW, token)).failure_reason is FailureReason.DIFFERENT_OWNER


async def test_a_pairing_replaces_its_reverse(world: Joining) -> None:
    """The newest notice counts: who was the new number's is the old one's, and nobody is held in a circle."""
    token, other = await world.notices.sign_up(OLD), await world.notices.sign_up(NEW)
    await world.pair()
    await world.pair(2, NEW, OLD)
    assert (await world.notices.due()).keys() == {other}
    assert await sql.count(world.database, person_marks) == 1
    assert (await world.notices.verify(NEW, token)).failure_reason is FailureReason.DIFFERENT_OWNER
    assert (await world.notices.verify(OLD, other)).state is ClaimState.SUCCEEDED
    await world.release(token, other)
    assert await sql.count(world.database, persons) == 0


async def test_who_was_known_for_a_replaced_pairing_is_forgotten(world: Joining) -> None:
    """The first successor of a number has no account, and is nobody once another one succeeds."""
    token = await world.notices.sign_up(OLD)
    await world.pair()
    await world.pair(2, OLD, NEWEST)
    assert await sql.count(world.database, persons) == 2
    await world.pair(3, NEWEST, OLD)
    assert await sql.count(world.database, persons) == 1
    assert await sql.count(world.database, person_marks) == 0
    assert (await world.notices.verify(OLD, token)).state is ClaimState.SUCCEEDED
