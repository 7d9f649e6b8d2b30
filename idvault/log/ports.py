"""What the log needs of others: the public directory, and witnesses of checkpoints (C2SP tlog-witness)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idvault_verify.error import PreconditionError, Reason


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
