"""A public account whose owner appeals, over both databases."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from idvault.core.db.database import Database
from idvault_verify.account import Standing
from idvault_verify.error import Reason
from idvault_verify.public_account import PublicAccountState
from idvault_verify.sanction import AppealState, Degree
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import reason_of
from tools.support.public_account_world import PublicAccountWorld

UPHELD, REJECTED = AppealState.UPHELD, AppealState.REJECTED


@pytest_asyncio.fixture
async def court(main_database: Database) -> AsyncIterator[AppealWorld]:
    """Return appeals with a new database of each kind."""
    made = AppealWorld(main_database)
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def world(court: AppealWorld) -> PublicAccountWorld:
    """Return public accounts over the same database."""
    return PublicAccountWorld(court.database, sanctions=court)


async def test_nobody_escapes_an_appeal(court: AppealWorld, world: PublicAccountWorld) -> None:
    """While an appeal is open there is no transfer and no closing, even if its sanction has ended."""
    company, other = await world.company(90), await world.company(91, body="MA000002")
    opened = await world.open(company)
    _, warning, judge = await court.case(token=company)
    appeal = await court.file(warning)
    await court.lift(warning, key=judge)
    for work in (world.offer(opened, other), world.close(opened)):
        assert await reason_of(work) is Reason.SANCTION_OPEN
    await court.decide(appeal, REJECTED, key=judge)
    await world.close(opened)
    assert (await world.get(opened)).profile.state is PublicAccountState.CLOSED


async def test_the_feed_tells_of_both_ends(court: AppealWorld, world: PublicAccountWorld) -> None:
    """An appeal about the public account alone raises its owner's revision and no standing of the owner."""
    company = await world.company()
    opened = await world.open(company)
    target = opened.public_account_id
    _, limited, judge = await court.case(Degree.LIMIT, token=company, public_account_id=target)
    before = await court.status(company)
    appeal = await court.file(limited)
    assert await court.status(company) == replace(before, revision=before.revision + 1)
    await court.decide(appeal, UPHELD, key=judge)
    assert await court.status(company) == replace(before, revision=before.revision + 2)
    assert (await world.profile(opened)).standing is Standing.GOOD
