"""The change feed of a relying party: which of its accounts changed, in an order that has no gap."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from idvault.domain.account import Account


@dataclass(frozen=True, slots=True)
class Change:
    """An account as it is after its last change; account: None where it was removed."""

    sequence: int
    account_token: str
    account: Account | None


class FeedStore(Protocol):
    """The feeds. Raises UnavailableError (STORE_UNAVAILABLE) like every store.

    Every act that raises an account's revision, adds or removes it must note so in its own step, without a
    number. Numbers are given afterwards, to changes that are durable: whoever has seen one number has seen
    every change with a smaller one, however slow the act was that made it.
    """

    async def arrange(self, *, limit: int) -> int:
        """Give the next numbers of their relying parties to up to limit changes; return how many.

        A change of an account that has a number already takes a new one instead of it. May run in any number
        of processes. Fewer than limit: every change that was durable when this began has a number.
        """
        ...

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Return the last number that was given in each feed, 0 where there was none."""
        ...

    async def changes(self, *, relying_party: str, after: int, limit: int) -> list[Change]:
        """Return up to limit changes with a number greater than one, in their order: each account once."""
        ...
