"""Organisations' representatives against a reference model: a state machine on both databases."""

from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import func, select

from idvault.claim.acts import representative as representative_acts
from idvault.core.db.database import Database
from idvault.core.tables.claim import persons, representatives
from idvault_client import FailureReason
from idvault_verify.claim import ClaimState
from idvault_verify.notice import NoticeKind
from idvault_verify.registry import RegistryAnswer
from tests.support.refusal import outcome
from tests.support.representative_model import DAYS, ModelAccount, ModelFirms
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders, sql
from tools.support.databases import Maker
from tools.support.flow_world import at
from tools.support.notice_world import NoticeWorld, notice, person
from tools.support.organizations import organization

ACCOUNTS, FIRMS, PEOPLE, HOUR = 2, 2, 3, 3_600
ACCOUNT, FIRM, PERSON = (st.integers(0, most - 1) for most in (ACCOUNTS, FIRMS, PEOPLE))
ANSWERS = {each: RegistryAnswer[each] for each in ("MATCH", "MISMATCH", "UNKNOWN")}


class RepresentativeWalk:
    """The real platform and the model side by side."""

    def __init__(self, database: Database) -> None:
        self.world = NoticeWorld(database)
        self.claims = self.world.claims
        self.model = ModelFirms([ModelAccount() for _ in range(ACCOUNTS)])
        self.tokens: list[str] = []
        self.now, self._number = 0, 0

    @property
    def today(self) -> date:
        return at(self.now).today(builders.ZONE)

    def number(self) -> int:
        """Return one that no request has had; no two come within an hour, so no limit is reached."""
        self._number += 1
        self.now += HOUR
        return self._number

    async def begin(self) -> None:
        await self.world.begin()
        for account in range(ACCOUNTS):
            claim = await self.claims.claim(self.number(), _firm(account, 0), seconds=self.now)
            self.model.claim(account, account, 0, answer="MATCH", now=self.now)
            self.tokens.append(claim.account_token)

    async def claim(self, account: int, firm: int, representative: int, answer: str) -> None:
        number, token = self.number(), self.tokens[account]
        expected = self.model.claim(account, firm, representative, answer=answer, now=self.now)
        self.claims.organizations.script.append(ANSWERS[answer])
        who = _firm(firm, representative)
        told = await self.claims.claim(number, who, token=token, seconds=self.now, patience=0.0)
        self.claims.organizations.script.clear()
        assert (told.pending, told.failure_reason) == (
            expected is None,
            expected or FailureReason.UNSPECIFIED,
        )

    async def prove(self, account: int, who: int, *, denied: bool) -> None:
        number, token = self.number(), self.tokens[account]
        expected = self.model.prove(account, who, denied=denied, now=self.now, today=self.today)
        answer = RegistryAnswer.MISMATCH if denied else RegistryAnswer.MATCH
        ended = await outcome(
            self.claims.prove(token, number, person=person(who), answer=answer, seconds=self.now)
        )
        assert _word(ended) == expected

    async def change(self, firm: int) -> None:
        number = self.number()
        self.model.change(firm, today=self.today)
        kind, document = NoticeKind.REPRESENTATIVE_CHANGED, _firm(firm, 0).document
        await self.world.submit(notice(number, kind, document), seconds=self.now)

    async def work(self) -> None:
        self.number()
        self.model.work(now=self.now, today=self.today)
        await self.claims.work(seconds=self.now)
        await representative_acts.forget(self.world.vault, at(self.now))
        await self.world.expire(seconds=self.now)

    async def agree(self) -> None:
        """Compare every account, what is kept of representatives, and the places that firms take."""
        for token, model in zip(self.tokens, self.model.accounts, strict=True):
            status = await self.world.status(token, seconds=self.now)
            assert status.state.value == model.state(self.today) or model.asked is not None
        database = self.world.database
        kept = await sql.rows(database, select(func.count()).select_from(representatives))
        assert kept[0][0] == self.model.rows()
        taken = await sql.rows(database, select(persons.c.accounts).where(persons.c.accounts > 0))
        assert sorted(row.accounts for row in taken) == self.model.places()


def _firm(firm: int, representative: int) -> Any:
    return organization(body=f"MA00000{firm + 1}", representative=person(representative))


def _word(ended: Any) -> str:
    """Return how a proof ended: the state of a success, why it failed, or why it was refused."""
    if getattr(ended, "state", None) is ClaimState.SUCCEEDED:
        return "SUCCEEDED"
    found = getattr(ended, "failure_reason", None) or ended.reason
    return str(found.value if hasattr(found, "value") else found)


class RepresentativeSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = RepresentativeWalk(self.database)

    async def end(self) -> None:
        await self.walk.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Each account waits for its representative."""
        self.run(self.walk.begin())

    @rule(account=ACCOUNT, firm=FIRM, representative=PERSON, answer=st.sampled_from(sorted(ANSWERS)))
    def claim(self, account: int, firm: int, representative: int, answer: str) -> None:
        """An account claims to be an organisation's; the registry confirms, denies, or is silent."""
        self.run(self.walk.claim(account, firm, representative, answer))

    @rule(account=ACCOUNT, who=PERSON, denied=st.booleans())
    def prove(self, account: int, who: int, denied: bool) -> None:
        """Somebody proves to be present, or is denied by the provider."""
        self.run(self.walk.prove(account, who, denied=denied))

    @rule(account=ACCOUNT, firm=FIRM)
    def verify(self, account: int, firm: int) -> None:
        """The usual way: a match, and then the representative."""
        self.run(self.walk.claim(account, firm, 0, "MATCH"))
        self.run(self.walk.prove(account, 0, denied=False))

    @rule(firm=FIRM)
    def change(self, firm: int) -> None:
        """The registry gives notice of another representative."""
        self.run(self.walk.change(firm))

    @rule(days=st.sampled_from([1, 13, 31, 340]))
    def time_passes(self, days: int) -> None:
        """What waits comes too late, and verifications end."""
        self.walk.now += days * DAYS

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
    """On both databases: who is verified, until when, for whom an account waits, and how proofs end."""
    take_steps(RepresentativeSteps, maker, count=12)
