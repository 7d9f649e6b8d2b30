"""The life cycle of an account, row by row: the answer of Verify... with its token, and the next state."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault_verify.account import AccountState, Standing, Status
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, sql
from tools.support.campaign_world import CampaignWorld
from tools.support.flow_world import at, command

YEAR = 366 * 86_400
OTHER = builders.identity(name="某一二", number="110000190101020007")
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
            self.token = (await self.claims.verify()).account.account_token
            self.seconds = YEAR if state is AccountState.EXPIRED else self.seconds

    async def verify(self, answer: RegistryAnswer, **changes: Any) -> tuple[ClaimState, FailureReason | None]:
        """Make a claim with the token, and return its state."""
        self.claims.registry.script.append(answer)
        asked = command(2, account_token=self.token, **changes)
        claim = await self.claims.verify(asked, seconds=self.seconds)
        self.token = claim.account.account_token
        return claim.state, claim.failure_reason

    async def status(self) -> Status:
        assert self.token is not None
        return await self.claims.status.get(
            relying_party="platform-a", account_token=self.token, now=at(self.seconds)
        )

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
    said, _ = await life.verify(ANSWERS[answer])
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
    old = await life.claims.get(seconds=life.seconds)
    assert (old.state, old.failure_reason) == (FAILED, FailureReason.SUPERSEDED)


@pytest.mark.parametrize("before", [AccountState.VERIFIED, AccountState.EXPIRED])
async def test_another_owner_changes_nothing(life: Life, before: AccountState) -> None:
    """The owner of the record keeps the account: DIFFERENT_OWNER, even for a match of another person."""
    await life.reach(before)
    former = await life.status()
    assert await life.verify(RegistryAnswer.MATCH, identity=OTHER) == (FAILED, FailureReason.DIFFERENT_OWNER)
    assert await life.status() == former


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": AccountState.ERASED}, Reason.ACCOUNT_ERASED),
        ({"standing": Standing.CLOSED}, Reason.ACCOUNT_CLOSED),
        ({"standing": Standing.RENEWAL_SUSPENDED}, Reason.RENEWAL_SUSPENDED),
    ],
)
async def test_accounts_that_take_no_claim(life: Life, values: dict[str, str], reason: Reason) -> None:
    """Erased, closed and suspended accounts are refused with their reason, without a check or a change."""
    await life.reach(AccountState.VERIFIED)
    await life.set(**values)
    former, asked = await life.status(), len(life.claims.registry.checks)
    with pytest.raises(PreconditionError) as caught:
        await life.verify(RegistryAnswer.MATCH)
    assert caught.value.reason is reason
    assert (await life.status(), len(life.claims.registry.checks)) == (former, asked)
