"""Forms of children and their adults against a reference model: a state machine on both databases."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import func, select

from idvault.core.db.database import Database
from idvault.core.tables.claim import attempts, persons
from idvault.registry.ports import Reserved
from idvault_client.errors import InvalidFields, VaultError
from idvault_verify import document
from idvault_verify.account import SubjectKind
from idvault_verify.claim import ClaimState, Identity
from idvault_verify.registry import RegistryAnswer
from idvault_verify.v1 import session_pb2 as pb
from idvault_verify.v1 import verification_pb2
from tests.support.guardian_model import DAY, HOUR, ModelForms, Typed
from tests.support.refusal import outcome
from tests.support.session_world import SessionWorld
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders, sql
from tools.support.databases import Maker
from tools.support.fakes.registry import FakeRegistry
from tools.support.flow_world import at

# A child, one who is 14 tomorrow, one who is 18 tomorrow, and two adults. Today is 2026-03-01.
BIRTHDAYS = [date(2016, 1, 5), date(2012, 3, 2), date(2008, 3, 2), date(1986, 1, 5), date(1985, 1, 5)]
ANYBODY = st.builds(Typed, st.integers(0, len(BIRTHDAYS) - 1), st.sampled_from([0, 0, 0, 1, 2]))
CHILD, ADULT = (
    st.builds(Typed, st.integers(0, 1), st.just(0)),
    st.builds(Typed, st.integers(3, 4), st.just(0)),
)
_REASONS = verification_pb2.Verification.FailureReason


class KnowingRegistry(FakeRegistry):
    """A registry that knows the right names."""

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Confirm a right name."""
        right = identity.name == builders.NAME
        self.verdict = RegistryAnswer.MATCH if right else RegistryAnswer.MISMATCH
        return await super().check(ai=ai, identity=identity, patience=patience, reserved=reserved)


class GuardianWalk:
    """The real platform and the model side by side."""

    def __init__(self, database: Database) -> None:
        self.world = SessionWorld(database)
        self.model = ModelForms(BIRTHDAYS)
        self.now, self._calls = 0, 0
        settlement = self.world.claims.settlement
        registries: Mapping[Any, Any] = {SubjectKind.INDIVIDUAL: KnowingRegistry()}
        settlement.registries = {**settlement.registries, **registries}

    @property
    def today(self) -> date:
        return at(self.now).today(builders.ZONE)

    async def form(self, child: Typed, adult: Typed | None) -> None:
        """Send the form of a new session."""
        expected = self.model.form(child, adult, now=self.now, today=self.today)
        session_id = await self.world.agreed(seconds=self.now)
        given = None if adult is None else (_identity(adult).name, _identity(adult).document.number)
        who = _identity(child)
        work = self.world.submit(
            session_id, name=who.name, number=who.document.number, guardian=given, seconds=self.now
        )
        assert _word(await outcome(work)) == expected

    async def call(self, who: Typed) -> None:
        """Claim as a platform does, and read what is stored."""
        self._calls += 1
        expected = self.model.call(who, now=self.now, today=self.today)
        claim = await outcome(self.world.claims.claim(self._calls, _identity(who), seconds=self.now))
        if isinstance(claim, VaultError):
            assert claim.reason == expected == "TOO_MANY_ATTEMPTS"
            return
        told = "SUCCEEDED" if claim.state is ClaimState.SUCCEEDED else str(claim.failure_reason)
        assert told == expected
        kept = await self.world.claims.claimed(self._calls, seconds=self.now)
        assert kept.state is claim.state
        assert kept.failure_reason != "GUARDIAN_REQUIRED"

    async def agree(self) -> None:
        """Compare what is charged, and who has how many accounts: no adult has one of a child's."""
        database = self.world.database
        ((charged,),) = await sql.rows(database, select(func.count()).select_from(attempts))
        assert charged == self.model.rows()
        owned = await sql.rows(database, select(persons.c.accounts).where(persons.c.accounts > 0))
        assert sorted(row.accounts for row in owned) == sorted(self.model.accounts.values())


def _identity(typed: Typed) -> Identity:
    body = f"110000{BIRTHDAYS[typed.place]:%Y%m%d}00{typed.place}"
    number = body + document.resident_check_character(body=body)
    return builders.identity(number=number, name="错" * typed.wrong + builders.NAME)


def _word(found: pb.SessionPage | VaultError) -> str:
    if isinstance(found, InvalidFields):
        ((field, code),) = found.items()
        return f"{field} {code}"
    if isinstance(found, VaultError):
        return str(found.reason)
    if found.state == pb.VerificationSession.STATE_SUCCEEDED:
        return "SUCCEEDED"
    return _REASONS.Name(found.verification.failure_reason).removeprefix("FAILURE_REASON_")


class GuardianSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = GuardianWalk(self.database)

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Register the platform."""
        self.run(self.walk.world.prepare())

    @rule(child=ANYBODY, adult=st.none() | ANYBODY)
    def form(self, child: Typed, adult: Typed | None) -> None:
        """Anybody sends a form, with anybody beside."""
        self.run(self.walk.form(child, adult))

    @rule(child=CHILD, adult=ADULT)
    def come_with_an_adult(self, child: Typed, adult: Typed) -> None:
        """The usual way: a child comes alone, and then with an adult."""
        self.run(self.walk.form(child, None))
        self.run(self.walk.form(child, adult))

    @rule(child=CHILD, place=st.integers(3, 4))
    def guess(self, child: Typed, place: int) -> None:
        """Somebody tries names of an adult beside a child."""
        for wrong in range(1, 7):
            self.run(self.walk.form(child, Typed(place, wrong)))

    @rule(who=ANYBODY)
    def call(self, who: Typed) -> None:
        """A platform sends a number itself."""
        self.run(self.walk.call(who))

    @rule(seconds=st.sampled_from([HOUR // 6, HOUR + 1, DAY]))
    def time_passes(self, seconds: int) -> None:
        """Attempts count no more; somebody is 14, or 18."""
        self.walk.now += seconds

    @invariant()
    def both_agree(self) -> None:
        """Everything is as in the model."""
        self.run(self.walk.agree())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: what each form is answered with, what is charged, and whose places are taken."""
    take_steps(GuardianSteps, maker, count=8)
