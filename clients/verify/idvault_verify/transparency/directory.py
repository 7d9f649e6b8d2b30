"""The index of a public directory: a text with one path a line, for mirrors of any kind.

- It names the files of the log at the size of one checkpoint, and every other file that is published.
- A path consists of plain names: letters, digits, `-`, `_`, and `.` but not as the first character. So no
  path leaves the directory that it is copied to, and none names a hidden file.
- A mirror takes the paths of the log's files from the signed checkpoint, not from the index.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from idvault_verify.transparency.tile import CHECKPOINT_PATH, grown, grown_bundles

INDEX_PATH = "index"
LOG_FOLDER = "tile"
LOST = "lost"
"""The folder with the files of what the log has lost, by the epoch that ended."""
MAX_INDEX_BYTES = 64 * 1024 * 1024
MAX_OTHER_FILES = 100_000

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


def parse(raw: bytes) -> IndexedFiles:
    """Return the other files of an index, each once; lines beyond the limit count as refused."""
    lines = dict.fromkeys(raw.decode("latin-1").splitlines())
    own = (INDEX_PATH, CHECKPOINT_PATH, f"{LOG_FOLDER}/")
    rest = [line for line in lines if not line.startswith(own) or is_other(line)]
    others = [line for line in rest if is_other(line)]
    kept = tuple(others[:MAX_OTHER_FILES])
    return IndexedFiles(kept, len(rest) - len(kept))
