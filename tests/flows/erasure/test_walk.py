"""Random steps of erasures beside a model, over both databases."""

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from idvault.core.db.database import Database
from idvault.core.tables.account import records
from idvault.core.tables.claim import persons
from idvault_client.errors import VaultError
from idvault_client.sanctions import AccountSanction
from idvault_verify.account import AccountState
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from tests.support.erasure_model import ModelVault
from tests.support.refusal import outcome, states_or_reason
from tools.support import sql, walks
from tools.support.databases import Databases, Maker
from tools.support.erasure_world import ErasureWorld

PEOPLE = 2
MOST = 5
HOUR = 3_600
LONGEST_DELAY = 72 * HOUR  # of what follows a lifted sanction
TOLD: Counter[str] = Counter()


class Walk:
    """The real vault and the model side by side."""

    def __init__(self, main: Database, shred: Database) -> None:
        self.world, self.model = ErasureWorld(main, shred), ModelVault(MOST)
        self.tokens: list[str] = []
        self.closings: dict[int, AccountSanction] = {}
        self.keys: tuple[ModeratorKey, ModeratorKey]
        self.now = 0

    async def begin(self) -> None:
        sanctions = self.world.sanctions
        self.keys = (await sanctions.moderator(1), await sanctions.moderator(2))
        for person in range(1, PEOPLE + 1):
            await self.sign_up(person)

    async def sign_up(self, person: int) -> None:
        claim = await self.world.verify(number=person, seconds=self.now)
        said = claim.failure_reason.value if claim.failure_reason else claim.state.value
        assert said == self.model.sign_up(person)
        TOLD[f"sign-up {said}"] += 1
        if claim.failure_reason is None:
            self.tokens.append(claim.account.account_token)
            await self.world.give_key(self.tokens[-1], bytes([person]) * 32)

    async def request(self, place: int) -> None:
        expected = self.model.request(place, now=self.now)
        assert await _told(self.world.request(self.tokens[place], seconds=self.now)) == expected

    async def cancel(self, place: int) -> None:
        expected = self.model.cancel(place, now=self.now)
        assert await _told(self.world.cancel(self.tokens[place], seconds=self.now)) == expected

    async def renew(self, place: int) -> None:
        expected = self.model.renew(place)
        number = self.model.accounts[place].person
        work = self.world.verify(self.tokens[place], number=number, seconds=self.now)
        assert await _told(work) == expected

    async def close(self, place: int) -> None:
        if place in self.closings:
            return
        expected = self.model.close(place)
        work = self.world.sanctions.of_person(self.tokens[place], Degree.CLOSE, self.keys, seconds=self.now)
        if expected == "IN_FORCE":
            self.closings[place] = await work
        else:
            assert await _told(work) == expected

    async def lift(self, place: int) -> None:
        if (sanction := self.closings.pop(place, None)) is not None:
            await self.world.sanctions.lift(sanction, key=self.keys[0], seconds=self.now)
            self.model.lift(place)

    async def work(self) -> None:
        """Let the worker do one round; what accounts follow ends at once, as nothing here is about that."""
        await self.world.sanctions.release(seconds=self.now + LONGEST_DELAY)
        await self.world.work(seconds=self.now)
        self.model.work(self.now)

    async def agree(self) -> None:
        """Compare every account, every record and every person with the model."""
        kept = {row.account_token for row in await sql.rows(self.world.main, select(records))}
        for token, expected in zip(self.tokens, self.model.accounts, strict=True):
            status = await self.world.status(token, seconds=self.now)
            assert (status.state is AccountState.ERASED) == (expected.erased_at is not None)
            assert (token in kept) == (not expected.destroyed)
            key = await self.world.key(token)
            assert (key is None) == expected.destroyed
            if expected.state():
                assert (await self.world.get(token)).state == expected.state()
        used = [self.model.used(person) for person in range(1, PEOPLE + 1)]
        rows = await sql.rows(self.world.main, select(persons.c.accounts))
        assert sorted(row.accounts for row in rows) == sorted(count for count in used if count)


async def _told(work: Any) -> str:
    found = await outcome(work)
    if isinstance(found, VaultError):
        said = states_or_reason(found)
    else:
        failure = getattr(found, "failure_reason", None)
        said = failure.value if failure else found.state.value
    TOLD[said] += 1
    return said


PLACE = st.integers(0, 50)


class ErasureSteps(RuleBasedStateMachine):
    """The steps; the databases exist for one run."""

    maker: Maker

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="idvault-erasure-"))
        self._loop = asyncio.new_event_loop()
        self._databases: Databases = self.maker.fresh(self._folder)
        self._main = Database(url=self._databases.main_url)
        self._shred = Database(url=self._databases.shred_url)
        self.walk = Walk(self._main, self._shred)

    def teardown(self) -> None:
        self.run(self.walk.world.claims.verification.drain())
        self.run(self._main.close())
        self.run(self._shred.close())
        self._loop.close()
        self.maker.drop(self._databases)
        shutil.rmtree(self._folder)

    def run(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    def place(self, drawn: int) -> int:
        return drawn % len(self.walk.tokens)

    @initialize()
    def begin(self) -> None:
        """Sign up the people."""
        self.run(self.walk.begin())

    @rule(person=st.integers(1, PEOPLE))
    def sign_up(self, person: int) -> None:
        """Somebody signs up once more, or again after an erasure."""
        self.run(self.walk.sign_up(person))

    @rule(place=PLACE)
    def request(self, place: int) -> None:
        """An erasure is requested, or refused."""
        self.run(self.walk.request(self.place(place)))

    @rule(place=PLACE)
    def cancel(self, place: int) -> None:
        """It is cancelled, or too late."""
        self.run(self.walk.cancel(self.place(place)))

    @rule(place=PLACE)
    def renew(self, place: int) -> None:
        """An account is verified again."""
        self.run(self.walk.renew(self.place(place)))

    @rule(place=PLACE)
    def close(self, place: int) -> None:
        """A person is closed."""
        self.run(self.walk.close(self.place(place)))

    @precondition(lambda self: self.walk.closings)
    @rule(place=PLACE)
    def lift(self, place: int) -> None:
        """A closing is lifted."""
        places = sorted(self.walk.closings)
        self.run(self.walk.lift(places[place % len(places)]))

    @rule(hours=st.sampled_from([1, 24, 7 * 24, 8 * 24]))
    def time_passes(self, hours: int) -> None:
        """Steps come due."""
        self.walk.now += hours * HOUR

    @rule()
    def the_worker_works(self) -> None:
        """What is due is carried out."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Everything is as in the model."""
        if self.walk.tokens:
            self.run(self.walk.agree())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: states, records, shred keys, slots and blind indices."""
    ErasureSteps.maker = maker
    run_state_machine_as_test(
        ErasureSteps,
        settings=settings(
            max_examples=walks.length(80),
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.long
async def test_a_long_walk_agrees_with_the_model(sqlite_databases: Databases) -> None:
    """Random steps, 30,000 in full: every kind of answer occurs."""
    main, shred = Database(url=sqlite_databases.main_url), Database(url=sqlite_databases.shred_url)
    chance, walk = random.Random(17), Walk(main, shred)  # noqa: S311 - no secret
    TOLD.clear()
    await walk.begin()
    for _ in range(walks.length(30_000)):
        # The newest accounts, so that most of them are not erased yet.
        place = max(0, len(walk.tokens) - 1 - chance.randrange(6))
        kind = chance.randrange(9)
        if kind < 1:
            await walk.sign_up(chance.randint(1, PEOPLE))
        elif kind < 3:
            await walk.request(place)
        elif kind < 4:
            await walk.cancel(place)
        elif kind < 5:
            await walk.renew(place)
        elif kind < 6:
            await (walk.close(place) if chance.randrange(3) == 0 else walk.lift(place))
        elif kind < 7:
            walk.now += chance.choice([HOUR, 24 * HOUR, 8 * 24 * HOUR])
        else:
            await walk.work()
    await walk.agree()
    assert TOLD.keys() >= {
        "sign-up SUCCEEDED",
        "sign-up PERSON_CLOSED",
        "sign-up ACCOUNT_LIMIT_REACHED",
        "REQUESTED",
        "CANCELLED",
        "ACCOUNT_ERASED",
        "ACCOUNT_CLOSED",
        "PERSON_CLOSED",
        "ERASURE_NOT_FOUND",
        "REQUESTED -> REQUESTED",
        "CANCELLED -> CANCELLED",
        "ERASED -> CANCELLED",
        "DESTROYED -> CANCELLED",
    }
    await walk.world.claims.verification.drain()
    await main.close()
    await shred.close()
