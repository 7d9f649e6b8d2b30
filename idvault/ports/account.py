"""The acts and reads of accounts and their status."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from idvault.domain.account import Account
from idvault.domain.clock import ClockReading
from idvault.domain.event import Event


class StatusStore(Protocol):
    """Accounts. Raises UnavailableError (STORE_UNAVAILABLE) where the store cannot answer."""

    async def get(self, *, relying_party: str, account_token: str) -> Account | None:
        """Return the account, None if it is unknown or another relying party's. One indexed read."""
        ...

    async def get_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> list[Account]:
        """Return those of up to 1,000 accounts that this relying party has, in no certain order. One read."""
        ...

    async def expiring(self, *, today: date, limit: int) -> list[Account]:
        """Return accounts stored VERIFIED whose expire_date has come."""
        ...

    async def expire(self, account: Account, *, today: date, now: ClockReading, event: Event) -> bool:
        """Store domain.status.expire of the account with the event (field expire_date, ISO).

        Must change nothing and return False unless the stored revision is account.revision.
        """
        ...

    async def abandoned(self, *, before: datetime, limit: int) -> list[Account]:
        """Return REJECTED accounts without person or open claim, last claim ended before a business time."""
        ...

    async def remove(self, account: Account, *, now: ClockReading, event: Event) -> bool:
        """Delete a REJECTED account that was never successful, with its claims, jobs and checks.

        Writes the event (field reason). Must change nothing and return False unless the stored revision is
        account.revision. Request rows stay until they are purged; their GetVerification is NOT_FOUND.
        """
        ...
