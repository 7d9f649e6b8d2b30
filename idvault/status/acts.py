"""Use cases of statuses and their feed.

Reads the change feed of a relying party: accounts that changed after a place.

Reads the published status of accounts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from idvault.account import rules as account_rules
from idvault.account.ports import StatusStore
from idvault.core.policy import OperatorPolicy
from idvault.status.ports import FeedChunk, FeedStore
from idvault.verify.account import Status
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason

CHUNK = 1_000
_BATCH = 1_000


@dataclass(kw_only=True, eq=False, repr=False)
class FeedFlow:
    """Reads the feeds of all relying parties for the watching callers of one process."""

    store: FeedStore

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Assign numbers to all durable changes, then return the end of each feed."""
        while await self.store.arrange(limit=_BATCH) == _BATCH:
            pass
        return await self.store.heads(relying_parties)

    async def read(self, *, relying_party: str, after: int) -> FeedChunk:
        """Return up to 1,000 changes after a place."""
        return await self.store.changes(relying_party=relying_party, after=after, limit=CHUNK)


@dataclass(kw_only=True, eq=False, repr=False)
class StatusFlow:
    """Statuses of a relying party's accounts."""

    store: StatusStore
    policy: OperatorPolicy

    async def packed(self, *, relying_party: str, account_token: str) -> str:
        """Return an account as one text (account.ports).

        Raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account.
        """
        packed = await self.store.packed(relying_party=relying_party, account_token=account_token)
        if packed is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return packed

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> Mapping[str, str]:
        """Return the tokens of known accounts, grouped by the rest of their text (account.ports)."""
        return await self.store.packed_many(relying_party=relying_party, account_tokens=account_tokens)

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        """Return the status of such a text."""
        return account_rules.project(account=self.store.unpack(packed), today=today, now=now.business)

    @property
    def zone(self) -> tzinfo:
        """The deployment's time zone."""
        return self.policy.zone

    def today(self, *, now: ClockReading) -> date:
        """Return the day that statuses are for."""
        return now.today(self.zone)
