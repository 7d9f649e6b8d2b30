"""A child's session over both databases: an adult is asked for, checked and forgotten; nothing tells of it.

The attackers of the threat model look: a thief of the database, a platform with a session, a log reader.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from idvault.claim.acts.guardian import GuardianTries
from idvault.core.db.database import Database
from idvault.core.tables.claim import attempts, claims, persons
from idvault.core.tables.notice import person_marks
from idvault.core.tables.session import sessions
from idvault_client.errors import Exhausted, InvalidFields, Unavailable
from idvault_verify.account import AccountState
from idvault_verify.campaign import ReverificationMethod
from idvault_verify.claim import ClaimState
from idvault_verify.document import resident_check_character
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree
from idvault_verify.session import Proof, SessionPurpose, SessionState
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.support.session_world import SessionWorld
from tests.support.traces import Traces, traces
from tools.support import builders, sql
from tools.support.fakes.flaky import Fault
from tools.support.fakes.provider import FakeProofProvider
from tools.support.flow_world import PARTY, at

States = pb.VerificationSession.State
MATCH, MISMATCH = RegistryAnswer.MATCH, RegistryAnswer.MISMATCH
CHILD = "丁小童"
PARENT = "丁大成"


def number(birth: str, serial: str = "002") -> str:
    """Return the resident number of somebody born on a day. The tests' today is 2026-03-01."""
    body = f"110105{birth}{serial}"
    return body + resident_check_character(body=body)


TEN, FORTY, OTHER = number("20160105"), number("19860105"), number("19850105")
ADULT = (PARENT, FORTY)


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[SessionWorld]:
    """Return the flows with a new database of each kind, and a provider."""
    made = SessionWorld(main_database, provider=FakeProofProvider(at(0).real))
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def _added(world: SessionWorld, before: Traces) -> Traces:
    return await traces(world.database) - before


async def _verified(world: SessionWorld, **typed: object) -> pb.SessionPage:
    """Let a child come with an adult; the first form is answered with the question for one."""
    session_id = await world.agreed()
    with pytest.raises(InvalidFields) as asked:
        await world.submit(session_id, name=CHILD, number=TEN)
    assert dict(asked.value.items()) == {"guardian": "REQUIRED"}
    return await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)


async def test_a_child_is_verified_with_an_adult(world: SessionWorld) -> None:
    """The page asks for the adult after the match; then the child's account is as any other."""
    done = await _verified(world)
    assert done.state == States.STATE_SUCCEEDED
    ((_, sealed),) = world.claims.records.sealed
    assert (sealed.name, sealed.document.number) == (CHILD, TEN)
    asked = [identity.name for _, identity in world.claims.registry.checks]
    assert asked == [CHILD, CHILD, PARENT, CHILD]


async def test_all_calls_for_a_child_share_one_patience(world: SessionWorld) -> None:
    """Without any left nobody is asked, and what a slow answer took is not given to the next call."""
    session_id = await world.agreed()
    world.context.patience = 0.0
    with pytest.raises(Unavailable):
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert world.claims.registry.checks == []
    world.context.patience, world.claims.registry.hang = 0.1, True
    with pytest.raises(Unavailable):
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert len(world.claims.registry.checks) <= 1


async def test_a_thief_and_a_platform_see_what_they_see_of_an_adult(world: SessionWorld) -> None:
    """Every row that a child's verification leaves is one of an adult's: table by table, times included.

    The log is among the tables: its entries, their types and their times.
    """
    before = await traces(world.database)
    session_id = await world.agreed()
    await world.submit(session_id, name=CHILD, number=OTHER)
    of_adult, seen_of_adult = await _added(world, before), await world.get(session_id)
    before = await traces(world.database)
    done = await _verified(world)
    assert await _added(world, before) == of_adult
    seen = await world.get(done.session_id)
    assert (seen.state, seen.expire_time) == (seen_of_adult.state, seen_of_adult.expire_time)
    assert await sql.count(world.database, attempts) == 0
    assert len(await sql.rows(world.database, select(persons))) == 2


async def test_whoever_goes_away_leaves_what_everybody_leaves(world: SessionWorld) -> None:
    """A form that was answered with the question changes nothing: the session ends as one without a form."""
    session_id = await world.agreed()
    before = await traces(world.database)
    with pytest.raises(InvalidFields):
        await world.submit(session_id, name=CHILD, number=TEN)
    assert await traces(world.database) == before
    late = await world.get(session_id, seconds=1_000)
    assert (late.state, late.verification) == (SessionState.EXPIRED, None)


async def test_a_platform_that_sends_the_number_is_told_once(world: SessionWorld) -> None:
    """GUARDIAN_REQUIRED is in the answer of that call alone: what is stored and logged is a mismatch."""
    child, grown = builders.identity(name=CHILD, number=TEN), builders.identity(name=CHILD, number=OTHER)
    before = await traces(world.database)
    world.claims.registry.script.append(MISMATCH)
    refused = await world.claims.claim(1, grown)
    of_adult = await _added(world, before)
    assert refused.failure_reason == "MISMATCH"
    before = await traces(world.database)
    told = await world.claims.claim(2, child)
    assert (told.state, told.failure_reason) == (ClaimState.FAILED, "GUARDIAN_REQUIRED")
    assert await _added(world, before) == of_adult
    assert (await world.claims.claimed(2)).failure_reason == "MISMATCH"
    assert (await world.claims.claim(2, child)).failure_reason == "MISMATCH"
    assert world.claims.records.sealed == []


async def test_a_platform_is_told_nothing_without_a_match(world: SessionWorld) -> None:
    """A name that does not belong to a child's number is a mismatch, as of anybody."""
    world.claims.registry.script.append(MISMATCH)
    found = await world.claims.claim(1, builders.identity(name=CHILD, number=TEN))
    assert found.failure_reason == "MISMATCH"


async def test_no_adult_is_asked_about_without_a_match(world: SessionWorld) -> None:
    """Whoever types a wrong name of a child learns nothing of an adult; the attempt is the child's."""
    session_id = await world.agreed()
    world.claims.registry.script.extend([MISMATCH, MISMATCH])
    page = await world.submit(session_id, name="别人", number=TEN, guardian=ADULT)
    assert page.verification.failure_reason == page.verification.FAILURE_REASON_MISMATCH
    assert PARENT not in {identity.name for _, identity in world.claims.registry.checks}
    assert await sql.count(world.database, attempts) == 1


@pytest.mark.parametrize(
    ("adult", "field"),
    [
        ((PARENT, number("20081201")), "guardian.document.number"),
        ((CHILD, TEN), "guardian.document.number"),
        ((PARENT, FORTY[:-1] + ("1" if FORTY[-1] != "1" else "2")), "guardian.document.number"),
        (("", FORTY), "guardian.real_name"),
    ],
    ids=["17 years old", "the child", "no number", "no name"],
)
async def test_an_adult_is_another_person_of_age(
    world: SessionWorld, adult: tuple[str, str], field: str
) -> None:
    """Of anybody else no registry is asked, and nothing is charged."""
    session_id = await world.agreed()
    with pytest.raises(InvalidFields) as refused:
        await world.submit(session_id, name=CHILD, number=TEN, guardian=adult)
    assert list(refused.value) == [field]
    assert {identity.name for _, identity in world.claims.registry.checks} <= {CHILD}
    assert await sql.count(world.database, attempts) == 0


async def test_an_adult_whom_the_registry_does_not_confirm_is_charged(world: SessionWorld) -> None:
    """The attempts at a number are the same in a child's session as in a claim; the sixth is refused."""
    session_id = await world.agreed()
    for tried in range(5):
        world.claims.registry.script.extend([MATCH, MISMATCH])
        with pytest.raises(InvalidFields) as refused:
            await world.submit(session_id, name=CHILD, number=TEN, guardian=(f"甲{tried}", FORTY))
        assert dict(refused.value.items()) == {"guardian": "CHARACTER"}
    assert await sql.count(world.database, attempts) == 5
    with pytest.raises(Exhausted, match="TOO_MANY_ATTEMPTS"):
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert await sql.count(world.database, claims) == 0


async def test_the_attempts_of_claims_count_for_an_adult(world: SessionWorld) -> None:
    """Whoever has guessed names of a number in claims cannot go on in a child's session."""
    for tried in range(5):
        world.claims.registry.script.append(MISMATCH)
        await world.claims.claim(tried, builders.identity(name=f"甲{tried}", number=FORTY))
    session_id = await world.agreed()
    with pytest.raises(Exhausted, match="TOO_MANY_ATTEMPTS"):
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)


async def test_the_attempts_at_an_adult_count_for_claims(world: SessionWorld) -> None:
    """Also if the platform has never seen the number, whose person is stored with the first claim."""
    session_id = await world.agreed()
    for tried in range(5):
        world.claims.registry.script.extend([MATCH, MISMATCH])
        with pytest.raises(InvalidFields):
            await world.submit(session_id, name=CHILD, number=TEN, guardian=(f"甲{tried}", FORTY))
    with pytest.raises(Exhausted, match="TOO_MANY_ATTEMPTS"):
        await world.claims.claim(1, builders.identity(name=PARENT, number=FORTY))


async def test_a_closed_adult_may_take_part(world: SessionWorld) -> None:
    """No sanction of the adult counts, none reaches the child, and no place of the adult is taken."""
    moderation = world.moderation
    closed = builders.identity(number=FORTY)
    token = await moderation.account(1, identity=closed)
    keys = await moderation.moderator(1), await moderation.moderator(2)
    await moderation.of_person(token, Degree.CLOSE, keys)
    before = await sql.rows(world.database, select(persons).order_by(persons.c.person_id))
    session_id = await world.agreed()
    adult = (closed.name, closed.document.number)
    done = await world.submit(session_id, name=CHILD, number=TEN, guardian=adult)
    assert done.state == States.STATE_SUCCEEDED
    assert done.verification.status.standing == common_pb2.AccountStatus.STANDING_GOOD
    after = await sql.rows(world.database, select(persons).order_by(persons.c.person_id))
    assert [each for each in after if each in before] == before


async def test_an_adult_who_is_no_more_takes_no_part(world: SessionWorld) -> None:
    """As in a claim: a notice of the registry counts for more than its match."""
    await world.claims.claim(1, builders.identity(name=PARENT, number=FORTY))
    ((index,),) = await sql.rows(world.database, select(persons.c.person_id))
    mark = {"relying_party": PARTY, "person_id": index, "notice_id": "a" * 32, "kind": "PERSON_ENDED"}
    await sql.change(world.database, insert(person_marks).values(**mark))
    session_id = await world.agreed()
    with pytest.raises(InvalidFields) as refused:
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert dict(refused.value.items()) == {"guardian": "CHARACTER"}


async def test_a_campaign_reaches_a_child(world: SessionWorld) -> None:
    """The question for an adult uses up no try of the invitation; the imported account is verified."""
    (token,) = await world.campaigns.members(1)
    campaign = await world.campaigns.started(methods=(ReverificationMethod.HOSTED_LINK,))
    (shown,) = (await world.campaigns.take(campaign)).invitations
    session_id = await world.agreed(
        account_token=token, purpose=SessionPurpose.INVITATION, invitation_code=shown.code
    )
    before = await traces(world.database)
    with pytest.raises(InvalidFields):
        await world.submit(session_id, name=CHILD, number=TEN)
    assert await traces(world.database) == before
    done = await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert (done.state, done.verification.account_token) == (States.STATE_SUCCEEDED, token)


async def test_whoever_is_killed_between_the_checks_leaves_an_attempt(world: SessionWorld) -> None:
    """Each act is cut before and after its commit: a repeat of the form verifies the child, once."""
    for fault in (Fault.REFUSE, Fault.LOSE_ANSWER):
        for act in ("charge", "give_back"):
            session_id = await world.agreed(browser=2)
            world.claims.claims.plant(act, fault)
            with pytest.raises(Unavailable):
                await world.submit(session_id, browser=2, name=CHILD, number=TEN, guardian=ADULT)
            assert await sql.count(world.database, attempts) <= 1
            done = await world.submit(session_id, browser=2, name=CHILD, number=TEN, guardian=ADULT)
            assert done.state == States.STATE_SUCCEEDED
            assert await sql.count(world.database, attempts) == 0


@pytest.mark.parametrize("answered", [0, 1])
async def test_whoever_leaves_during_a_check_is_not_charged_for_a_match(
    world: SessionWorld, answered: int
) -> None:
    """The caller is gone while the registry is asked about the child, or about the adult."""
    session_id = await world.agreed()
    registry = world.claims.registry
    registry.gate = asyncio.Event()
    form = asyncio.create_task(world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT))
    for _ in range(answered):
        await registry.asked.wait()
        registry.asked.clear()
        registry.gate.set()
        registry.gate = asyncio.Event()
    await registry.asked.wait()
    form.cancel()
    with pytest.raises(asyncio.CancelledError):
        await form
    assert await sql.count(world.database, attempts) == 1
    registry.gate.set()
    await world.claims.verification.drain()
    await world.context.claims.drain()
    assert await sql.count(world.database, attempts) == 0
    assert await sql.count(world.database, claims) == 0


async def test_a_session_does_not_ask_the_registry_for_ever(world: SessionWorld) -> None:
    """Ten forms of a child in one session; what counts them is in memory, and forgets the oldest sessions."""
    session_id = await world.agreed()
    for _ in range(10):
        with pytest.raises(InvalidFields):
            await world.submit(session_id, name=CHILD, number=TEN)
    with pytest.raises(Exhausted, match="TOO_MANY_ATTEMPTS"):
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    tries = GuardianTries()
    for session in range(10_001):
        tries.count(str(session))
    assert (len(tries._counts), "0" in tries._counts) == (10_000, False)


async def test_a_registry_that_does_not_decide_lets_nobody_pass(world: SessionWorld) -> None:
    """The form may be sent again; no claim was made that could wait and tell of a child."""
    session_id = await world.agreed()
    world.claims.registry.script.append(RegistryAnswer.UNKNOWN)
    with pytest.raises(Unavailable, match="STORE_UNAVAILABLE"):
        await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert await sql.count(world.database, claims) == 0
    done = await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert done.state == States.STATE_SUCCEEDED


async def test_a_childs_claim_waits_as_any_other(world: SessionWorld) -> None:
    """The intake says that an adult was confirmed: the worker verifies the child, and no other child."""
    session_id = await world.agreed()
    world.claims.registry.script.extend([MATCH, MATCH, RegistryAnswer.NOT_SENT])
    page = await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert page.state == States.STATE_CHECKING
    world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    alone = await world.claims.claim(1, builders.identity(name=CHILD, number=number("20170105")))
    assert alone.state is ClaimState.PENDING
    await world.claims.work(seconds=60)
    assert (await world.page(session_id, seconds=61)).state == States.STATE_SUCCEEDED
    assert (await world.claims.claimed(1, seconds=61)).failure_reason == "MISMATCH"


async def test_an_adult_is_needed_until_the_fourteenth_birthday(world: SessionWorld) -> None:
    """On that day nobody is asked for, and an adult who was typed is not looked at."""
    session_id = await world.agreed()
    with pytest.raises(InvalidFields):
        await world.submit(session_id, name=CHILD, number=number("20120302"))
    done = await world.submit(session_id, name=CHILD, number=number("20120301"), guardian=ADULT)
    assert done.state == States.STATE_SUCCEEDED
    assert PARENT not in {identity.name for _, identity in world.claims.registry.checks}


async def test_a_proof_of_presence_needs_the_adult_before_the_person_leaves(world: SessionWorld) -> None:
    """The hash that binds the proof says that there was one; the session keeps nothing else."""
    assert world.provider is not None
    session_id = await world.agreed(proof=Proof.HOLDER)
    with pytest.raises(InvalidFields):
        await world.begin_proof(session_id, name=CHILD, number=TEN)
    page = await world.begin_proof(session_id, name=CHILD, number=TEN, guardian=ADULT)
    world.provider.end(page.proof_url)
    assert (await world.finish_proof(session_id)).state == States.STATE_SUCCEEDED
    ((stored,),) = await sql.rows(world.database, select(sessions.c.proof_hash))
    assert len(stored) == 32


async def test_a_provider_alone_does_not_verify_a_child(world: SessionWorld) -> None:
    """Where the registry denied the child, nobody asked for an adult: the proof ends as a mismatch."""
    assert world.provider is not None
    session_id = await world.agreed(proof=Proof.HOLDER)
    world.claims.registry.script.append(MISMATCH)
    page = await world.begin_proof(session_id, name=CHILD, number=TEN, guardian=ADULT)
    world.provider.end(page.proof_url)
    ended = await world.finish_proof(session_id)
    assert ended.verification.failure_reason == ended.verification.FAILURE_REASON_MISMATCH
    assert (await world.get(session_id)).verification is not None
    assert world.claims.records.sealed == []


async def test_a_childs_account_is_renewed_on_the_pages_only(world: SessionWorld) -> None:
    """A platform that sends the number is refused; the account stays verified until the adult comes again."""
    token = (await _verified(world)).verification.account_token
    refused = await world.claims.claim(5, builders.identity(name=CHILD, number=TEN), token=token)
    assert (refused.failure_reason, refused.status.state) == ("GUARDIAN_REQUIRED", AccountState.VERIFIED)
    session_id = await world.agreed(account_token=token, purpose=SessionPurpose.RENEWAL)
    with pytest.raises(InvalidFields):
        await world.submit(session_id, name=CHILD, number=TEN)
    done = await world.submit(session_id, name=CHILD, number=TEN, guardian=ADULT)
    assert (done.state, done.verification.account_token) == (States.STATE_SUCCEEDED, token)
