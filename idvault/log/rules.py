"""What is stored of the log: its head, its entries, and the hashes of its tree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Head:
    """The sequenced part of the log. tree: its encoded compact range (verify.transparency.tree).

    sequenced_at: when a sequencer last ran (real time), even if there was nothing to sequence.
    """

    size: int
    tree: bytes
    sequenced_at: datetime


@dataclass(frozen=True, slots=True)
class Subtree:
    """A complete subtree of 2**level leaves, the index-th of its level."""

    level: int
    index: int


@dataclass(frozen=True, slots=True)
class Unsequenced:
    """Entries that have no index yet. oldest: when the oldest was written (real time)."""

    count: int
    oldest: datetime | None


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


@dataclass(frozen=True, slots=True)
class Logged:
    """A log entry with its opening key; index is None until it is sequenced."""

    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None
