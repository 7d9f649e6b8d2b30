"""The change feed of a relying party: which of its accounts changed, in an order without gaps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from idvault.public_account.rules.owner import Owned


@dataclass(frozen=True, slots=True)
class FeedChunk:
    """Some accounts after their last changes, each once. place: the number of the last change.

    accounts: as StatusStore.packed_many returns them. removed: the tokens of those that no longer exist.
    public_accounts: every public account of those accounts.
    """

    accounts: Mapping[str, str]
    removed: tuple[str, ...]
    place: int
    public_accounts: tuple[Owned, ...] = ()


class FeedStore(Protocol):
    """The feeds. Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer.

    Every act that adds, removes or raises the revision of an account, or changes one of its public accounts,
    must queue the change in the same step,
    without a number. Numbers are assigned later, to durable changes. So a reader that has seen one number has
    seen every change with a smaller one, even if the act was slow.
    """

    async def arrange(self, *, limit: int) -> int:
        """Assign the next numbers of their relying party's feed to up to limit changes; return how many.

        A new change of an account replaces the account's former number. Any number of processes may run this.
        If the result is less than limit, every change that was durable at the start has a number.
        """
        ...

    async def heads(self, relying_parties: Iterable[str]) -> dict[str, int]:
        """Return the last number assigned in each feed, 0 if there is none."""
        ...

    async def changes(self, *, relying_party: str, after: int, limit: int) -> FeedChunk:
        """Return the next changes after a number: up to limit ones. Without any, place is that number."""
        ...
