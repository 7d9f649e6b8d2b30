"""Reads the published status of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from idvault.domain import account as account_rules
from idvault.domain.account import Status
from idvault.domain.clock import ClockReading
from idvault.domain.error import NotFoundError, Reason
from idvault.flows.policy import OperatorPolicy
from idvault.ports.account import StatusStore


@dataclass(kw_only=True, eq=False, repr=False)
class StatusFlow:
    """Statuses of a relying party's accounts."""

    store: StatusStore
    policy: OperatorPolicy

    async def get(self, *, relying_party: str, account_token: str, now: ClockReading) -> Status:
        """Return the status; raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account."""
        account = await self.store.get(relying_party=relying_party, account_token=account_token)
        if account is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return account_rules.project(account=account, today=now.today(self.policy.zone))

    async def packed(self, *, relying_party: str, account_tokens: Sequence[str]) -> list[str]:
        """Return known accounts, each as one text that begins with its token (ports.account)."""
        return await self.store.packed(relying_party=relying_party, account_tokens=account_tokens)

    def unpack(self, packed: str, *, relying_party: str, today: date) -> Status:
        """Return the status of such a text."""
        account = self.store.unpack(packed, relying_party=relying_party)
        return account_rules.project(account=account, today=today)

    def today(self, *, now: ClockReading) -> date:
        """Return the day that statuses are for."""
        return now.today(self.policy.zone)
