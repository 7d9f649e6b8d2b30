"""Logs that somebody who has the log's key signs: as large as a number can be, and valid at every place."""

from dataclasses import dataclass, field
from functools import cached_property

from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import (
    CHECKPOINT_PATH,
    HEIGHT,
    Bundle,
    MalformedPathError,
    encode_bundle,
    parse_path,
)
from idvault_verify.transparency.tree import EMPTY_ROOT, fold, leaf_hash, node_hash
from tools.support.logs import ORIGIN, SIGNER


@dataclass(frozen=True)
class RepeatedLog:
    """A log of one entry, repeated: every file of it can be made at once, whatever its size.

    extensions: further lines of its checkpoint.
    """

    size: int
    entry: bytes = b"entry"
    extensions: tuple[str, ...] = ()
    _perfect: dict[int, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Return a file of the log by its path, None for any other."""
        if path == CHECKPOINT_PATH:
            return self.note
        try:
            place = parse_path(path)
        except MalformedPathError:
            return None
        if isinstance(place, Bundle):
            return encode_bundle([self.entry] * place.width)
        return self._hash(place.level * HEIGHT) * place.width

    @cached_property
    def note(self) -> bytes:
        """The signed checkpoint."""
        found = Checkpoint(ORIGIN, self.size, self._root(), self.extensions)
        return checkpoint.sign(found, [SIGNER])

    def _root(self) -> bytes:
        levels = [level for level in range(self.size.bit_length()) if self.size >> level & 1]
        return fold([self._hash(level) for level in reversed(levels)]) if levels else EMPTY_ROOT

    def _hash(self, level: int) -> bytes:
        """Return the hash of a perfect subtree."""
        if level not in self._perfect:
            below = self._hash(level - 1) if level else b""
            self._perfect[level] = node_hash(below, below) if level else leaf_hash(self.entry)
        return self._perfect[level]
