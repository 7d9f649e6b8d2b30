"""The figures of a platform's month over both databases: what happened to everything that began in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from idvault.core.db.database import Database
from idvault_client.sanctions import OperationFigure, PlatformMonth
from idvault_verify.public_account import RejectReason
from idvault_verify.report.figure import AppealFigures, ApplicationFigures, TipOffFigures
from idvault_verify.sanction import AppealState, Degree, Scope
from idvault_verify.session import ContestState
from idvault_verify.tip_off import TipOffOutcome
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import fields_of
from tests.support.session_world import SessionWorld
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support.flow_world import PARTY, command
from tools.support.public_account_world import PublicAccountWorld
from tools.support.sanction_world import SanctionWorld, signing, until

# The tests' time is noon of 1 March: this long before it is February, this long after it April.
FEBRUARY, APRIL = -DAY, 31 * DAY


@pytest_asyncio.fixture
async def reports(main_database: Database, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return the flows of reports and sanctions with a new database of each kind."""
    made = TipOffWorld(main_database, key_files(tmp_path))
    yield made
    await made.world.claims.verification.drain()


async def count(
    world: SanctionWorld, *, month: str = "2026-03", seconds: float = 0, party: str = PARTY
) -> PlatformMonth:
    return await world.asks(seconds, party=party).get_month(month)


async def test_reports_by_what_became_of_them(reports: TipOffWorld) -> None:
    """Of a platform and a month; what was answered or decided late stays late, and so does what never was."""
    key = await reports.world.moderator(1)
    me, token = key.moderator_id, await reports.world.account()
    await reports.file(seconds=FEBRUARY)
    await reports.file(party="platform-b")
    made = [(await reports.file()).tip_off for _ in range(6)]
    for each in made[:4]:
        await reports.assign(each, me)
    await reports.uphold(made[0], key, token, reply="you were right (synthetic)")
    await reports.dismiss(made[1], me, outcome=TipOffOutcome.ABUSIVE, reply="no (synthetic)")
    await reports.answer(made[2], me, seconds=DAY)
    await reports.merge(made[3], [made[4]], me)
    early = await count(reports.world, seconds=DAY)
    assert early.tip_offs == TipOffFigures(filed=6, open=4, upheld=1, abusive=1)
    await reports.dismiss(made[2], me, seconds=8 * DAY)
    await reports.dismiss(made[3], me, reply="no (synthetic)", seconds=8 * DAY)
    found = await count(reports.world, seconds=9 * DAY)
    assert found.tip_offs == TipOffFigures(
        filed=6, open=1, upheld=1, dismissed=2, duplicate=1, abusive=1, reply_late=3, solution_late=4
    )
    assert (await count(reports.world, month="2026-02", seconds=9 * DAY)).tip_offs == TipOffFigures(
        filed=1, open=1, reply_late=1, solution_late=1
    )
    assert (await count(reports.world, party="platform-b")).tip_offs == TipOffFigures(filed=1, open=1)


async def test_sanctions_in_force_and_proposals(reports: TipOffWorld) -> None:
    """A proposal that ended is no sanction; what lapsed counts so before the worker stores it."""
    world = reports.world
    keys = [await world.moderator(number, seconds=FEBRUARY) for number in (1, 2)]
    tokens = [await world.account(number) for number in range(1, 5)]
    await world.impose(tokens[0], Degree.WARN, key=keys[0], seconds=FEBRUARY)
    await world.impose(tokens[0], Degree.WARN, key=keys[0], given=until(DAY))
    lifted = await world.impose(tokens[1], Degree.WARN, key=keys[0])
    await world.lift(lifted, key=keys[0])
    await world.closed(tokens[2], (keys[0], keys[1]))
    await world.impose(tokens[3], Degree.CLOSE, key=keys[0])
    withdrawn = await world.impose(tokens[1], Degree.LIMIT, key=keys[0], scope=Scope.PERSON)
    await world.lift(withdrawn, key=keys[0])
    found = await count(world)
    closed = OperationFigure(Degree.CLOSE, Scope.ACCOUNT, 1, 1, 0, 0)
    assert found.sanctions == (OperationFigure(Degree.WARN, Scope.ACCOUNT, 2, 1, 1, 0), closed)
    assert (found.proposals_open, found.proposals_ended) == (1, 1)
    later = (OperationFigure(Degree.WARN, Scope.ACCOUNT, 2, 0, 1, 1), closed)
    assert await count(world, seconds=4 * DAY) == replace(
        found, sanctions=later, proposals_open=0, proposals_ended=2
    )
    april = await count(world, month="", seconds=APRIL)
    assert (april.month, april.sanctions) == ("2026-04", ())
    for wrong in ("2026-04", "soon"):
        assert await fields_of(count(world, month=wrong)) == ["month"]


async def test_appeals_by_verdict(main_database: Database) -> None:
    """By the month of filing, with those that were late."""
    world = AppealWorld(main_database)
    keys = [await world.moderator(number) for number in (1, 2)]
    made = []
    for number in range(1, 5):
        sanction = await world.impose(await world.account(number), Degree.WARN, key=keys[0])
        made.append(await world.file(sanction, seconds=DAY))
    await world.decide(made[0], AppealState.UPHELD, key=keys[1], seconds=2 * DAY)
    assert (await count(world, seconds=2 * DAY)).appeals == AppealFigures(filed=4, open=3, upheld=1)
    await world.decide(made[1], AppealState.REJECTED, key=keys[1], seconds=20 * DAY)
    assert (await count(world, seconds=20 * DAY)).appeals == AppealFigures(
        filed=4, open=2, upheld=1, rejected=1, late=3
    )
    assert (await count(world, month="2026-02", seconds=20 * DAY)).appeals == AppealFigures()
    await world.claims.verification.drain()


async def test_applications_by_decision(main_database: Database) -> None:
    """What was approved stays approved, whatever happens to it."""
    world = PublicAccountWorld(main_database)
    made = [await world.apply(await world.person(number)) for number in range(1, 5)]
    await world.approve(made[0])
    await world.close(await world.approve(made[1]))
    await world.reject(made[2], RejectReason.INCOMPLETE)
    month = await count(world.sanctions)
    assert month.applications == ApplicationFigures(filed=4, open=1, approved=2, rejected=1)
    assert month.month == "2026-03"
    await world.claims.verification.drain()


async def test_contests_by_verdict(main_database: Database) -> None:
    """By the month of filing, with those that were late."""
    world = SessionWorld(main_database)
    made = []
    for number in range(1, 5):
        claim = await world.claims.verify(command(number))
        token = claim.account.account_token
        made.append(await world.asks(DAY).contest(token, claim.claim_id, "not me (synthetic)"))
    for contest, verdict, seconds in (
        (made[0], ContestState.UPHELD, 2 * DAY),
        (made[1], ContestState.REJECTED, 20 * DAY),
    ):
        keys = [await world.moderation.clerk(), await world.moderation.moderator(1)]
        first, second = [signing(key, seconds) for key in keys]
        asks = world.asks(seconds)
        decided = await asks.decide_contest(contest.contest_id, verdict, "seen", key=first)
        if verdict is ContestState.UPHELD:
            await asks.confirm_contest(decided, key=second)
    found = await count(world.moderation, seconds=20 * DAY)
    assert found.contests == AppealFigures(filed=4, open=2, upheld=1, rejected=1, late=3)
    assert (await count(world.moderation, month="2026-02", seconds=20 * DAY)).contests == AppealFigures()
    await world.claims.verification.drain()
