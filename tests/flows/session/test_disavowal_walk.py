"""Disavowals against a reference model: a state machine on both databases."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from idvault.core.db.database import Database
from idvault.session.disavowal import rules
from idvault_client.errors import VaultError
from idvault_client.sanctions import AccountSanction
from idvault_client.sessions import AccountDisavowal
from idvault_verify import secret
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import ClaimState
from idvault_verify.sanction import Degree
from idvault_verify.session import DisavowalState
from idvault_verify.v1 import disavowal_pb2 as pb
from tests.support.disavowal_model import DAYS, HOURS, USUAL, ModelDisowning, due
from tests.support.inquiry_world import InquiryWorld, somebody
from tests.support.refusal import states_or_reason
from tests.support.steps import DatabaseSteps, take_steps
from tools.support.databases import Maker
from tools.support.sanction_world import signing

# The first two accounts are of one person.
OWNERS, MODERATORS = [0, 0, 1], 4
ACCOUNTS = len(OWNERS)
BY, ANY = st.integers(0, MODERATORS - 1), st.integers(0, 99)


class DisavowalWalk:
    """The real platform and the model side by side."""

    def __init__(self, database: Database) -> None:
        self.world = InquiryWorld(database)
        self.model = ModelDisowning(list(OWNERS))
        self.tokens: list[str] = []
        self.keys: list[ModeratorKey] = []
        self.warnings: dict[int, AccountSanction] = {}
        self.now = 0

    async def begin(self) -> None:
        await self.world.prepare()
        for person in OWNERS:
            claim = await self.world.verify(somebody(person))
            self.tokens.append(claim.account.account_token)
        self.keys = await self.world.keys(*range(1, MODERATORS + 1))

    async def prove(self, person: int, *, cancels: bool, disowns: int) -> None:
        expected = self.model.prove(person, self.now)
        key, seen = await self.world.proven(somebody(person), seconds=self.now)
        assert seen.shown == expected
        mine = [place for place, owner in enumerate(self.model.owners) if owner == person]
        assert seen.waiting == len([place for place in mine if place in self.model.waiting])
        if expected:
            assert len(seen.accounts) == len(mine)
        if cancels:
            self.model.cancel(person)
            await self.world.cancel(key, seconds=self.now)
        elif expected and mine:
            account = mine[disowns % len(mine)]
            handle = secret.account_handle(key, account_token=self.tokens[account])
            await self.world.disown(key, handle, seconds=self.now)
            drawn = await self.world.drawn()
            self.model.disown(account, int(drawn.get(self.tokens[account], -1)))

    async def decide(self, place: int, by: int, *, upholds: bool) -> None:
        expected = (
            self.model.propose(place, by, self.now) if upholds else self.model.reject(place, by, self.now)
        )
        verdict = DisavowalState.UPHELD if upholds else DisavowalState.REJECTED
        found, asks = await self._found(place), self.world.disavowals(self.now)
        key = signing(self.keys[by], self.now)
        await self._heard(asks.decide(found.disavowal_id, verdict, "seen", key=key), expected)

    async def confirm(self, place: int, by: int) -> None:
        expected = self.model.confirm(place, by, self.now)
        found, asks = await self._found(place), self.world.disavowals(self.now)
        await self._heard(asks.confirm(found, key=signing(self.keys[by], self.now)), expected)

    async def answer(self, account: int, person: int) -> None:
        """Prove to be a person in the identity session of an account."""
        expected = self.model.answer(account, person)
        session_id = await self.world.identity(self.tokens[account], seconds=self.now)
        try:
            page = await self.world.answer_begun(session_id, somebody(person), seconds=self.now)
            self.world.prover.end(page)
            told = DisavowalState(
                pb.Disavowal.State.Name(
                    (await self.world.answered(session_id, seconds=self.now)).state
                ).removeprefix("STATE_")
            ).value
        except VaultError as error:
            told = states_or_reason(error)
        assert told == expected

    async def verify(self, account: int) -> None:
        """Verify an account as its person, present."""
        person = OWNERS[account]
        self.model.verify(account, person)
        claim = await self.world.verify_present(somebody(person), self.tokens[account], seconds=self.now)
        assert claim.state is ClaimState.SUCCEEDED

    async def warn(self, account: int) -> None:
        """Warn about an account, or lift that."""
        if account in self.warnings:
            self.model.warned.discard(account)
            key = signing(self.keys[0], self.now)
            await self.world.moderation.lift(self.warnings.pop(account), key=key, seconds=self.now)
        else:
            self.model.warned.add(account)
            self.warnings[account] = await self.world.moderation.impose(
                self.tokens[account], Degree.WARN, key=self.keys[0], seconds=self.now
            )

    async def work(self) -> None:
        assert await self.world.tell(seconds=self.now) == self.model.tell(self.now)
        assert await self.world.fall(seconds=self.now) == self.model.fall(self.now)

    async def agree(self) -> None:
        """Compare every account, what waits, and each disavowal."""
        for account, token in enumerate(self.tokens):
            status = await self.world.status(token)
            expected = "REVOKED" if self.model.owners[account] is None else "VERIFIED"
            assert status.state.value == expected
        drawn = await self.world.drawn()
        assert drawn == {self.tokens[account]: at for account, at in self.model.waiting.items()}
        found = await self._all()
        assert sorted((each.account_token, _word(each), each.overdue) for each in found) == sorted(
            (
                self.tokens[each.account],
                each.shown(self.now),
                each.state == "FILED" and self.now >= due(each.filed),
            )
            for each in self.model.told
        )

    async def _all(self) -> list[AccountDisavowal]:
        return list((await self.world.disavowals(self.now).list_page(page_size=1_000)).disavowals)

    async def _found(self, place: int) -> AccountDisavowal:
        """Return the real one of the model's."""
        model = self.model.told[place]
        earlier = [each for each in self.model.told[:place] if each.account == model.account]
        mine = [each for each in await self._all() if each.account_token == self.tokens[model.account]]
        return sorted(mine, key=lambda each: each.file_time)[len(earlier)]

    async def _heard(self, work: Any, expected: str) -> None:
        try:
            told = _word(await work)
        except VaultError as error:
            told = states_or_reason(error)
        assert told == expected


def _word(found: AccountDisavowal) -> str:
    assert found.state is not None
    return found.state.value


class DisavowalSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = DisavowalWalk(self.database)

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Sign up the accounts and register the moderators."""
        self.run(self.walk.begin())

    @rule(person=st.integers(0, 1), cancels=st.booleans(), disowns=ANY)
    def prove(self, person: int, cancels: bool, disowns: int) -> None:
        """Somebody proves to be present, and cancels, or disowns one of the list."""
        self.run(self.walk.prove(person, cancels=cancels, disowns=disowns))

    @rule(person=st.integers(0, 1), disowns=ANY)
    def disown(self, person: int, disowns: int) -> None:
        """The usual way: asked for, shown, disowned, and told."""
        self.run(self.walk.prove(person, cancels=False, disowns=disowns))
        self.walk.now += 80 * HOURS
        self.run(self.walk.prove(person, cancels=False, disowns=disowns))
        self.walk.now += 11 * DAYS
        self.run(self.walk.work())

    @precondition(lambda self: self.walk.model.told)
    @rule(place=ANY, by=BY, upholds=st.booleans())
    def decide(self, place: int, by: int, upholds: bool) -> None:
        """A moderator rejects, or proposes to uphold."""
        self.run(self.walk.decide(place % len(self.walk.model.told), by, upholds=upholds))

    @precondition(lambda self: self.walk.model.told)
    @rule(first=BY, second=BY)
    def uphold(self, first: int, second: int) -> None:
        """One moderator proposes about the newest and another confirms, or is refused."""
        place = len(self.walk.model.told) - 1
        self.run(self.walk.decide(place, first, upholds=True))
        self.run(self.walk.confirm(place, second))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def verify(self, account: int) -> None:
        """The person verifies an account, present."""
        self.run(self.walk.verify(account))

    @rule(account=st.integers(0, ACCOUNTS - 1), person=st.integers(0, 1))
    def answer(self, account: int, person: int) -> None:
        """The holder answers on "my identity", as anybody."""
        self.run(self.walk.answer(account, person))

    @rule(account=st.integers(0, ACCOUNTS - 1))
    def warn(self, account: int) -> None:
        """A moderator warns, or lifts the warning."""
        self.run(self.walk.warn(account))

    @rule(seconds=st.sampled_from([HOURS, 71 * HOURS, 80 * HOURS, 11 * DAYS, 17 * DAYS]))
    def time_passes(self, seconds: int) -> None:
        """Lists become ready and are over, proposals lapse, deadlines come."""
        self.walk.now += seconds

    @rule()
    def the_worker_works(self) -> None:
        """Platforms are told, and silence decides."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Everything is as in the model."""
        if self.walk.tokens:
            self.run(self.walk.agree())


def test_any_steps_agree_with_the_model(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """On both databases: what each person sees, what each platform knows, and who is verified.

    More than USUAL at once are unusual, of whom silence decides nobody.
    """
    monkeypatch.setattr(rules, "UNUSUAL", USUAL)
    take_steps(DisavowalSteps, maker)
