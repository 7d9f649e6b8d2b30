"""The life cycle of an account, row by row: the answer of Verify... with its token, and the next state."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import update

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault_client import FailureReason, Status
from idvault_verify.account import AccountState, Standing
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from tests.support.refusal import reason_of
from tools.support import sql
from tools.support.campaign_world import CampaignWorld

YEAR = 366 * 86_400
SUCCEEDED, PENDING, FAILED = ClaimState.SUCCEEDED, ClaimState.PENDING, ClaimState.FAILED
ANSWERS = {SUCCEEDED: RegistryAnswer.MATCH, PENDING: RegistryAnswer.NOT_SENT, FAILED: RegistryAnswer.MISMATCH}
OF_A_SIGN_UP = {
    SUCCEEDED: AccountState.VERIFIED,
    PENDING: AccountState.PENDING,
    FAILED: AccountState.REJECTED,
}

# State before -> outcome of a claim -> state after.
LIFE: dict[AccountState | None, dict[ClaimState, AccountState]] = {
    None: OF_A_SIGN_UP,
    AccountState.PENDING: OF_A_SIGN_UP,
    AccountState.REJECTED: OF_A_SIGN_UP,
    **{
        state: {SUCCEEDED: AccountState.VERIFIED, PENDING: state, FAILED: state}
        for state in (AccountState.UNVERIFIED, AccountState.EXPIRED, AccountState.VERIFIED)
    },
}
ROWS = [(before, answer, after) for before, ends in LIFE.items() for answer, after in ends.items()]


class Life:
    """One account of a relying party, and the current time."""

    def __init__(self, world: CampaignWorld) -> None:
        self.world, self.claims = world, world.claims
        self.token: str | None = None
        # At once: a claim that waits longer would make the platform's next claim wait behind it.
        self.seconds = 0.0

    async def reach(self, state: AccountState | None) -> None:
        """Bring an account into a state in the normal way."""
        if state is AccountState.UNVERIFIED:
            (self.token,) = await self.world.members(1)
        elif state is not None:
            first = {
                AccountState.PENDING: RegistryAnswer.NOT_SENT,
                AccountState.REJECTED: RegistryAnswer.MISMATCH,
            }
            self.claims.registry.script.append(first.get(state, RegistryAnswer.MATCH))
            self.token = (await self.claims.claim()).account_token
            self.seconds = YEAR if state is AccountState.EXPIRED else self.seconds

    async def verify(self, answer: RegistryAnswer) -> ClaimState | None:
        """Make a claim with the token, and return its state."""
        self.claims.registry.script.append(answer)
        claim = await self.claims.claim(2, token=self.token, seconds=self.seconds)
        self.token = claim.account_token
        return claim.state

    async def status(self) -> Status:
        assert self.token is not None
        return await self.claims.client(seconds=self.seconds).get_status(self.token)

    async def set(self, **values: str) -> None:
        """Set values that no act of this version can set."""
        await sql.change(self.claims.database, update(accounts).values(**values))


@pytest_asyncio.fixture
async def life(main_database: Database) -> AsyncIterator[Life]:
    """Return an account that does not exist yet, with a database of each kind."""
    world = CampaignWorld(main_database)
    yield Life(world)
    await world.claims.verification.drain()


@pytest.mark.parametrize(("before", "answer", "after"), ROWS)
async def test_every_row(
    life: Life, before: AccountState | None, answer: ClaimState, after: AccountState
) -> None:
    """State before, answer and state after match the contract's table; the token stays the same."""
    await life.reach(before)
    token = life.token
    former = await life.status() if token else None
    assert (former and former.state) == before
    said = await life.verify(ANSWERS[answer])
    shown = await life.status()
    assert (said, shown.state) == (answer, after)
    assert token in (None, shown.account_token)
    if (
        before in (AccountState.UNVERIFIED, AccountState.EXPIRED, AccountState.VERIFIED)
        and answer is not SUCCEEDED
    ):
        assert shown == former


@pytest.mark.parametrize("answer", list(ANSWERS))
async def test_a_newer_claim_of_a_pending_account_ends_the_old_one(life: Life, answer: ClaimState) -> None:
    """The old claim is FAILED (SUPERSEDED), whatever the new one's outcome."""
    await life.reach(AccountState.PENDING)
    await life.verify(ANSWERS[answer])
    old = await life.claims.claimed(seconds=life.seconds)
    assert (old.state, old.failure_reason) == (FAILED, FailureReason.SUPERSEDED)


async def test_an_account_that_takes_no_claim(life: Life) -> None:
    """Whom the rules refuse (tests/domain) is refused without a check or a change."""
    await life.reach(AccountState.VERIFIED)
    await life.set(standing=Standing.RENEWAL_SUSPENDED)
    former, asked = await life.status(), len(life.claims.registry.checks)
    assert await reason_of(life.verify(RegistryAnswer.MATCH)) == Reason.RENEWAL_SUSPENDED
    assert (await life.status(), len(life.claims.registry.checks)) == (former, asked)
