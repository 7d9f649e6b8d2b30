"""The transparency log: entries in the main database, the checkpoint in the second one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Head:
    """The sequenced part of the log. tree: its encoded compact range (transparency.tree).

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


class LogStore(Protocol):
    """The log in the main database. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def sequence(self, *, limit: int, now: datetime) -> int:
        """Assign the next indices to up to limit entries whose index is null; return how many.

        In one atomic step: the head row is locked. The entries are selected by "index is null" (never by "id
        greater than the last", because slow transactions commit out of order), older first. Their leaf hashes
        are appended to the head's tree, complete subtrees of levels 0, 8, 16 … are stored as nodes, and the
        head is advanced by compare-and-swap on its size. Must return 0 rather than assign an index twice. The
        head's sequenced_at becomes now, even if no entry was found.
        """
        ...

    async def head(self) -> Head:
        """Return the head; size 0 before the first entry."""
        ...

    async def leaves(self, *, start: int, limit: int) -> list[bytes]:
        """Return up to limit leaves as written, in order, from index `start`."""
        ...

    async def nodes(self, wanted: Sequence[Subtree]) -> list[bytes]:
        """Return the 32-byte hashes of stored nodes, in order; raises DamagedError if one is missing."""
        ...

    async def unsequenced(self) -> Unsequenced:
        """Return the entries that wait for an index."""
        ...


class CheckpointStore(Protocol):
    """The newest signed checkpoint (a C2SP signed note), in the second database."""

    async def latest(self) -> bytes | None:
        """Return the note, None before the first one."""
        ...

    async def replace(self, *, former: bytes | None, note: bytes) -> bool:
        """Replace the former note durably; return False if `former` is not the newest note."""
        ...


class PublicFiles(Protocol):
    """The public directory: static files that any web server can serve."""

    async def read(self, path: str) -> bytes | None:
        """Return a file's content, None if it does not exist."""
        ...

    async def write(self, path: str, content: bytes) -> None:
        """Write a file durably by rename, so that a reader never sees part of one."""
        ...


class Publication(PublicFiles, Protocol):
    """The public directory with the writes that allow several publishers at once."""

    async def replace(self, path: str, *, former: bytes | None, content: bytes) -> bool:
        """Replace a file if it has the former content; return False if its content has changed.

        Must hold among all publishers: a slower publisher never reverts a newer file.
        """
        ...

    async def remove(self, folder: str) -> None:
        """Remove a folder with its files; a missing folder is not an error."""
        ...


class PublicDirectory(Publication, Protocol):
    """The public directory with a listing of its files."""

    async def listing(self, *, without: str) -> list[str]:
        """Return the paths of all files except hidden ones, sorted.

        without: a folder directly below the directory that is left out.
        """
        ...
