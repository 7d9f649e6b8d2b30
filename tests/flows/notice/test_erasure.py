"""What an erasure leaves of notices, over both databases: nothing that was kept for the erased account."""

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import person_marks
from idvault_verify.account import AccountState
from idvault_verify.claim import ClaimState
from idvault_verify.notice import NoticeKind
from tools.support import sql
from tools.support.erasure_world import DELAYED, WAITED, ErasureWorld
from tools.support.notice_world import DAY, NoticeWorld, notice, person

OLD, NEW = person(1), person(2)
REPLACED = notice(1, NoticeKind.NUMBER_REPLACED, OLD.document, new_document=NEW.document)


@pytest_asyncio.fixture
async def erasures(main_database: Database, shred_database: Database) -> AsyncIterator[ErasureWorld]:
    """Return the flows of erasures over the databases of the notices."""
    made = ErasureWorld(main_database, shred_database, life=7)
    yield made
    await made.claims.verification.drain()


async def erase(erasures: ErasureWorld, token: str) -> None:
    """Erase an account to the end."""
    await erasures.request(token)
    for seconds in (WAITED, DELAYED):
        await erasures.work(seconds=seconds)


async def test_the_last_account_takes_marks_and_new_number_with_it(
    world: NoticeWorld, erasures: ErasureWorld
) -> None:
    """While another account of the old number is there, they stay."""
    first, second = await world.sign_up(OLD), await world.sign_up(OLD)
    await world.submit(REPLACED)
    await erase(erasures, first)
    assert (await world.due()).keys() == {second}
    assert len(await sql.rows(world.database, select(persons))) == 2
    await erase(erasures, second)
    assert await world.due() == {}
    assert await sql.rows(world.database, select(persons)) == []
    assert await sql.rows(world.database, select(person_marks)) == []


async def test_whom_a_claim_at_the_account_named_goes_with_it(
    world: NoticeWorld, erasures: ErasureWorld
) -> None:
    """Somebody else's number, typed at an account that is not his; where he has one he stays."""
    token = await world.sign_up(OLD)
    assert (await world.verify(NEW, token)).state is ClaimState.FAILED
    assert (await world.verify(person(3), token)).state is ClaimState.FAILED
    await world.sign_up(person(3))
    assert len(await sql.rows(world.database, select(persons))) == 3
    await erase(erasures, token)
    assert [row.accounts for row in await sql.rows(world.database, select(persons))] == [1]


async def test_a_new_number_with_an_account_stays(world: NoticeWorld, erasures: ErasureWorld) -> None:
    """It is then a person like any other; its own last account keeps the mark while the old one is there."""
    old, new = await world.sign_up(OLD), await world.sign_up(NEW)
    await world.submit(REPLACED)
    await erase(erasures, new)
    assert len(await sql.rows(world.database, select(person_marks))) == 1
    again = await world.sign_up(NEW)
    await erase(erasures, old)
    assert await sql.rows(world.database, select(person_marks)) == []
    assert [row.accounts for row in await sql.rows(world.database, select(persons))] == [1]
    await erase(erasures, again)
    assert await sql.rows(world.database, select(persons)) == []


async def test_a_day_that_comes_after_the_erasure_does_nothing(
    world: NoticeWorld, erasures: ErasureWorld
) -> None:
    """An erased account stays ERASED, and what was to come is forgotten with it."""
    token = await world.sign_up(OLD)
    await world.submit(notice(2, NoticeKind.PERSON_ENDED, OLD.document))
    await erasures.request(token)
    await erasures.work(seconds=WAITED)
    assert await world.expire(seconds=31 * DAY) == 0
    assert (await world.status(token, seconds=31 * DAY)).state is AccountState.ERASED
    assert await world.due() == {}
