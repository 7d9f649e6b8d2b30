"""Reads a feed one change at a time, so that each has its number."""

from dataclasses import dataclass

from idvault.account.store.rows import unpack
from idvault.status.store import SqlFeedStore
from idvault.verify.account import Account


@dataclass(frozen=True, slots=True)
class Change:
    """An account after its last change, as far as a status shows it; account: None if it was removed."""

    sequence: int
    account_token: str
    account: Account | None


async def changes(
    feed: SqlFeedStore, *, after: int = 0, limit: int = 1_000, party: str = "platform-a"
) -> list[Change]:
    """Return up to limit changes with a number greater than `after`, in order."""
    found: list[Change] = []
    while len(found) < limit:
        chunk = await feed.changes(relying_party=party, after=after, limit=1)
        if chunk.place == after:
            break
        after = chunk.place
        accounts = [unpack(token + shown) for shown, token in chunk.accounts.items()]
        found += [Change(after, one.account_token, one) for one in accounts]
        found += [Change(after, token, None) for token in chunk.removed]
    return found
