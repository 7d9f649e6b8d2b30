"""Reads a feed one change at a time, so that each has its number."""

from collections.abc import Iterable
from dataclasses import dataclass

from idvault.account.store.rows import unpack
from idvault.core.db.database import Database
from idvault.processes.bootstrap.vault import vault_of
from idvault.status import acts
from idvault.status.rules import FeedChunk
from idvault_verify.account import Account
from tools.support.flow_world import at


@dataclass(frozen=True, slots=True)
class Change:
    """An account after its last change, as far as a status shows it; account: None if it was removed."""

    sequence: int
    account_token: str
    account: Account | None


class Feed:
    """The feeds in a database, as acts read and number them."""

    def __init__(self, database: Database) -> None:
        self.vault = vault_of(database)

    async def arrange(self, *, limit: int) -> int:
        return await acts.arrange(self.vault, at(0), limit=limit)

    async def heads(self, parties: Iterable[str]) -> dict[str, int]:
        return await acts.heads(self.vault, parties)

    async def changes(self, *, after: int, limit: int, party: str = "platform-a") -> FeedChunk:
        return await acts.changes(self.vault, party, after=after, limit=limit)


async def changes(
    feed: Feed, *, after: int = 0, limit: int = 1_000, party: str = "platform-a"
) -> list[Change]:
    """Return up to limit changes with a number greater than `after`, in order."""
    found: list[Change] = []
    while len(found) < limit:
        chunk = await feed.changes(party=party, after=after, limit=1)
        if chunk.place == after:
            break
        after = chunk.place
        accounts = [unpack(token + shown) for shown, token in chunk.accounts.items()]
        found += [Change(after, one.account_token, one) for one in accounts]
        found += [Change(after, token, None) for token in chunk.removed]
    return found
