"""A wrong pairing of two numbers is contested by the new one's holder, over both databases.

The attacker is an insider of the registry, with one of its keys: he pairs a closed number with a victim's.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import account_notices, person_marks
from idvault_client.errors import NotFound, PreconditionFailed, Unavailable
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.notice import NoticeKind
from idvault_verify.sanction import Degree
from idvault_verify.v1 import session_pb2 as pb
from tests.support.joining_world import NEW, NEWEST, OLD, OTHER_KEY, Joining, open_joining
from tools.support import sql
from tools.support.fakes.flaky import Fault
from tools.support.flow_world import at
from tools.support.notice_world import DAY, notice, notice_id

CLOSED = pb.SessionPage().verification.FAILURE_REASON_PERSON_CLOSED
TERM = 15 * DAY


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[Joining]:
    """Return the flows with a closed person, whom a notice takes for the one of the new number."""
    made = await open_joining(main_database)
    sanctioning = made.notices.sanctions
    keys = await sanctioning.moderator(1), await sanctioning.moderator(2)
    await sanctioning.of_person(await made.notices.sign_up(OLD), Degree.CLOSE, keys)
    await made.pair()
    yield made
    await made.sessions.claims.verification.drain()


async def contested(world: Joining) -> None:
    """Let the holder of the new number be refused, and contest."""
    page = await world.deny()
    assert page.verification.failure_reason == CLOSED


async def reason(world: Joining, seconds: float) -> FailureReason | None:
    """Return why the holder of the new number is refused, None if he is not."""
    return (await world.notices.verify(NEW, seconds=seconds)).failure_reason


async def test_a_contested_pairing_falls(world: Joining) -> None:
    """For 15 days the closing holds for both; then the victim is somebody else, and nothing is to come."""
    await contested(world)
    assert await sql.count(world.database, account_notices) == 1
    assert await world.fall(TERM - 1) == 0
    assert await reason(world, TERM - 1) is FailureReason.PERSON_CLOSED
    assert await world.fall(TERM) == 1
    assert await world.fall(TERM) == 0
    assert await reason(world, TERM) is None
    assert (await world.notices.verify(OLD, seconds=TERM)).failure_reason is FailureReason.PERSON_CLOSED
    assert await sql.count(world.database, account_notices) == 0
    assert "registry:pairing:fall" in await world.sessions.events("registry:")


@pytest.mark.parametrize("when", ["before", "after", "long after"])
async def test_a_second_key_confirms(world: Joining, when: str) -> None:
    """Before or after the contest, also once the pairing fell: two keys of the registry count for more."""
    if when == "before":
        await world.pair(2, key=OTHER_KEY)
    await contested(world)
    if when == "after":
        await world.pair(2, key=OTHER_KEY, seconds=DAY)
    assert await world.fall(TERM) == (when == "long after")
    if when == "long after":
        await world.pair(2, key=OTHER_KEY, seconds=TERM)
    await contested(world)
    assert await world.fall(3 * TERM) == 0
    assert await reason(world, 3 * TERM) is FailureReason.PERSON_CLOSED


@pytest.mark.parametrize("when", ["meanwhile", "afterwards"])
async def test_the_same_key_confirms_nothing(world: Joining, when: str) -> None:
    """An insider who sends the pairing again neither ends the contest nor brings the pairing back."""
    await contested(world)
    if when == "meanwhile":
        await world.pair(2, seconds=DAY)
    assert await world.fall(TERM) == 1
    if when == "afterwards":
        await world.pair(2, seconds=TERM)
    assert await reason(world, TERM) is None


async def test_a_contested_pairing_joins_and_renews_nothing(world: Joining) -> None:
    """Who denies the pairing is not made one with the other, whoever proves what meanwhile."""
    await contested(world)
    page = await world.prove(NEW, OLD)
    assert page.verification.failure_reason == CLOSED
    assert len(await world.people()) == 2


async def test_only_the_proven_holder_contests(world: Joining) -> None:
    """Not another browser, not whoever matched a name and a number, nor whom the provider denied."""
    page = await world.prove(NEW, None)
    with pytest.raises(NotFound):
        await world.contest(page.session_id, browser=99)
    with pytest.raises(PreconditionFailed, match="SESSION_EXPIRED"):
        await world.contest(page.session_id, seconds=1_000)
    world.browser += 1
    session_id = await world.sessions.agreed(browser=world.browser)
    await world.sessions.submit(session_id, browser=world.browser, name=NEW.name, number=NEW.document.number)
    with pytest.raises(PreconditionFailed, match="ILLEGAL_TRANSITION"):
        await world.contest(session_id)
    denied = await world.begin(NEW, None, end=ProofEnd.DENIED)
    await world.sessions.finish_proof(denied, browser=world.browser)
    with pytest.raises(PreconditionFailed, match="ILLEGAL_TRANSITION"):
        await world.contest(denied)
    assert [row.contested_at for row in await sql.rows(world.database, select(person_marks))] == [None]


async def test_nothing_tells_whether_there_is_a_pairing(world: Joining) -> None:
    """The answer and the log are the same for somebody whom no notice names."""
    found = []
    for who in (NEW, NEWEST):
        page = await world.prove(who, None)
        answer = await world.contest(page.session_id)
        found.append(answer.state)
    assert len(found) == 2
    assert (await world.sessions.events("session:pairing")) == ["session:pairing:contest"] * 2
    assert await world.fall(TERM) == 1


async def test_a_reversal_ends_the_contest(world: Joining) -> None:
    """The registry itself takes the pairing back: there is nothing left to fall."""
    await contested(world)
    await world.notices.submit(notice(2, NoticeKind.REVERSED, reversed_id=notice_id(1)))
    assert await world.fall(TERM) == 0
    assert (await world.notices.verify(NEW)).state is ClaimState.SUCCEEDED


async def test_a_fallen_pairing_goes_with_the_last_account(world: Joining) -> None:
    """When nothing is known of the old number's person any more, the row of the new one goes, too."""
    await contested(world)
    assert await world.fall(TERM) == 1
    await sql.change(world.database, update(persons).values(sanctions=0))
    (token,) = [
        row.account_token for row in await sql.rows(world.database, select(accounts)) if row.person_id
    ]
    await world.release(token)
    assert await sql.count(world.database, person_marks) == 0
    assert await sql.count(world.database, persons) == 0


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.LOSE_ANSWER])
async def test_a_cut_contests_wholly_or_not_at_all(world: Joining, fault: Fault) -> None:
    """A repeat of the form stores the contest once, from when it was first stored."""
    page = await world.prove(NEW, None)
    world.sessions.claims.claims.plant("contest", fault)
    with pytest.raises(Unavailable):
        await world.contest(page.session_id)
    await world.contest(page.session_id, seconds=10)
    since = at(0 if fault is Fault.LOSE_ANSWER else 10).business
    assert [row.contested_at for row in await sql.rows(world.database, select(person_marks))] == [since]
    assert (await world.sessions.events("session:pairing")) == ["session:pairing:contest"]
