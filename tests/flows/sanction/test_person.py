"""Sanctions of a person, over both databases: the named account at once, the others at their renewal."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from idvault.account import rules as account_rules
from idvault.claim.rules import Claim
from idvault.core.db.connection import Connection
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.claim import persons
from idvault_verify.account import AccountState, Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import ClaimState, FailureReason, Identity
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.sanction import Degree, SanctionState, Scope
from tests.support.refusal import reason_of
from tools.support import builders
from tools.support.flow_world import command
from tools.support.sanction_world import SanctionWorld, until

HOUR, DAY = 3_600, 86_400
# The tests' time begins at 04:00 UTC.
MIDNIGHT = 20 * HOUR
WHO = builders.identity(number="110000190101010001")
OTHER = builders.identity(number="110000190101020002")
Keys = tuple[ModeratorKey, ModeratorKey]


class Steps:
    """Verifications with request ids that are never used twice."""

    def __init__(self, world: SanctionWorld) -> None:
        self.world, self._number = world, 500

    async def verify(self, token: str | None = None, *, who: Identity = WHO, seconds: float = 0) -> Claim:
        self._number += 1
        asked = command(self._number, who, account_token=token)
        return await self.world.claims.verify(asked, seconds=seconds)

    async def sign_up(self, who: Identity = WHO) -> str:
        return (await self.verify(who=who)).account.account_token

    async def standing(self, token: str, *, seconds: float = 0) -> tuple[Standing, float | None]:
        """Return the standing and the seconds of its end."""
        status = await self.world.status(token, seconds=seconds)
        end = status.standing_until
        return status.standing, None if end is None else (end - builders.NOW).total_seconds()


@pytest.fixture
def steps(world: SanctionWorld) -> Steps:
    """Return the steps."""
    return Steps(world)


async def counted(world: SanctionWorld) -> list[int]:
    """Return how many sanctions each person is said to have, the most first."""
    query = statement(select(persons.c.sanctions), scalar)

    async def read(connection: Connection) -> list[int]:
        return await connection.all(query)

    return sorted(await world.database.read("test", read), reverse=True)


async def test_two_moderators_sanction_a_person(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """A proposal changes nothing; confirmed, it reaches the named account and no other one."""
    named, other = await steps.sign_up(), await steps.sign_up()
    proposed = await world.impose(named, Degree.WARN, key=keys[0], scope=Scope.PERSON)
    assert proposed.state is SanctionState.PROPOSED
    assert (await world.status(named)).standing is Standing.GOOD
    confirmed = await world.confirm(proposed, key=keys[1])
    assert (confirmed.state, confirmed.scope) == (SanctionState.IN_FORCE, Scope.PERSON)
    shown = [await world.status(each) for each in (named, other)]
    assert [each.standing for each in shown] == [Standing.WARNED, Standing.GOOD]
    assert shown[1].revision == 2
    assert await world.events("person:") == ["person:warn:impose", "person:warn:propose"]
    assert await world.events("sanction:") == []


async def test_the_other_account_follows_at_its_renewal(
    world: SanctionWorld, keys: Keys, steps: Steps
) -> None:
    """With the degree's standing and a rounded end, in one change, and without a sanction of its own."""
    named, other = await steps.sign_up(), await steps.sign_up()
    await world.of_person(named, Degree.LIMIT, keys, given=until(5 * HOUR))
    renewed = await steps.verify(other, seconds=60)
    assert renewed.state is ClaimState.SUCCEEDED
    assert await steps.standing(other, seconds=60) == (Standing.PUBLISHING_LIMITED, MIDNIGHT)
    assert renewed.account.revision == 3
    assert await world.pages(size=9, account_token=other) == [[]]
    assert await world.events("person:account") == ["person:account:follow"]
    again = await steps.verify(other, seconds=120)
    assert (again.account.revision, again.account.standing) == (4, Standing.PUBLISHING_LIMITED)
    assert await world.events("person:account") == ["person:account:follow"]


async def test_a_new_account_follows_from_its_verification(
    world: SanctionWorld, keys: Keys, steps: Steps
) -> None:
    """It takes a slot as any other, and the limit of accounts stays."""
    named = await steps.sign_up()
    await world.of_person(named, Degree.SUSPEND, keys)
    fresh = await steps.verify()
    assert (fresh.state, fresh.account.standing, fresh.account.revision) == (
        ClaimState.SUCCEEDED,
        Standing.RENEWAL_SUSPENDED,
        2,
    )
    made = [(await steps.verify()).failure_reason for _ in range(4)]
    assert made == [None, None, None, FailureReason.ACCOUNT_LIMIT_REACHED]


async def test_a_closed_person_does_not_come_back(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """Under a new account it is told after a match only; another account is closed at its renewal."""
    named, other = await steps.sign_up(), await steps.sign_up()
    closed = await world.of_person(named, Degree.CLOSE, keys)
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    wrong = await steps.verify(who=builders.identity(name="某乙", number=WHO.document.number))
    assert wrong.failure_reason is FailureReason.MISMATCH
    fresh = await steps.verify()
    assert (fresh.failure_reason, fresh.account.state, fresh.account.standing) == (
        FailureReason.PERSON_CLOSED,
        AccountState.REJECTED,
        Standing.GOOD,
    )
    assert (await world.status(other)).standing is Standing.GOOD
    renewal = await steps.verify(other)
    assert (renewal.failure_reason, renewal.account.standing) == (
        FailureReason.PERSON_CLOSED,
        Standing.CLOSED,
    )
    assert renewal.account.state is AccountState.VERIFIED
    assert renewal.account.revision == 3
    await world.lift(closed, key=keys[0])
    assert (await steps.verify()).state is ClaimState.SUCCEEDED
    assert (await world.status(other)).standing is Standing.CLOSED
    assert await world.release(seconds=72 * HOUR) == 1
    assert (await world.status(other, seconds=72 * HOUR)).standing is Standing.GOOD


async def test_a_closing_ends_to_the_second(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """The person may open accounts again from the end on, although the worker has not stored it."""
    named = await steps.sign_up()
    await world.of_person(named, Degree.CLOSE, keys, given=until(HOUR))
    assert (await steps.verify(seconds=HOUR - 1)).failure_reason is FailureReason.PERSON_CLOSED
    assert (await steps.verify(seconds=HOUR)).state is ClaimState.SUCCEEDED


async def test_only_a_match_lets_an_account_follow(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """A mismatch, another person's document and another person's account change nothing."""
    named, other, stranger = await steps.sign_up(), await steps.sign_up(), await steps.sign_up(OTHER)
    await world.of_person(named, Degree.WARN, keys)
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    assert (await steps.verify(other)).failure_reason is FailureReason.MISMATCH
    assert (await steps.verify(other, who=OTHER)).failure_reason is FailureReason.DIFFERENT_OWNER
    assert (await steps.verify(stranger, who=OTHER)).state is ClaimState.SUCCEEDED
    assert (await steps.verify(stranger)).failure_reason is FailureReason.DIFFERENT_OWNER
    for token in (other, stranger):
        assert (await world.status(token)).standing is Standing.GOOD
    assert await world.events("person:account") == []


async def test_a_lift_reaches_followers_later(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """The named account is free at once; each follower after a delay of its own, or at its renewal before."""
    named = await steps.sign_up()
    others = [await steps.sign_up() for _ in range(4)]
    sanction = await world.of_person(named, Degree.LIMIT, keys)
    for other in others:
        await steps.verify(other)
    await world.lift(sanction, key=keys[0], seconds=HOUR)
    assert (await world.status(named, seconds=HOUR)).standing is Standing.GOOD
    before = [await world.status(other, seconds=HOUR) for other in others]
    assert {each.standing for each in before} == {Standing.PUBLISHING_LIMITED}
    assert {each.standing_until for each in before} == {None}
    renewed = await steps.verify(others[0], seconds=HOUR)
    assert renewed.account.standing is Standing.GOOD
    assert await world.release(seconds=2 * HOUR - 1) == 0
    released: dict[str, int] = {}
    for hour in range(2, 75):
        await world.release(seconds=hour * HOUR)
        for other in others[1:]:
            if (await world.status(other, seconds=hour * HOUR)).standing is Standing.GOOD:
                released.setdefault(other, hour)
    assert len(released) == 3
    assert len(set(released.values())) == 3
    assert await world.events("person:account") == ["person:account:follow"] * 8


async def test_several_sources_of_one_account(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """What an account follows is one of several sources; each ends only its own."""
    named, other = await steps.sign_up(), await steps.sign_up()
    first = await world.of_person(named, Degree.LIMIT, keys)
    second = await world.of_person(named, Degree.WARN, keys)
    own = await world.impose(other, Degree.WARN, key=keys[0])
    assert await counted(world) == [2]
    await steps.verify(other)
    assert (await world.status(other)).standing is Standing.PUBLISHING_LIMITED
    for sanction in (first, second):
        await world.lift(sanction, key=keys[0])
    assert await counted(world) == [0]
    assert await world.release(seconds=72 * HOUR) == 2
    assert (await world.status(other, seconds=72 * HOUR)).standing is Standing.WARNED
    await world.lift(own, key=keys[0], seconds=72 * HOUR)
    assert (await world.status(other, seconds=72 * HOUR)).standing is Standing.GOOD


async def test_a_proposal_concerns_nobody(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """Withdrawn or never confirmed, it leaves no mark on the person."""
    named, other = await steps.sign_up(), await steps.sign_up()
    withdrawn = await world.impose(named, Degree.CLOSE, key=keys[0], scope=Scope.PERSON)
    await world.impose(named, Degree.WARN, key=keys[0], scope=Scope.PERSON)
    assert (await steps.verify(other)).state is ClaimState.SUCCEEDED
    await world.lift(withdrawn, key=keys[0])
    assert await world.work(seconds=72 * HOUR) == 1
    assert await counted(world) == [0]
    assert await world.events("person:") == [
        "person:close:propose",
        "person:close:withdraw",
        "person:warn:expire",
        "person:warn:propose",
    ]


async def test_an_owner_must_be_known(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """Scope PERSON is refused for an account that was never verified."""
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    token = await steps.sign_up()
    assert (
        await reason_of(world.impose(token, Degree.WARN, key=keys[0], scope=Scope.PERSON))
        is Reason.PERSON_UNKNOWN
    )


async def test_a_claim_and_a_closing_at_once(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """Either comes first: the claim succeeds before the person is closed, or fails after."""
    named = await steps.sign_up()
    proposed = await world.impose(named, Degree.CLOSE, key=keys[0], scope=Scope.PERSON)
    claim, confirmed = await asyncio.gather(steps.verify(), world.confirm(proposed, key=keys[1]))
    assert confirmed.state is SanctionState.IN_FORCE
    assert claim.failure_reason in (None, FailureReason.PERSON_CLOSED)
    assert (await steps.verify()).failure_reason is FailureReason.PERSON_CLOSED


async def test_renewals_and_a_lift_at_once(world: SanctionWorld, keys: Keys, steps: Steps) -> None:
    """No deadlock, and afterwards nobody follows anything."""
    named = await steps.sign_up()
    others = [await steps.sign_up() for _ in range(4)]
    sanction = await world.of_person(named, Degree.LIMIT, keys)
    for other in others:
        await steps.verify(other)
    await asyncio.gather(
        *(steps.verify(other, seconds=1) for other in (named, *others)),
        world.lift(sanction, key=keys[0], seconds=1),
    )
    late = (account_rules.LONGEST_DELAY + timedelta(hours=1)).total_seconds()
    await world.release(seconds=late)
    assert [(await world.status(each, seconds=late)).standing for each in others] == [Standing.GOOD] * 4
    assert await counted(world) == [0]
