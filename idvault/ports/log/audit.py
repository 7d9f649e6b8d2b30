"""Reading the whole log as it is stored, to check it; nothing here trusts what it reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from idvault.ports.log.store import Subtree


@dataclass(frozen=True, slots=True)
class Extent:
    """What the log says of itself at one moment.

    size, tree: those of the head, 0 and empty where there is none. end: one more than the greatest index, 0
    without entries. unsequenced: how many entries have no index yet.
    """

    size: int
    tree: bytes
    end: int
    unsequenced: int


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with the index that its row says."""

    index: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries by ascending index, and the stored subtrees whose last entry has one of these indices."""

    entries: tuple[StoredEntry, ...]
    nodes: Mapping[Subtree, bytes]


class LogAuditStore(Protocol):
    """Raises UnavailableError (STORE_UNAVAILABLE) like every store."""

    async def extent(self) -> Extent:
        """Return all of it as of one moment: entries that are sequenced meanwhile are in no part of it."""
        ...

    async def page(self, *, after: int | None, limit: int) -> AuditPage:
        """Return up to limit entries with an index greater than after, from the smallest of all if None.

        Must return every row that has an index, also a negative one.
        """
        ...
