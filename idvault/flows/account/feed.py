"""Reads the change feed of a relying party: the current status of accounts that changed after a place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from idvault.domain import account
from idvault.domain.account import Status
from idvault.domain.clock import ClockReading
from idvault.ports.feed import FeedStore

CHUNK = 100
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class FeedChunk:
    """A part of the feed. place: where to continue. today: the day that the statuses are for."""

    statuses: tuple[Status, ...]
    removed: tuple[str, ...]
    place: int
    today: date


@dataclass(kw_only=True, eq=False, repr=False)
class FeedFlow:
    """Reads the feeds of all relying parties for the watching callers of one process."""

    store: FeedStore
    zone: tzinfo

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Assign numbers to all durable changes, then return the end of each feed."""
        while await self.store.arrange(limit=_BATCH) == _BATCH:
            pass
        return await self.store.heads(relying_parties)

    async def read(self, *, relying_party: str, after: int, now: ClockReading) -> FeedChunk:
        """Return up to 100 changes after a place."""
        today = now.today(self.zone)
        found = await self.store.changes(relying_party=relying_party, after=after, limit=CHUNK)
        return FeedChunk(
            tuple(
                account.project(account=change.account, today=today, now=now.business)
                for change in found
                if change.account is not None
            ),
            tuple(change.account_token for change in found if change.account is None),
            found[-1].sequence if found else after,
            today,
        )

    def today(self, *, now: ClockReading) -> date:
        """Return today in the deployment's time zone."""
        return now.today(self.zone)
