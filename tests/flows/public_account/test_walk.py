"""Public accounts against a reference model: a state machine on both databases, and a long random walk."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from idvault.core.db.database import Database
from idvault_client.errors import VaultError
from idvault_client.public_accounts import OwnedPublicAccount, ReaderProfile
from idvault_client.sanctions import AccountSanction
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.public_account import PublicAccountState
from tests.support.public_account_model import ModelOwner, ModelRegister
from tests.support.refusal import outcome, states_or_reason
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders, walks
from tools.support.databases import Databases, Maker
from tools.support.flow_world import at, command
from tools.support.organizations import organization
from tools.support.public_account_world import DAY, PublicAccountWorld, licence
from tools.support.sanction_world import reasons, until

STEPS = walks.length(10_000)
# Two accounts of one person, one of another person, and a company with a limit of five.
PERSONS, LIMITS = (0, 0, 1, 2), (1, 1, 1, 5)
OWNERS = len(PERSONS)
VALID = 365


class Walk:
    """The real platform and the model side by side."""

    def __init__(self, database: Database) -> None:
        self.world, self.model = PublicAccountWorld(database), ModelRegister()
        self.tokens: list[str] = []
        self.keys: list[ModeratorKey] = []
        self.made: list[OwnedPublicAccount] = []
        self.closings: dict[int, AccountSanction] = {}
        self.day = 0
        self.claims = 100
        self.shown: dict[int, ReaderProfile] = {}
        self.told: Counter[str] = Counter()
        self.filed: dict[int, set[str]] = {}

    @property
    def seconds(self) -> int:
        return self.day * DAY

    async def begin(self) -> None:
        people = [await self.world.person(1, who=1), await self.world.person(2, who=1)]
        self.tokens = [*people, await self.world.person(3, who=3), await self.world.company()]
        self.keys = [await self.world.sanctions.moderator(number) for number in (1, 2)]
        self.model.owners = [
            ModelOwner(person, limit, VALID) for person, limit in zip(PERSONS, LIMITS, strict=True)
        ]

    def pass_days(self, days: int, also: int) -> None:
        """Let days pass, and remember what was live at the end of the first, and of another one of them."""
        for day in {self.day, self.day + also % days}:
            states = [self.model.state(place, day) for place in range(len(self.made))]
            self.filed[day] = {
                made.public_account_id
                for made, state in zip(self.made, states, strict=True)
                if state in ("ACTIVE", "GRACE")
            }
        self.day += days

    async def agree_on_filings(self, day: int) -> None:
        """Compare the filings of a day in the past with what was live then."""
        on = builders.TODAY + timedelta(days=day)
        found = await self.world.filings(seconds=self.seconds, day=on)
        assert {each.public_account_id for each in found} == self.filed[day]

    async def apply(self, owner: int, days: int | None) -> None:
        end = None if days is None else self.day + days
        expected = self.model.apply(owner, end, self.day)
        given = None if end is None else licence(builders.TODAY + timedelta(days=end))
        work = self.world.apply(self.tokens[owner], given, seconds=self.seconds)
        assert await self._told(work) == expected

    async def decide(self, verb: str, place: int) -> None:
        """Approve, reject, renew or close one of the public accounts."""
        expected = getattr(self.model, verb)(place, self.day)
        work = getattr(self.world, verb)(self.made[place], seconds=self.seconds)
        assert await self._told(work) == expected
        await self.agree(place)

    async def move(self, verb: str, place: int, to: int) -> None:
        """Offer one of the public accounts to an owner, or let that owner accept it."""
        expected = getattr(self.model, verb)(place, to, self.day)
        work = getattr(self.world, verb)(self.made[place], self.tokens[to], seconds=self.seconds)
        assert await self._told(work) == expected
        await self.agree(place)

    async def verify(self, owner: int) -> None:
        """The owner verifies again, unless the account is closed."""
        if self.model.owners[owner].is_closed(self.day):
            return
        self.claims += 1
        who = organization() if owner == OWNERS - 1 else builders.identity(number=_number(owner))
        asked = command(self.claims, who, account_token=self.tokens[owner])
        await self.world.claims.represented(asked, seconds=self.seconds)
        self.model.owners[owner].verified_until = self.day + VALID

    async def close_owner(self, owner: int, days: int | None) -> None:
        """Two moderators close the owner's account, unless it is closed."""
        if self.model.owners[owner].is_closed(self.day):
            return
        self.model.close_owner(owner, None if days is None else self.day + days, self.day)
        given = reasons() if days is None else until(self.seconds + days * DAY)
        self.closings[owner] = await self.world.sanctions.closed(
            self.tokens[owner], (self.keys[0], self.keys[1]), given=given, seconds=self.seconds
        )

    async def lift_owner(self, owner: int) -> None:
        """A moderator lifts that, if it is still in force."""
        if not self.model.owners[owner].is_closed(self.day):
            return
        await self.world.sanctions.lift(self.closings[owner], key=self.keys[0], seconds=self.seconds)
        self.model.owners[owner].closed = False

    async def work(self) -> None:
        """Let the workers store what has come due; nothing that anybody sees changes."""
        await self.world.work(seconds=self.seconds)
        await self.world.sanctions.work(seconds=self.seconds)
        await self.world.claims.retention.expire_accounts(now=at(self.seconds), limit=99)
        for place in range(len(self.made))[-5:]:
            await self.agree(place)

    async def agree(self, place: int) -> None:
        """Compare a public account with the model, and its revision with what was shown before."""
        profile = await self.world.profile(self.made[place], seconds=self.seconds)
        assert profile.state == self.model.state(place, self.day)
        assert (profile.licence is not None) == self.model.made[place].declared(self.day)
        moved = self.made[place].account_token != self.tokens[self.model.made[place].owner]
        assert profile.owner_changed_on is not None or not moved
        former = self.shown.get(place, profile)
        assert profile.revision >= former.revision
        assert profile.revision > former.revision or profile == former
        self.shown[place] = profile

    async def agree_on_all(self) -> None:
        """Compare every public account, in the list of all and in the lists by state."""
        expected = [self.model.state(place, self.day) for place in range(len(self.made))]
        for wanted in (None, *PublicAccountState):
            found = await self.world.pages(size=1_000, state=wanted, seconds=self.seconds)
            assert {each for page in found for each in page} == {
                made.public_account_id
                for made, state in zip(self.made, expected, strict=True)
                if wanted in (None, state)
            }

    async def _told(self, work: Any) -> str:
        """Return the state that a verb led to, or why it was refused."""
        found = await outcome(work)
        if isinstance(found, VaultError):
            said = states_or_reason(found)
        else:
            said = str(found.state)
            if len(self.made) < len(self.model.made):
                self.made.append(found)
        self.told[said] += 1
        return said


def _number(owner: int) -> str:
    return f"110000190101{1 if owner < 2 else 3:02}000X"


OWNER = st.integers(0, OWNERS - 1)
VERBS = ("approve", "reject", "renew", "close")


class PublicAccountSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk(self.database)

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Sign up the owners."""
        self.run(self.walk.begin())

    @rule(owner=OWNER, days=st.none() | st.integers(0, 500))
    def apply(self, owner: int, days: int | None) -> None:
        """An owner applies, or is refused."""
        self.run(self.walk.apply(owner, days))

    @precondition(lambda self: self.walk.made)
    @rule(verb=st.sampled_from(VERBS), place=st.integers(0, 50))
    def decide(self, verb: str, place: int) -> None:
        """Something happens to one of them, or is refused."""
        self.run(self.walk.decide(verb, place % len(self.walk.made)))

    @precondition(lambda self: self.walk.made)
    @rule(verb=st.sampled_from(("offer", "accept")), place=st.integers(0, 50), to=OWNER)
    def move(self, verb: str, place: int, to: int) -> None:
        """An owner offers one of them, or another accepts it, or is refused."""
        self.run(self.walk.move(verb, place % len(self.walk.made), to))

    @rule(owner=OWNER, days=st.none() | st.integers(1, 90))
    def close_owner(self, owner: int, days: int | None) -> None:
        """An owner's account is closed."""
        self.run(self.walk.close_owner(owner, days))

    @rule(owner=OWNER)
    def lift_owner(self, owner: int) -> None:
        """It is opened again."""
        self.run(self.walk.lift_owner(owner))

    @rule(owner=OWNER)
    def verify(self, owner: int) -> None:
        """An owner verifies again."""
        self.run(self.walk.verify(owner))

    @rule(days=st.integers(1, 200))
    def time_passes(self, days: int) -> None:
        """Terms and licences run out."""
        self.walk.pass_days(days, days // 2)

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is stored."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Every public account is as in the model, also in the lists."""
        for place in range(len(self.walk.made)):
            self.run(self.walk.agree(place))
        self.run(self.walk.agree_on_all())
        for day in self.walk.filed:
            self.run(self.walk.agree_on_filings(day))


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: state, licence, order of revisions, lists by state, filings of past days."""
    take_steps(PublicAccountSteps, maker)


async def _move(walk: Walk, chance: random.Random, owner: int) -> None:
    """Offer or accept one of the newest, mostly one that is live and to somebody who could have it."""
    newest = range(max(0, len(walk.made) - 40), len(walk.made))
    live = [place for place in newest if walk.model.state(place, walk.day) in ("ACTIVE", "GRACE")]
    place = chance.choice(live or newest)
    offered = walk.model.made[place].offered
    if offered is None or chance.randrange(3) == 0:
        await walk.move("offer", place, chance.choice([owner, 0, 1, 2]))
    else:
        await walk.move("accept", place, chance.choice([owner, offered[0], offered[0]]))


@pytest.mark.long
async def test_a_long_walk_agrees_with_the_model(sqlite_databases: Databases) -> None:
    """Random steps, 10,000 in full: every kind of answer occurs; the filings of sixty past days agree."""
    database, chance = Database(url=sqlite_databases.main_url), random.Random(14)  # noqa: S311 - no secret
    walk = Walk(database)
    await walk.begin()
    for step in range(STEPS):
        kind, owner = chance.randrange(19), chance.randrange(OWNERS)
        # The newest ones, so that most verbs are about public accounts that can still change.
        place = max(0, len(walk.made) - 1 - chance.randrange(14))
        if kind < 4 or not walk.made:
            await walk.apply(owner, chance.choice([None, None, 0, *range(1, 300, 20)]))
        elif kind < 12:
            verb = chance.choice(["approve", "approve", "approve", "reject", "renew", "renew", "close"])
            await walk.decide(verb, place)
        elif kind < 15:
            await _move(walk, chance, owner)
        elif kind == 15:
            walk.pass_days(chance.choice([1, 5, 20, 60, 300]), chance.randrange(300))
        elif kind == 16:
            await walk.verify(owner)
        elif kind == 17:
            closes = chance.randrange(3) == 0
            await (walk.close_owner(owner, chance.choice([None, 20])) if closes else walk.lift_owner(owner))
        else:
            await walk.work()
        if step % 1_000 == 999:
            await walk.agree_on_all()
    for day in chance.sample(sorted(walk.filed), 60):
        await walk.agree_on_filings(day)
    assert walk.told.keys() >= {
        "APPLIED",
        "ACTIVE",
        "REJECTED",
        "CLOSED",
        "INVALID_MESSAGE",
        "ACCOUNT_CLOSED",
        "ACCOUNT_NOT_VERIFIED",
        "RENEWAL_TOO_EARLY",
        "PUBLIC_ACCOUNT_NOT_LIVE",
        "TRANSFER_NOT_OFFERED",
        "KIND_DIFFERS",
        "OWNER_NOT_ELIGIBLE",
        *(f"{state} -> ACTIVE" for state in ("ACTIVE", "EXPIRED", "CLOSED", "REJECTED", "APPLIED")),
        *(f"{state} -> CLOSED" for state in ("EXPIRED", "CLOSED", "REJECTED", "APPLIED")),
        *(f"{state} -> REJECTED" for state in ("ACTIVE", "EXPIRED", "CLOSED", "REJECTED")),
    }
    await walk.world.claims.verification.drain()
    await database.close()
