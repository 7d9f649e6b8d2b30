"""What a main database and a shred database hold, to tell what a backup or a restored pair lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MainExtent:
    """What the main database holds. entries: with a place in the log; waiting: without one.

    newest: when the newest entry with a place was written, None without any.
    """

    entries: int
    waiting: int
    newest: datetime | None
    accounts: int
    records: int


@dataclass(frozen=True, slots=True)
class RecordHolder:
    """An account that has a sealed record. erased: whether its keys are meant to be gone."""

    account_token: str
    erased: bool


class MainContents(Protocol):
    """Reads a main database. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def extent(self) -> MainExtent:
        """Return the counts."""
        ...

    async def holders(self, *, after: str, limit: int) -> list[RecordHolder]:
        """Return up to limit accounts with a record whose tokens are greater than `after`, in order."""
        ...

    async def destroyed(self, *, after: str, limit: int) -> list[str]:
        """Return up to limit accounts whose keys an erasure has destroyed, greater than `after`, in order."""
        ...


class ShredContents(Protocol):
    """Reads a shred database. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def keys(self) -> int:
        """Return how many shred keys there are."""
        ...

    async def with_key(self, tokens: Sequence[str]) -> set[str]:
        """Return those of the accounts that have a shred key."""
        ...
