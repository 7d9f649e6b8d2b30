"""Reads the change feed of a relying party: accounts that changed after a place."""

from collections.abc import Iterable
from dataclasses import dataclass

from idvault.status.ports import FeedChunk, FeedStore

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
