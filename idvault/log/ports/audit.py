"""Reading the whole stored log in order to audit it; nothing that is read is trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from idvault.log.ports.log import Subtree


@dataclass(frozen=True, slots=True)
class Extent:
    """What the log states about itself, in one consistent read.

    size, tree: of the head, 0 and empty if there is none. end: one more than the greatest index, 0 without
    entries. unsequenced: how many entries have no index yet.
    """

    size: int
    tree: bytes
    end: int
    unsequenced: int


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with the index in its row."""

    index: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries in ascending index order, and the stored subtrees whose last entry is among them."""

    entries: tuple[StoredEntry, ...]
    nodes: Mapping[Subtree, bytes]


class LogAuditStore(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE) if the store cannot answer."""

    async def extent(self) -> Extent:
        """Return the extent from one consistent read; entries that are sequenced meanwhile are not in it."""
        ...

    async def page(self, *, after: int | None, limit: int) -> AuditPage:
        """Return up to limit entries with an index greater than `after`, from the smallest index if None.

        Must return every row that has an index, even a negative one.
        """
        ...
