"""The index of a public directory: a text with one path a line, for mirrors of any kind.

- It names the files of the log at the size of one checkpoint, and every other file that is published.
- A path consists of plain names: letters, digits, `-`, `_`, and `.` but not as the first character. So no
  path leaves the directory that it is copied to, and none names a hidden file.
- A mirror takes the paths of the log's files from the signed checkpoint, not from the index.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from idvault_verify.transparency.tile import CHECKPOINT_PATH, grown, grown_bundles

INDEX_PATH = "index"
LOG_FOLDER = "tile"
LOST = "lost"
"""The folder with the files of what the log has lost, by the epoch that ended."""
MAX_INDEX_BYTES = 64 * 1024 * 1024
MAX_OTHER_FILES = 100_000
MAX_LINES = 4_000_000
"""Of an index of the greatest length whose paths have 16 bytes; the log's own are longer."""

_OWN = (INDEX_PATH, CHECKPOINT_PATH, f"{LOG_FOLDER}/")
# Longer than every path with its line end.
_LONGEST_LINE = 256
_PART = 1 << 16
_PATH = re.compile(
    r"(?=.{1,200}\Z)[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,7}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class IndexedFiles:
    """The files of an index beside the log's own. refused: how many lines are not such a path."""

    others: tuple[str, ...]
    refused: int


def log_paths(size: int) -> Iterator[str]:
    """Yield the paths of a log of this size: its checkpoint, its tiles, its bundles of entries."""
    yield CHECKPOINT_PATH
    for tile in grown(0, size):
        yield tile.path
    for bundle in grown_bundles(0, size):
        yield bundle.path


def encode(paths: Iterable[str]) -> bytes:
    """Return an index of these paths."""
    return "".join(f"{path}\n" for path in paths).encode()


def is_other(path: str) -> bool:
    """Return whether a path may be in an index and names a file that is not the log's."""
    first, _, _ = path.partition("/")
    return _PATH.fullmatch(path) is not None and first not in {LOG_FOLDER, CHECKPOINT_PATH, INDEX_PATH}


def parse(index: IO[bytes]) -> IndexedFiles:
    """Return the other files of an index, each once; lines beyond the limits count as refused.

    Reads line by line, so what is kept is bounded by the number of files.
    """
    others: dict[str, None] = {}
    refused = 0
    for line in islice(_lines(index), MAX_LINES):
        if is_other(line):
            if len(others) < MAX_OTHER_FILES:
                others[line] = None
            else:
                refused += line not in others
        elif not line.startswith(_OWN):
            refused += 1
    while rest := index.read(_PART):
        refused += rest.count(b"\n")
    return IndexedFiles(tuple(others), refused)


def _lines(index: IO[bytes]) -> Iterator[str]:
    """Yield the lines; of one that is too long for a path, only the beginning."""
    begins = True
    while part := index.readline(_LONGEST_LINE):
        if begins:
            yield part.decode("latin-1").rstrip("\r\n")
        begins = part.endswith(b"\n")
