"""Sanctions against a reference model: a state machine on both databases, and a long random walk."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from idvault.claim.rules import Claim
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement
from idvault.core.tables.sanction import followers
from idvault_client.errors import VaultError
from idvault_client.sanctions import AccountSanction
from idvault_verify.account import Status
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import IdvaultError
from idvault_verify.sanction import Degree, Scope
from tests.support.refusal import states_or_reason
from tests.support.sanction_model import ModelPlatform
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders, walks
from tools.support.databases import Databases, Maker
from tools.support.flow_world import command
from tools.support.sanction_world import SanctionWorld, reasons, until

HOUR = 3_600
_FOLLOWERS = statement(followers.select().where(followers.c.account_token == param("token")))
# The first two accounts are of one person.
OWNERS, MODERATORS = [0, 0, 1], 3
ACCOUNTS = len(OWNERS)
STEPS = walks.length(10_000)


class Walk:
    """The real platform and the model side by side."""

    def __init__(self, database: Database) -> None:
        self.world, self.model = SanctionWorld(database), ModelPlatform(OWNERS, builders.NOW)
        self.tokens: list[str] = []
        self.keys: list[ModeratorKey] = []
        self.made: list[AccountSanction] = []
        self.now = 0
        self.shown: dict[int, Status] = {}
        self.told: Counter[str] = Counter()
        self._claims = 1_000

    async def begin(self) -> None:
        self.tokens = [(await self._verify(account)).account.account_token for account in range(ACCOUNTS)]
        self.keys = [await self.world.moderator(number) for number in range(1, MODERATORS + 1)]

    async def _verify(self, account: int, token: str | None = None) -> Claim:
        self._claims += 1
        who = builders.identity(number=f"110000190101{OWNERS[account]:02}000X")
        return await self.world.claims.verify(
            command(self._claims, who, account_token=token), seconds=self.now
        )

    async def renew(self, account: int) -> None:
        """Verify an account again; what it follows then, and with which delays, is read from the database."""
        expected = self.model.renew(account, now=self.now)
        try:
            claim = await self._verify(account, self.tokens[account])
        except IdvaultError as error:
            said = error.reason.value
        else:
            said = claim.failure_reason.value if claim.failure_reason else claim.state.value
            self.model.follow(account, now=self.now, delays=await self._delays(account))
        assert said == expected
        self.told[f"claim {said}"] += 1
        await self.agree(account)

    async def _delays(self, account: int) -> dict[int, int]:
        """Return the drawn delays of what an account follows, by the place of the sanction."""

        async def read(connection: Connection) -> list[Any]:
            return await connection.all(_FOLLOWERS, token=self.tokens[account])

        places = {made.sanction_id: place for place, made in enumerate(self.made)}
        rows = await self.world.database.read("test", read)
        return {places[row.sanction_id]: row.delay // 1_000_000 for row in rows}

    async def impose(
        self, account: int, degree: Degree, by: int, hours: int | None, scope: Scope = Scope.ACCOUNT
    ) -> None:
        end = None if hours is None else self.now + hours * HOUR
        expected = self.model.impose(account, degree.value, by=by, end=end, now=self.now, scope=scope.value)
        given = reasons() if end is None else until(end)
        work = self.world.impose(
            self.tokens[account], degree, key=self.keys[by], given=given, seconds=self.now, scope=scope
        )
        found = await self._told(work)
        assert found == expected
        await self.agree(account)

    async def confirm(self, place: int, by: int) -> None:
        expected = self.model.confirm(place, by=by, now=self.now)
        work = self.world.confirm(self.made[place], key=self.keys[by], seconds=self.now)
        assert await self._told(work) == expected
        await self.agree(self.model.sanctions[place].account)

    async def lift(self, place: int, by: int) -> None:
        expected = self.model.lift(place, now=self.now)
        work = self.world.lift(self.made[place], key=self.keys[by], seconds=self.now)
        assert await self._told(work) == expected
        await self.agree(self.model.sanctions[place].account)

    async def work(self) -> None:
        """Let the worker store what has come due; only what follows a lifted sanction changes visibly."""
        await self.world.work(seconds=self.now)
        await self.world.release(seconds=self.now)
        self.model.work(self.now)
        for account in range(ACCOUNTS):
            await self.agree(account)

    async def agree(self, account: int) -> None:
        """Compare an account with the model, and its revision with what was shown before."""
        status = await self.world.status(self.tokens[account], seconds=self.now)
        end = status.standing_until
        seconds = None if end is None else int((end - builders.NOW).total_seconds())
        assert status.standing.value == self.model.standing(account, self.now)
        assert seconds == self.model.until(account, self.now)
        former = self.shown.get(account, status)
        assert status.revision >= former.revision
        assert (status.revision == former.revision) == (status == former)
        self.shown[account] = status

    async def agree_on_sanctions(self) -> None:
        """Compare the state of every sanction."""
        page = await self.world.asks(self.now).list_page(page_size=1_000)
        states = {each.sanction_id: each.state for each in page.sanctions}
        for made, expected in zip(self.made, self.model.sanctions, strict=True):
            assert states[made.sanction_id] == expected.state(self.now)

    async def _told(self, work: Any) -> str:
        """Return the state that a decision led to, or why it was refused."""
        try:
            found: AccountSanction = await work
        except VaultError as error:
            told = states_or_reason(error)
        else:
            told = str(found.state)
            if len(self.made) < len(self.model.sanctions):
                self.made.append(found)
        self.told[told] += 1
        return told


HOURS = st.none() | st.integers(0, 100) | st.sampled_from([40 * 24, 200 * 24])
PLACE = st.integers(0, 50)


class SanctionSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk(self.database)

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Sign up the accounts and register the moderators."""
        self.run(self.walk.begin())

    @rule(
        account=st.integers(0, ACCOUNTS - 1),
        degree=st.sampled_from(Degree),
        by=st.integers(0, MODERATORS - 1),
        hours=HOURS,
        scope=st.sampled_from(Scope),
    )
    def impose(self, account: int, degree: Degree, by: int, hours: int | None, scope: Scope) -> None:
        """A moderator imposes or proposes."""
        self.run(self.walk.impose(account, degree, by, hours, scope))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def renew(self, account: int) -> None:
        """The owner verifies an account again, which may make it follow others."""
        self.run(self.walk.renew(account))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=st.integers(0, MODERATORS - 1))
    def confirm(self, place: int, by: int) -> None:
        """A moderator confirms, or is refused."""
        self.run(self.walk.confirm(place % len(self.walk.made), by))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=st.integers(0, MODERATORS - 1))
    def lift(self, place: int, by: int) -> None:
        """A moderator lifts, or is refused."""
        self.run(self.walk.lift(place % len(self.walk.made), by))

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        """Ends come, and proposals run out."""
        self.walk.now += hours * HOUR

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is stored."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Every account and every sanction is as in the model."""
        for account in range(len(self.walk.tokens)):
            self.run(self.walk.agree(account))
        self.run(self.walk.agree_on_sanctions())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: standing, its end, the state of each sanction, and the order of revisions."""
    take_steps(SanctionSteps, maker)


@pytest.mark.long
async def test_a_long_walk_agrees_with_the_model(sqlite_databases: Databases) -> None:
    """Random steps, 10,000 in full: every kind of answer occurs."""
    database, chance = Database(url=sqlite_databases.main_url), random.Random(7)  # noqa: S311 - no secret
    walk = Walk(database)
    await walk.begin()
    for step in range(STEPS):
        kind, by = chance.randrange(11), chance.randrange(MODERATORS)
        # The newest ones, so that most decisions are about sanctions that are still open.
        place = max(0, len(walk.made) - 1 - chance.randrange(12))
        if walk.model.alive and not chance.randrange(3):
            # An old one too, or accounts would be closed without an end after a while.
            place = chance.choice(walk.model.alive)
        if kind < 3 or not walk.made:
            hours = chance.choice([None, 0, *range(1, 100), *range(800, 820)])
            scope = chance.choice(list(Scope))
            await walk.impose(chance.randrange(ACCOUNTS), chance.choice(list(Degree)), by, hours, scope)
        elif kind < 5:
            await walk.confirm(place, by)
        elif kind < 8:
            await walk.lift(place, by)
        elif kind == 8:
            walk.now += chance.randrange(1, 40) * HOUR
        elif kind == 9:
            await walk.renew(chance.randrange(ACCOUNTS))
        else:
            await walk.work()
        if step % 500 == 0:
            await walk.agree(chance.randrange(ACCOUNTS))
    assert walk.told.keys() >= {
        "PROPOSED",
        "IN_FORCE",
        "LIFTED",
        "SELF_APPROVAL",
        "INVALID_MESSAGE",
        "LAPSED -> IN_FORCE",
        "LIFTED -> IN_FORCE",
        "IN_FORCE -> IN_FORCE",
        "LAPSED -> LIFTED",
        "LIFTED -> LIFTED",
        "claim SUCCEEDED",
        "claim SANCTIONED",
        "claim PERSON_CLOSED",
        "claim RENEWAL_SUSPENDED",
        "claim ACCOUNT_CLOSED",
    }
    await walk.world.claims.verification.drain()
    await database.close()
