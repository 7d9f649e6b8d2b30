"""What flows need of accounts.

A follower whose sanction has ended.
"""

from dataclasses import dataclass
from typing import Protocol

from idvault.verify.record import SealedRecord


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
