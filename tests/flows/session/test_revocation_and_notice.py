"""A withdrawn verification, and a notice of the registry about whom it was thought to be."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.account import withdrawals
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import account_notices, person_marks
from idvault_verify.account import AccountState
from idvault_verify.notice import NoticeKind
from tests.support.withdrawal_world import DAY, OTHER, VICTIM, WithdrawalWorld
from tools.support import sql
from tools.support.notice_world import NoticeWorld, notice, resident


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[WithdrawalWorld]:
    """Return the flows with a new database of each kind."""
    made = WithdrawalWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def notices(world: WithdrawalWorld) -> NoticeWorld:
    """Return the registry's notices over the same database."""
    made = NoticeWorld(world.database, life=1)
    await made.begin("platform-a")
    return made


@pytest.mark.parametrize("kind", [NoticeKind.PERSON_ENDED, NoticeKind.NAME_CHANGED])
async def test_a_notice_of_the_former_owner_ends_nothing_of_the_next(
    world: WithdrawalWorld, notices: NoticeWorld, kind: NoticeKind
) -> None:
    """What was still to come waits for a reinstatement, and goes when the account is verified again."""
    claim = await world.verify()
    await notices.submit(notice(1, kind, VICTIM.document))
    assert (await notices.due()).keys() == {claim.account.account_token}
    token = await world.withdraw(claim)
    assert (await notices.due()).keys() == {token}
    await world.verify(OTHER, token)
    assert await notices.due() == {}
    assert await notices.expire(seconds=121 * DAY) == 0
    assert (await world.status(token, seconds=121 * DAY)).state is AccountState.VERIFIED


async def test_a_notice_ends_nothing_that_cannot_come_back(
    world: WithdrawalWorld, notices: NoticeWorld
) -> None:
    """From 180 days on, when its person is still known: no day near somebody's death stays in the row."""
    token = await world.withdraw(await world.verify())
    before = await sql.rows(world.database, select(withdrawals.c.state, withdrawals.c.expire_date))
    # Also before the worker has come to it.
    await notices.submit(notice(1, NoticeKind.PERSON_ENDED, VICTIM.document), seconds=180 * DAY)
    assert await notices.due() == {}
    assert await world.forget(seconds=180 * DAY) == 1
    await notices.submit(notice(2, NoticeKind.PERSON_ENDED, VICTIM.document), seconds=200 * DAY)
    assert (await notices.due(), await notices.expire(seconds=330 * DAY)) == ({}, 0)
    after = await sql.rows(world.database, select(withdrawals.c.state, withdrawals.c.expire_date))
    assert (after, len(before), bool(token)) == (before, 1, True)


@pytest.mark.parametrize("kind", [NoticeKind.PERSON_ENDED, NoticeKind.NUMBER_REPLACED])
async def test_a_forgotten_person_takes_marks_and_new_number_along(
    world: WithdrawalWorld, notices: NoticeWorld, kind: NoticeKind
) -> None:
    """As the last erasure does: nothing says that somebody ended, or which numbers belong together."""
    claim = await world.verify()
    replaced = resident(9) if kind is NoticeKind.NUMBER_REPLACED else None
    await notices.submit(notice(1, kind, VICTIM.document, new_document=replaced))
    assert len(await sql.rows(world.database, select(person_marks))) == 1
    await world.withdraw(claim)
    assert await world.forget(seconds=180 * DAY) == 1
    await world.versions_gone()
    assert await world.forget(seconds=287 * DAY) == 1
    for table in (person_marks, persons, account_notices):
        assert await sql.rows(world.database, select(table)) == []
