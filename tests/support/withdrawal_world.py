"""Withdrawals over a real database: what a platform, its moderators and the worker do, as short calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select

from idvault.claim.acts import registry_check
from idvault.claim.rules import Claim
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.claim import persons
from idvault.core.tables.disclosure import kept_records
from idvault.sanction.narrowing import acts as narrowing_acts
from idvault.session.withdrawal import acts as withdrawal_acts
from idvault_client.sanctions import AccountSanction, SanctionNarrowing
from idvault_client.sessions import AccountContest, AccountReinstatement
from idvault_verify.account import Assurance, Status
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.claim import Identity
from idvault_verify.session import ContestState, ReinstatementState
from tests.support.session_world import SessionWorld
from tools.support import builders, sql
from tools.support.fakes.provider import FakeProofProvider
from tools.support.flow_world import at, command
from tools.support.sanction_world import signing

DAY, HOUR = 86_400, 3_600
VICTIM = builders.identity(number="110000190101010001")
OTHER = builders.identity(number="110000190101020002")
_COUNTS = statement(select(persons.c.accounts, persons.c.sanctions, persons.c.withdrawals), tuple)


class WithdrawalWorld(SessionWorld):
    """Contests, withdrawals and narrowings beside claims, sanctions and public accounts."""

    def __init__(
        self,
        database: Database,
        *,
        provider: FakeProofProvider | None = None,
        life: int = 0,
        patience: float = 20.0,
    ) -> None:
        super().__init__(database, provider=provider, life=life, patience=patience)
        self._claims = 7_000
        self.claims.records.numbered = True

    async def verify(self, who: Identity = VICTIM, token: str | None = None, *, seconds: float = 0) -> Claim:
        """Verify somebody by name and number."""
        self._claims += 1
        return await self.claims.verify(command(self._claims, who, account_token=token), seconds=seconds)

    async def verify_present(
        self, who: Identity = VICTIM, token: str | None = None, *, seconds: float = 0
    ) -> Claim:
        """Verify somebody who proves to be present, too."""
        with present():
            return await self.verify(who, token, seconds=seconds)

    async def keys(self, *numbers: int) -> list[ModeratorKey]:
        """Return moderators by their numbers."""
        for number in range(1, max(numbers) + 1):
            await self.moderation.moderator(number)
        return [await self.moderation.moderator(number) for number in numbers]

    async def contested(self, claim: Claim, *, seconds: float = 0) -> AccountContest:
        """Contest a verification as its platform."""
        token = claim.account.account_token
        return await self.asks(seconds).contest(token, claim.claim_id, "not me (synthetic)")

    async def upheld(
        self, contest: AccountContest, *, seconds: float = 0, by: tuple[int, int] = (3, 4)
    ) -> AccountContest:
        """Uphold a contest by two moderators."""
        first, second = [signing(key, seconds) for key in await self.keys(*by)]
        asks = self.asks(seconds)
        proposed = await asks.decide_contest(
            contest.contest_id, ContestState.UPHELD, "seen (synthetic)", key=first
        )
        return await asks.confirm_contest(proposed, key=second)

    async def withdraw(self, claim: Claim, *, seconds: float = 0) -> str:
        """Let a verification be contested and withdrawn; return its account."""
        await self.upheld(await self.contested(claim, seconds=seconds), seconds=seconds)
        return claim.account.account_token

    async def appealed(self, token: str, *, seconds: float = 0) -> AccountReinstatement:
        """Appeal against a withdrawal as the account's platform."""
        return await self.asks(seconds).appeal_withdrawal(token, "it was me (synthetic)")

    async def reinstated(
        self, appeal: AccountReinstatement, *, seconds: float = 0, by: tuple[int, int] = (5, 6)
    ) -> AccountReinstatement:
        """Uphold an appeal by two moderators."""
        first, second = [signing(key, seconds) for key in await self.keys(*by)]
        asks = self.asks(seconds)
        proposed = await asks.decide_reinstatement(
            appeal.reinstatement_id, ReinstatementState.UPHELD, "seen (synthetic)", key=first
        )
        return await asks.confirm_reinstatement(proposed, key=second)

    async def reinstate(self, token: str, *, seconds: float = 0) -> AccountReinstatement:
        """Let a withdrawal be appealed and taken back."""
        return await self.reinstated(await self.appealed(token, seconds=seconds), seconds=seconds)

    async def narrow(
        self, sanction: AccountSanction, *, seconds: float = 0, by: tuple[int, int] = (5, 6)
    ) -> SanctionNarrowing:
        """Narrow a sanction by two moderators."""
        first, second = [signing(key, seconds) for key in await self.keys(*by)]
        asks = self.moderation.platform(seconds).narrowings
        proposed = await asks.propose(sanction.sanction_id, key=first)
        return await asks.confirm(proposed, key=second)

    async def narrowings(self, *, seconds: float = 0, **filters: Any) -> list[SanctionNarrowing]:
        """Return a page of narrowings."""
        page = await self.moderation.platform(seconds).narrowings.list_page(**filters)
        return list(page.narrowings)

    async def note_overdue(self, *, seconds: float) -> int:
        """Let the worker note what was not narrowed in time."""
        return await narrowing_acts.note_all_overdue(self.vault, at(seconds), limit=100)

    async def forget(self, *, seconds: float) -> int:
        """Let the worker free, and later forget, whose verifications were withdrawn."""
        return await withdrawal_acts.forget_all(
            self.vault, at(seconds), embargo=self.histories.context.embargo, limit=100
        )

    async def versions_gone(self) -> None:
        """Let former versions be destroyed, as the worker does once no request and no hold keeps them."""
        await sql.change(self.database, delete(kept_records))

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.moderation.status(token, seconds=seconds)

    async def counts(self) -> list[tuple[int, int, int]]:
        """Return of each person how many accounts, sanctions and withdrawals there are."""

        async def read(connection: Connection) -> list[tuple[int, int, int]]:
            return [tuple(row) for row in await connection.all(_COUNTS)]

        return sorted(await self.database.read("test", read), reverse=True)


@contextmanager
def present() -> Iterator[None]:
    """Let claims settle as those of people who proved to be present."""
    with pytest.MonkeyPatch.context() as patch:
        matched = replace(registry_check._MATCHED, fact=Assurance.HOLDER)
        patch.setattr(registry_check, "_MATCHED", matched)
        yield
