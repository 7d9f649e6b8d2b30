"""What flows need of accounts.

Storage of accounts and their status.

A follower whose sanction has ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.record import SealedRecord


class StatusStore(Protocol):
    """Accounts. Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def get(self, *, relying_party: str, account_token: str) -> Account | None:
        """Return the account, None if it is unknown or another relying party's. Must be one indexed read."""
        ...

    async def packed(self, *, relying_party: str, account_token: str) -> str | None:
        """Return the account that `get` returns, as one text. Must be one indexed read.

        The text begins with the token. The rest must hold everything else that the published status depends
        on, except the day, so that equal rests mean equal statuses.
        """
        ...

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> Mapping[str, str]:
        """Return this relying party's accounts among up to 1,000, in any order. Must be one read.

        The tokens are grouped by the rest of their text, and joined by commas.
        """
        ...

    def unpack(self, packed: str) -> Account:
        """Return the account of such a text, without owner, person, claim and others that no status shows."""
        ...

    async def expiring(self, *, today: date, limit: int) -> list[Account]:
        """Return accounts stored as VERIFIED whose expire_date has been reached."""
        ...

    async def expire(self, account: Account, *, today: date, now: ClockReading, event: Event) -> bool:
        """Store the result of account.rules.expire with the event (field expire_date, ISO).

        Must change nothing and return False unless the stored revision is account.revision.
        """
        ...

    async def abandoned(self, *, before: datetime, limit: int) -> list[Account]:
        """Return REJECTED accounts without person or open claim whose last claim ended before a time."""
        ...

    async def remove(self, account: Account, *, now: ClockReading, event: Event) -> bool:
        """Delete a REJECTED account that was never verified, with its claims and jobs.

        Writes the event (field reason). Must change nothing and return False unless the stored revision is
        account.revision. Request rows stay until they are purged; GetVerification answers NOT_FOUND for them.
        """
        ...


class RecordStore(Protocol):
    """The newest sealed record of each account. Any method may raise UnavailableError (STORE_UNAVAILABLE)."""

    async def get(self, *, account_token: str) -> SealedRecord | None:
        """Return an account's newest record as it was sealed; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class DueFollower:
    """An account that must no longer follow a sanction of its person."""

    account_token: str
    sanction_id: str
