"""Reading the change feed of a relying party: what changed since a place, as it is today."""

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
    """Some changes. place: where the feed goes on. today: the day that the statuses are of."""

    statuses: tuple[Status, ...]
    removed: tuple[str, ...]
    place: int
    today: date


@dataclass(kw_only=True, eq=False, repr=False)
class FeedFlow:
    """The feeds of all relying parties, as one process reads them for those who watch."""

    store: FeedStore
    zone: tzinfo

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Return where each feed ends, once every change that is durable by now is in it."""
        while await self.store.arrange(limit=_BATCH) == _BATCH:
            pass
        return await self.store.heads(relying_parties)

    async def read(self, *, relying_party: str, after: int, now: ClockReading) -> FeedChunk:
        """Return the next changes after a place, up to 100 of them."""
        today = now.today(self.zone)
        found = await self.store.changes(relying_party=relying_party, after=after, limit=CHUNK)
        return FeedChunk(
            tuple(
                account.project(account=change.account, today=today)
                for change in found
                if change.account is not None
            ),
            tuple(change.account_token for change in found if change.account is None),
            found[-1].sequence if found else after,
            today,
        )

    def today(self, *, now: ClockReading) -> date:
        """Return the deployment's day."""
        return now.today(self.zone)
