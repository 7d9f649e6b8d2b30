"""What the flows of the log need.

The statements of the log's epochs in the main database; those of the shred database are a note there.

The transparency log: entries in the main database, the checkpoint in the second one.

Reading the whole stored log in order to audit it; nothing that is read is trusted.

An entry of the log as a reader finds it.

A witness that cosigns checkpoints (C2SP tlog-witness).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idvault.verify.error import PreconditionError, Reason


class EpochMain(Protocol):
    """Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def latest(self) -> bytes | None:
        """Return the statements as the public epochs.json has them, None if there are none."""
        ...

    async def begun(self, entry_ids: Sequence[str]) -> set[str]:
        """Return which of these log entries the database has, with a place in the log or without."""
        ...


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


@dataclass(frozen=True, slots=True)
class Logged:
    """A log entry with its opening key; index is None until it is sequenced."""

    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness's signature lines (C2SP cosignature/v1), to be added to the note."""

    lines: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """The witness has cosigned a size other than the one that the proof starts from."""

    size: int


class WitnessRefusedError(PreconditionError):
    """The witness refuses to cosign: the checkpoint forks, or it does not know the log or its key."""

    def __init__(self, status: int) -> None:
        """Keep the witness's HTTP status: 422, 404 or 403."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.status = status


class Witness(Protocol):
    """One witness. Raises UnavailableError if it cannot be reached, WitnessRefusedError if it refuses."""

    async def add_checkpoint(self, *, old: int, proof: Sequence[bytes], note: bytes) -> Cosigned | Ahead:
        """Submit a signed checkpoint with the consistency proof from size old.

        Ahead (409) gives the size that the proof must start from. WitnessRefusedError: the proof does not
        verify (422), or the log or its key is unknown (404, 403).
        """
        ...
