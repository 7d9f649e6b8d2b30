"""Reads files whose kind is small, whoever wrote them: a longer one is refused before it fills the memory."""

import errno
from pathlib import Path

MOST_BYTES = 1024 * 1024
"""The limit for keys, certificates, signed papers and what a client keeps of its own."""


class TooLongFileError(OSError):
    """A file is longer than one of its kind can be."""

    def __init__(self, path: Path, limit: int) -> None:
        """Name the file and the limit."""
        super().__init__(errno.EFBIG, f"the file is longer than {limit} bytes", str(path))


def read(path: Path, *, limit: int = MOST_BYTES) -> bytes:
    """Return the content of a file; raises TooLongFileError, OSError."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLongFileError(path, limit)
    return data
