"""The transparency log: sequencing in the main database, the checkpoint in the second one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Head:
    """The sequenced part of the log. tree: the compact range of its size (transparency.tree), encoded.

    sequenced_at: when a sequencer last looked (real time), also where there was nothing to do.
    """

    size: int
    tree: bytes
    sequenced_at: datetime


@dataclass(frozen=True, slots=True)
class Subtree:
    """The hash of a complete subtree: 2**level leaves, the index-th of its level."""

    level: int
    index: int


@dataclass(frozen=True, slots=True)
class Unsequenced:
    """Entries that have no index yet. oldest: when the oldest was written (real time)."""

    count: int
    oldest: datetime | None


class LogStore(Protocol):
    """The log in the main database. Raises UnavailableError (STORE_UNAVAILABLE) like every store."""

    async def sequence(self, *, limit: int, now: datetime) -> int:
        """Give the next indices to up to limit entries whose index is null; return how many.

        In one atomic step: the head row is locked, the entries are taken by "index is null" (never "id
        greater than the last": slow transactions commit out of order), older first; their leaf hashes are
        appended to the head's tree, finished subtrees of levels 0, 8, 16 … are stored as nodes, and the head
        is moved by compare-and-swap on its size. Must lose (0) rather than give an index twice. The head's
        sequenced_at becomes now, also where nothing was found.
        """
        ...

    async def head(self) -> Head:
        """Return the head; size 0 before the first entry."""
        ...

    async def leaves(self, *, start: int, limit: int) -> list[bytes]:
        """Return up to limit leaves as written, from an index on, in order."""
        ...

    async def nodes(self, wanted: Sequence[Subtree]) -> list[bytes]:
        """Return the 32-byte hashes of stored nodes in the order asked; DamagedError if one is missing."""
        ...

    async def index_of(self, *, entry_id: str) -> int | None:
        """Return the index of an entry, None while it has none or is unknown."""
        ...

    async def unsequenced(self) -> Unsequenced:
        """Return how many entries wait for an index, and since when."""
        ...


class CheckpointStore(Protocol):
    """The newest signed checkpoint (a C2SP signed note), in the second database."""

    async def latest(self) -> bytes | None:
        """Return the note; None before the first."""
        ...

    async def replace(self, *, former: bytes | None, note: bytes) -> bool:
        """Put a note in the place of the former one; False if that one is not the newest. Durable."""
        ...


class PublicFiles(Protocol):
    """The public directory: static files that any web server can serve."""

    async def read(self, path: str) -> bytes | None:
        """Return a file's content, None if there is none."""
        ...

    async def write(self, path: str, content: bytes) -> None:
        """Write a file by rename, durably, so that nobody ever reads half of one."""
        ...


class Publication(PublicFiles, Protocol):
    """The public directory as those that publish see it: several may do so at once."""

    async def replace(self, path: str, *, former: bytes | None, content: bytes) -> bool:
        """Write a file in the place of one with the former content; False if it has another one by now.

        Among all who use the directory: what one of them published is never taken back by a slower one.
        """
        ...

    async def remove(self, folder: str) -> None:
        """Remove a folder with its files; one that is not there is gone already."""
        ...


class LogSigner(Protocol):
    """The log's key."""

    @property
    def public_key(self) -> bytes:
        """The 32-byte Ed25519 public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        ...
