"""Withdrawals against a reference model: a state machine on both databases."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import func, select

from idvault.account.store import rows as account_rows
from idvault.account.store import version as version_store
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.sanction import followers
from idvault_client.errors import VaultError
from idvault_client.sanctions import AccountSanction
from idvault_client.sessions import AccountContest, AccountReinstatement
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from idvault_verify.session import ContestState, ReinstatementState
from tests.support.refusal import states_or_reason
from tests.support.steps import DatabaseSteps, take_steps
from tests.support.withdrawal_model import DAYS, HOURS, KEPT, ModelClaim, ModelVictims
from tests.support.withdrawal_world import WithdrawalWorld
from tools.support import builders
from tools.support.databases import Maker
from tools.support.flow_world import at
from tools.support.sanction_world import signing

# The first two accounts are of one person.
OWNERS, MODERATORS = [0, 0, 1], 5
ACCOUNTS = len(OWNERS)
BY = st.integers(0, MODERATORS - 1)
_FOLLOWS = statement(
    select(func.count()).select_from(followers).where(followers.c.account_token == param("token")), scalar
)


class WithdrawalWalk:
    """The real platform and the model side by side."""

    def __init__(self, database: Database) -> None:
        self.world = WithdrawalWorld(database)
        self.model = ModelVictims(list(OWNERS), [[ModelClaim(0)] for _ in OWNERS])
        self.tokens: list[str] = []
        self.newest: list[str] = []
        self.keys: list[ModeratorKey] = []
        self.contests: list[AccountContest] = []
        self.appeals: list[AccountReinstatement] = []
        self.sanctions: list[AccountSanction] = []
        self.now = 0
        self.told: Counter[str] = Counter()

    async def begin(self) -> None:
        await self.world.prepare()
        for person in OWNERS:
            claim = await self.world.verify(_who(person))
            self.tokens.append(claim.account.account_token)
            self.newest.append(claim.claim_id)
        self.keys = await self.world.keys(*range(1, MODERATORS + 1))

    def key(self, by: int) -> ModeratorKey:
        return signing(self.keys[by], self.now)

    async def verify(self, account: int, person: int, *, holder: bool) -> None:
        self.now += 1  # no two of these are of one moment
        expected = self.model.verify(
            account, person, holder=holder, follows=await self._follows(account), now=self.now
        )
        verify = self.world.verify_present if holder else self.world.verify
        claim = await verify(_who(person), self.tokens[account], seconds=self.now)
        said = claim.failure_reason.value if claim.failure_reason else claim.state.value
        assert said == expected
        if expected == "SUCCEEDED":
            self.newest[account] = claim.claim_id

    async def _follows(self, account: int) -> bool:
        async def read(connection: Connection) -> bool:
            return bool(await connection.only(_FOLLOWS, token=self.tokens[account]))

        return await self.world.database.read("test", read)

    async def contest(self, account: int) -> None:
        expected = self.model.contest(account, self.now)
        asks = self.world.asks(self.now)
        work = asks.contest(self.tokens[account], self.newest[account], "not me (synthetic)")
        made = await self._heard(work, expected)
        if made is not None:
            known = [each for each in self.contests if each.contest_id != made.contest_id]
            if len(known) == len(self.contests):
                self.contests.append(made)

    async def decide(self, place: int, by: int, *, upholds: bool) -> None:
        model, now = self.model, self.now
        expected = model.propose(place, by, now) if upholds else model.reject(place, by)
        verdict = ContestState.UPHELD if upholds else ContestState.REJECTED
        asks, which = self.world.asks(now), self.contests[place].contest_id
        await self._heard(asks.decide_contest(which, verdict, "seen", key=self.key(by)), expected)

    async def confirm(self, place: int, by: int) -> None:
        self.now += 1  # no two of these are of one moment
        expected = self.model.confirm(place, by, self.now)
        asks = self.world.asks(self.now)
        found = await asks.get_contest(self.contests[place].contest_id)
        await self._heard(asks.confirm_contest(found, key=self.key(by)), expected)

    async def appeal(self, account: int) -> None:
        expected = self.model.appeal(account, self.now)
        work = self.world.asks(self.now).appeal_withdrawal(self.tokens[account], "me (synthetic)")
        made = await self._heard(work, expected)
        if made is not None:
            self.appeals.append(made)

    async def decide_appeal(self, place: int, by: int, *, upholds: bool) -> None:
        expected = self.model.decide_appeal(place, by, self.now, upholds=upholds)
        verdict = ReinstatementState.UPHELD if upholds else ReinstatementState.REJECTED
        asks, which = self.world.asks(self.now), self.appeals[place].reinstatement_id
        await self._heard(asks.decide_reinstatement(which, verdict, "seen", key=self.key(by)), expected)

    async def confirm_appeal(self, place: int, by: int) -> None:
        self.now += 1  # no two of these are of one moment
        expected = self.model.confirm_appeal(place, by, self.now)
        asks = self.world.asks(self.now)
        found = await asks.get_reinstatement(self.appeals[place].reinstatement_id)
        made = await self._heard(asks.confirm_reinstatement(found, key=self.key(by)), expected)
        if made is not None:
            assert made.reinstated is self.model.appeals[place].reinstated
            self.told[f"reinstated {made.reinstated}"] += 1

    async def impose(self, account: int) -> None:
        expected = self.model.impose(account)
        keys = (self.keys[0], self.keys[1])
        work = self.world.moderation.of_person(self.tokens[account], Degree.WARN, keys, seconds=self.now)
        made = await self._heard(work, expected)
        if made is not None:
            self.sanctions.append(made)

    async def lift(self, place: int) -> None:
        expected = self.model.lift(place)
        work = self.world.moderation.lift(self.sanctions[place], key=self.keys[0], seconds=self.now)
        await self._heard(work, expected)

    async def narrow(self, place: int, by: int, *, confirms: bool) -> None:
        expected = self.model.narrow(place, by, self.now, confirms=confirms)
        asks = self.world.moderation.platform(self.now).narrowings
        which = self.sanctions[place].sanction_id
        if not confirms:
            await self._heard(asks.propose(which, key=self.key(by)), expected)
            return
        listed = (await asks.list_page()).narrowings
        found = next((each for each in listed if each.sanction_id == which), None)
        if found is None:
            assert expected == "NARROWING_NOT_DUE"
            return
        await self._heard(asks.confirm(found, key=self.key(by)), expected)

    async def work(self) -> None:
        await self.world.moderation.release(seconds=self.now)
        await self.world.note_overdue(seconds=self.now)
        before = await self._bound()
        await self.world.forget(seconds=self.now)
        assert before - await self._bound() == self.model.forget(self.now)

    async def _bound(self) -> int:
        """Return how many withdrawals still demand a proof of presence."""
        return sum(withdrawals for _, _, withdrawals in await self.world.counts())

    async def agree(self) -> None:
        """Compare every account, what is counted of the people, and each contest and sanction."""
        model = self.model
        for account, token in enumerate(self.tokens):
            status = await self.world.status(token)
            assert status.state.value == model.state(account)
            await self._records_agree(account, token)
        found = [each for each in await self.world.counts() if each != (0, 0, 0)]
        assert found == model.counts()
        for contest, known in zip(self.contests, model.contests, strict=True):
            read = await self.world.asks(self.now).get_contest(contest.contest_id)
            assert read.state is not None
            assert read.state.value == known.shown(self.now)
        for appeal, filed in zip(self.appeals, model.appeals, strict=True):
            again = await self.world.asks(self.now).get_reinstatement(appeal.reinstatement_id)
            assert again.state is not None
            assert (again.state.value, again.reinstated) == (filed.shown(self.now), bool(filed.reinstated))
        for sanction, expected in zip(self.sanctions, model.sanctions, strict=True):
            shown = await self.world.moderation.get(sanction, seconds=self.now)
            assert shown.scope is not None
            assert shown.state is not None
            assert (shown.scope.value, shown.state.value) == (expected.scope, expected.state)

    async def _records_agree(self, account: int, token: str) -> None:
        """Compare whether there is a present record, and until when a former one is held."""
        expected = sorted(at(until).business for until in self.model.held.get(account, []))
        held = await self.world.database.read("test", lambda one: version_store.held(one, token))
        assert sorted(each.until for each in held) == expected
        found = await self.world.database.read("test", lambda one: account_rows.find_record(one, token))
        assert (found is not None) == (self.model.owners[account] is not None)

    async def _heard(self, work: Any, expected: str) -> Any:
        """Return what an act made, None if it was refused as expected."""
        made = None
        try:
            made = await work
        except VaultError as error:
            told = states_or_reason(error)
        else:
            told = made.state.value
        assert told == expected
        self.told[told] += 1
        return made


def _who(person: int) -> Any:
    return builders.identity(number=f"110000190101{person + 1:02}000X")


class WithdrawalSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = WithdrawalWalk(self.database)

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Sign up the accounts and register the moderators."""
        self.run(self.walk.begin())

    @rule(account=st.integers(0, ACCOUNTS - 1), person=st.integers(0, 1), holder=st.booleans())
    def verify(self, account: int, person: int, holder: bool) -> None:
        """Somebody verifies an account, present or not."""
        self.run(self.walk.verify(account, person, holder=holder))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def contest(self, account: int) -> None:
        """The platform files what somebody says of the newest verification."""
        self.run(self.walk.contest(account))

    @precondition(lambda self: self.walk.contests)
    @rule(place=st.integers(0, 99), by=BY, upholds=st.booleans())
    def decide(self, place: int, by: int, upholds: bool) -> None:
        """A moderator rejects, or proposes to uphold."""
        self.run(self.walk.decide(place % len(self.walk.contests), by, upholds=upholds))

    @rule(
        account=st.integers(0, ACCOUNTS - 1),
        narrows=st.booleans(),
        imposes=st.booleans(),
        appeals=st.booleans(),
    )
    def withdraw(self, account: int, narrows: bool, imposes: bool, appeals: bool) -> None:
        """The usual way: perhaps sanctioned, filed, proposed, confirmed, appealed, narrowed by two others."""
        if imposes:
            self.run(self.walk.impose(account))
        self.run(self.walk.contest(account))
        if self.walk.contests:
            self.run(self.walk.decide(len(self.walk.contests) - 1, 3, upholds=True))
            self.run(self.walk.confirm(len(self.walk.contests) - 1, 4))
        if appeals and self.walk.model.state(account) == "REVOKED":
            self.run(self.walk.appeal(account))
        if narrows and self.walk.sanctions:
            self.run(self.walk.narrow(len(self.walk.sanctions) - 1, 2, confirms=False))
            self.run(self.walk.narrow(len(self.walk.sanctions) - 1, 3, confirms=True))

    @precondition(lambda self: self.walk.contests)
    @rule(place=st.integers(0, 99), first=BY, second=BY)
    def uphold(self, place: int, first: int, second: int) -> None:
        """One moderator proposes and another confirms, or is refused."""
        place %= len(self.walk.contests)
        self.run(self.walk.decide(place, first, upholds=True))
        self.run(self.walk.confirm(place, second))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def appeal(self, account: int) -> None:
        """The holder of an account appeals against the withdrawal."""
        self.run(self.walk.appeal(account))

    @precondition(lambda self: self.walk.appeals)
    @rule(place=st.integers(0, 99), first=BY, second=BY, upholds=st.booleans())
    def decide_appeal(self, place: int, first: int, second: int, upholds: bool) -> None:
        """One moderator rejects, or proposes and another confirms, or is refused."""
        place %= len(self.walk.appeals)
        self.run(self.walk.decide_appeal(place, first, upholds=upholds))
        if upholds:
            self.run(self.walk.confirm_appeal(place, second))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def impose(self, account: int) -> None:
        """Two moderators sanction a person."""
        self.run(self.walk.impose(account))

    @precondition(lambda self: self.walk.sanctions)
    @rule(place=st.integers(0, 99), by=BY, confirms=st.booleans())
    def narrow(self, place: int, by: int, confirms: bool) -> None:
        """A moderator narrows, or is refused."""
        self.run(self.walk.narrow(place % len(self.walk.sanctions), by, confirms=confirms))

    @precondition(lambda self: self.walk.sanctions)
    @rule(place=st.integers(0, 99))
    def lift(self, place: int) -> None:
        """A moderator lifts, or is refused."""
        self.run(self.walk.lift(place % len(self.walk.sanctions)))

    @rule(seconds=st.sampled_from([HOURS, 71 * HOURS, 80 * HOURS, 16 * DAYS, KEPT]))
    def time_passes(self, seconds: int) -> None:
        """Proposals lapse, deadlines come, persons are forgotten."""
        self.walk.now += seconds

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is stored."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Everything is as in the model."""
        if self.walk.tokens:
            self.run(self.walk.agree())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: who is verified, what is counted of each person, and what is still to decide."""
    take_steps(WithdrawalSteps, maker)
