"""Reads the published status of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        return account_rules.project(account=account, today=now.today(self.policy.zone), now=now.business)

    async def get_many(
        self, *, relying_party: str, account_tokens: Sequence[str], now: ClockReading
    ) -> tuple[list[Status], list[str]]:
        """Return the statuses of known accounts, and the unknown tokens; each once, in request order."""
        asked = list(dict.fromkeys(account_tokens))
        accounts = await self.store.get_many(relying_party=relying_party, account_tokens=asked)
        known = {account.account_token: account for account in accounts}
        today = now.today(self.policy.zone)
        statuses = [
            account_rules.project(account=known[account_token], today=today, now=now.business)
            for account_token in asked
            if account_token in known
        ]
        return statuses, [account_token for account_token in asked if account_token not in known]
