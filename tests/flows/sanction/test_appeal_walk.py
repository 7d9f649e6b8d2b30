"""Appeals against a reference model: a state machine on both databases, and a long random walk."""

import random
from itertools import product
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
from idvault_client.sanctions import AccountAppeal
from idvault_verify.sanction import AppealState, Degree, SanctionState, Scope
from tests.flows.sanction.test_walk import ACCOUNTS, HOUR, HOURS, MODERATORS, OWNERS, PLACE, STEPS, Walk
from tests.support.appeal_model import ModelCourt
from tests.support.appeal_world import TEXT, AppealWorld
from tests.support.refusal import states_or_reason
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders
from tools.support.databases import Databases, Maker

NOUNS = {"sanction": Scope.ACCOUNT, "person": Scope.PERSON}
SCOPES = st.sampled_from(Scope)
VERDICTS = [AppealState.UPHELD, AppealState.REJECTED]


class AppealWalk(Walk):
    """The real platform and the model side by side, with appeals."""

    world: AppealWorld
    model: ModelCourt

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.world = AppealWorld(database)
        self.model = ModelCourt(OWNERS, builders.NOW)
        self.filed: list[AccountAppeal] = []

    async def file(self, place: int) -> None:
        expected = self.model.file(place, now=self.now)
        assert await self._heard(self.world.file(self.made[place], seconds=self.now)) == expected
        await self.agree(self.model.sanctions[place].account)

    async def decide(self, place: int, verdict: AppealState, by: int) -> None:
        expected = self.model.decide(place, verdict.value, by=by, now=self.now)
        work = self.world.decide(self.filed[place], verdict, key=self.keys[by], seconds=self.now)
        assert await self._heard(work) == expected
        await self.agree(self.model.sanctions[self.model.appeals[place].sanction].account)

    async def sweep(self) -> None:
        assert await self.world.sweep_all(seconds=self.now) == self.model.sweep(self.now)

    async def agree_on_appeals(self) -> None:
        """Compare states, what is overdue, and which texts can be read."""
        model = self.model.appeals
        ids = [each.appeal_id for each in self.filed]
        overdue = await self._listed(overdue=True)
        late = [key for key, each in zip(ids, model, strict=True) if each.overdue(self.now)]
        assert sorted(overdue) == sorted(late)
        for state in AppealState:
            found = await self._listed(state=state)
            expected = [key for key, each in zip(ids, model, strict=True) if each.state == state.value]
            assert sorted(found) == sorted(expected)
        for appeal, expected_one in list(zip(self.filed, model, strict=True))[-5:]:
            text = (await self.world.read(appeal, seconds=self.now)).text
            assert text == (TEXT if expected_one.readable(self.now) else "")

    async def agree_on_every_sanction(self) -> None:
        """Compare the state of every sanction, page by page."""
        for state in SanctionState:
            found = await self.world.pages(size=1_000, seconds=self.now, state=state)
            listed = {each for page in found for each in page}
            expected = [each.state(self.now) == state.value for each in self.model.sanctions]
            assert [each.sanction_id in listed for each in self.made] == expected

    async def agree_on_the_log(self) -> None:
        """Compare what anybody can count with the model."""
        model = self.model.appeals
        expected = {
            "appeal:case:file": len(model),
            "appeal:case:uphold": sum(each.state == "UPHELD" for each in model),
            "appeal:case:reject": sum(each.state == "REJECTED" for each in model),
            "appeal:case:overdue": sum(each.late for each in model),
            "appeal:text:delete": sum(not each.text for each in model),
        }
        found = await self.world.events("appeal:")
        assert {name: found.count(name) for name in expected} == expected
        for degree, (noun, scope) in product(Degree, NOUNS.items()):
            of = f"{noun}:{degree.value.lower()}:"
            events = await self.world.events(of)
            begun = events.count(of + "impose")
            ended = sum(events.count(of + verb) for verb in ("lift", "lapse", "overturn"))
            in_force = [
                each
                for each in self.model.sanctions
                if (each.degree, each.scope, each.state(self.now)) == (degree.value, scope.value, "IN_FORCE")
            ]
            assert begun - ended == len(in_force)

    async def _listed(self, **filters: Any) -> list[str]:
        pages = await self.world.appeal_pages(seconds=self.now, **filters)
        return [each for page in pages for each in page]

    async def _heard(self, work: Any) -> str:
        """Return the state that an act led to, or why it was refused."""
        try:
            found: AccountAppeal = await work
        except VaultError as error:
            told = states_or_reason(error)
        else:
            told = str(found.state)
            if len(self.filed) < len(self.model.appeals):
                self.filed.append(found)
        self.told[told] += 1
        return told


class AppealSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = AppealWalk(self.database)

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
        scope=SCOPES,
    )
    def impose(self, account: int, degree: Degree, by: int, hours: int | None, scope: Scope) -> None:
        """A moderator imposes or proposes."""
        self.run(self.walk.impose(account, degree, by, hours, scope))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def renew(self, account: int) -> None:
        """An owner verifies again, and may follow the sanction of another account."""
        self.run(self.walk.renew(account))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=st.integers(0, MODERATORS - 1), confirms=st.booleans())
    def end_or_confirm(self, place: int, by: int, confirms: bool) -> None:
        """A moderator confirms or lifts, or is refused."""
        act = self.walk.confirm if confirms else self.walk.lift
        self.run(act(place % len(self.walk.made), by))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE)
    def file(self, place: int) -> None:
        """An owner appeals, or is refused."""
        self.run(self.walk.file(place % len(self.walk.made)))

    @precondition(lambda self: self.walk.filed)
    @rule(place=PLACE, verdict=st.sampled_from(VERDICTS), by=st.integers(0, MODERATORS - 1))
    def decide(self, place: int, verdict: AppealState, by: int) -> None:
        """A moderator decides, or is refused."""
        self.run(self.walk.decide(place % len(self.walk.filed), verdict, by))

    @rule(hours=st.integers(1, 40) | st.sampled_from([16 * 24, 91 * 24, 181 * 24]))
    def time_passes(self, hours: int) -> None:
        """Deadlines and ends come."""
        self.walk.now += hours * HOUR

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is stored."""
        self.run(self.walk.work())
        self.run(self.walk.sweep())

    @invariant()
    def both_agree(self) -> None:
        """Every account, sanction and appeal is as in the model."""
        for account in range(len(self.walk.tokens)):
            self.run(self.walk.agree(account))
        self.run(self.walk.agree_on_sanctions())
        self.run(self.walk.agree_on_appeals())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: standings, states, what is overdue, and which texts remain."""
    take_steps(AppealSteps, maker)


_LONG = [20 * 24, 100 * 24, 200 * 24]


async def _step(walk: AppealWalk, chance: random.Random) -> None:
    """Do one random step; mostly about the newest sanctions and appeals, which are still open."""
    kind, by = chance.randrange(14), chance.randrange(MODERATORS)
    place = max(0, len(walk.made) - 1 - chance.randrange(12))
    if kind < 3 or not walk.made:
        hours = chance.choice([None, *range(1, 100)])
        scope = chance.choice([Scope.ACCOUNT, Scope.ACCOUNT, Scope.PERSON])
        await walk.impose(chance.randrange(ACCOUNTS), chance.choice(list(Degree)), by, hours, scope)
    elif kind < 5:
        await walk.confirm(place, by)
    elif kind == 5:
        await walk.lift(place, by)
    elif kind < 9:
        await walk.file(place)
    elif kind < 12 and walk.filed:
        which = max(0, len(walk.filed) - 1 - chance.randrange(6))
        await walk.decide(which, chance.choice(VERDICTS), by)
    elif kind == 12 and chance.randrange(3) == 0:
        await walk.renew(chance.randrange(ACCOUNTS))
    elif kind == 12:
        # Now and then so long that decisions are late, texts are deleted, or an appeal is too late.
        walk.now += (chance.randrange(1, 40) if chance.randrange(10) else chance.choice(_LONG)) * HOUR
    else:
        await walk.work()
        await walk.sweep()


@pytest.mark.long
async def test_a_long_walk_agrees_with_the_model(sqlite_databases: Databases) -> None:
    """Random steps, 10,000 in full: every kind of answer occurs, and the log counts what there is."""
    database, chance = Database(url=sqlite_databases.main_url), random.Random(7)  # noqa: S311 - no secret
    walk = AppealWalk(database)
    await walk.begin()
    for step in range(STEPS):
        await _step(walk, chance)
        if step % 1_000 == 0:
            await walk.agree_on_appeals()
    await walk.work()
    await walk.sweep()
    await walk.agree_on_every_sanction()
    await walk.agree_on_appeals()
    await walk.agree_on_the_log()
    assert any(not each.text for each in walk.model.appeals)
    assert any(each.late for each in walk.model.appeals)
    assert walk.told.keys() >= {
        "FILED",
        "UPHELD",
        "REJECTED",
        "SELF_APPROVAL",
        "SANCTION_NEVER_IN_FORCE",
        "APPEAL_TOO_LATE",
        "APPEAL_EXISTS",
        "UPHELD -> REJECTED",
        "UPHELD -> UPHELD",
        "REJECTED -> UPHELD",
        "REJECTED -> REJECTED",
        "OVERTURNED -> IN_FORCE",
        "OVERTURNED -> LIFTED",
    }
    await walk.world.claims.verification.drain()
    await database.close()
