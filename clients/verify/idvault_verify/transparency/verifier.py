"""Recomputes the log from its entries, in order and in bounded memory, and reports the first wrong one.

* Entries must have the indices 0, 1, 2 ... without a gap.
* Stored hashes of entries and subtrees must match the recomputed ones.
* For every expected checkpoint, the root of the entries at its size must match.
* There must be no entries beyond the largest checkpoint, unless the log is still growing.

The checkpoints must have been verified before (`checkpoint.verify`). One of them should come from outside: an
attacker who can write the log and holds its key can replace the whole log.
"""

from collections.abc import Callable
from typing import NoReturn

from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import (
    HEIGHT,
    WIDTH,
    Bundle,
    MalformedTileError,
    Tile,
    decode_bundle,
    decode_tile,
    grown_bundles,
    tile_of,
)
from idvault_verify.transparency.tree import CompactRange, LogError, OutOfRangeError, Position, leaf_hash

StoredNode = Callable[[Position], bytes | None]
"""Returns the stored hash of a perfect subtree of level 8, 16, 24 ..., or None if none is stored."""

FileReader = Callable[[str], bytes | None]
"""Returns the bytes of a file below the log's prefix, or None if there is no such file."""

Progress = Callable[[int], None]
"""Receives the number of entries verified so far."""


class WrongEntryError(LogError):
    """An entry, or one in a range, is wrong; the text starts with `entry INDEX:`."""

    def __init__(self, index: int, reason: str, *, last: int | None = None) -> None:
        """Keep the range of possibly wrong entries: index is the first, last the last."""
        self.index = index
        self.last = index if last is None else last
        those = "it" if self.last == index else f"one of the entries {index} to {self.last}"
        super().__init__(f"entry {index}: {reason.format(those=those)}")


class ForkError(WrongEntryError):
    """Checkpoints of two different histories of the log were signed; the entries match one of them."""

    def __init__(self, first: int, size: int) -> None:
        """Keep the size of the checkpoint that does not match, and the first entry that can differ."""
        reason = f"{{those}} differs from the history that was signed at size {size}: the log has forked"
        super().__init__(first, reason, last=max(first, size - 1))
        self.size = size


class LogVerifier:
    """Verifies entries one by one; keeps O(log n) hashes and the checkpoints not reached yet."""

    def __init__(self, *, start: CompactRange | None = None, stored_node: StoredNode | None = None) -> None:
        """Start at entry 0, or after the entries of a tree that was verified before."""
        self._tree = CompactRange() if start is None else CompactRange(start.size, start.nodes)
        self._stored_node = stored_node
        self._sound = self._covered = self._tree.size
        self._expected: dict[int, set[bytes]] = {}
        self._suspect: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """The number of entries so far."""
        return self._tree.size

    @property
    def tree(self) -> CompactRange:
        """The tree so far, for a later verifier to start from."""
        return CompactRange(self._tree.size, self._tree.nodes)

    def expect(self, checkpoint: Checkpoint) -> None:
        """Require the entries to match this checkpoint; raises OutOfRangeError if its size is passed."""
        if checkpoint.size < self._tree.size:
            raise OutOfRangeError("the entries are past this checkpoint")
        self._expected.setdefault(checkpoint.size, set()).add(checkpoint.root)
        self._covered = max(self._covered, checkpoint.size)
        self._meet()

    def feed(self, index: int, leaf: bytes, *, stored_hash: bytes | None = None) -> None:
        """Verify the next entry and, if given, its stored leaf hash; raises WrongEntryError, ForkError."""
        if index != self._tree.size:
            reason = "is missing" if index > self._tree.size else "is a duplicate or out of order"
            self._refuse(WrongEntryError(min(index, self._tree.size), reason))
        value = leaf_hash(leaf)
        if stored_hash is not None and stored_hash != value:
            self._refuse(WrongEntryError(index, "does not match its stored hash"))
        completed = self._tree.append(value)
        if self._stored_node is not None:
            self._compare(index, completed, self._stored_node)
        self._meet()

    def finish(self, *, growing: bool = False) -> CompactRange:
        """Return the verified tree; raises WrongEntryError if an entry is wrong, missing or not covered.

        growing: allow entries beyond the largest checkpoint; these are not covered by a signature yet.
        """
        size = self._tree.size
        if self._expected:
            # An attacker who deletes an entry can renumber the rest, so the missing one need not be the last.
            due = min(self._expected)
            reason = (
                f"{{those}} is missing: the checkpoint of size {due} covers more than these {size} entries"
            )
            self._refuse(WrongEntryError(self._sound, reason, last=due - 1))
        if self._suspect is not None or (size > self._covered and not growing):
            self._refuse(WrongEntryError(self._covered, "is not covered by a checkpoint"))
        return self.tree

    def _compare(self, index: int, completed: list[bytes], stored_node: StoredNode) -> None:
        for level in range(HEIGHT, len(completed), HEIGHT):
            stored = stored_node(Position(level, index >> level))
            if stored is not None and stored != completed[level]:
                first = (index >> level) << level
                reason = "{those} is wrong: the stored hash of their subtree differs"
                self._refuse(WrongEntryError(first, reason, last=index))

    def _meet(self) -> None:
        """Compare with the checkpoints of this size.

        After a mismatch, the entries since the last matching checkpoint are suspect. If a later checkpoint
        matches, the entries were signed, so the mismatching checkpoint was signed for another history.
        """
        size = self._tree.size
        roots = self._expected.pop(size, None)
        if roots is None:
            return
        holds = self._tree.root() in roots
        if self._suspect is None and (len(roots) > 1 or not holds):
            self._suspect = self._sound, size
        if self._suspect is not None and (holds or size == self._sound):
            raise ForkError(*self._suspect)
        if holds:
            self._sound = size

    def _refuse(self, error: WrongEntryError) -> NoReturn:
        if self._suspect is None:
            raise error
        first, size = self._suspect
        reason = f"{{those}} is wrong: the checkpoint of size {size} has another root"
        raise WrongEntryError(first, reason, last=size - 1)


def verify_files(
    read: FileReader, checkpoint: Checkpoint, *, progress: Progress | None = None
) -> CompactRange:
    """Verify a public directory's entry bundles and tiles against a checkpoint; raises WrongEntryError.

    Holds one bundle and one tile of each level in memory at a time.
    """
    files = _Files(read, checkpoint.size)
    verifier = LogVerifier(stored_node=files.node)
    verifier.expect(checkpoint)
    for bundle in grown_bundles(0, checkpoint.size):
        entries = files.bundle(bundle)
        hashes = files.tile(bundle.tile)
        for place, (entry, stored) in enumerate(zip(entries, hashes, strict=True)):
            verifier.feed(bundle.start + place, entry, stored_hash=stored)
        if progress is not None:
            progress(verifier.size)
    return verifier.finish()


class _Files:
    """Reads the files of one tree; each error names the first entry that the file covers."""

    def __init__(self, read: FileReader, size: int) -> None:
        self._read = read
        self._size = size
        self._row: dict[int, tuple[Tile, tuple[bytes, ...]]] = {}

    def bundle(self, bundle: Bundle) -> tuple[bytes, ...]:
        first, last = bundle.start, bundle.start + bundle.width - 1
        data = self._file(bundle, Bundle(bundle.index), first, last)
        try:
            return decode_bundle(data, bundle.width)
        except MalformedTileError as error:
            raise WrongEntryError(first, "the bundle of {those} is damaged", last=last) from error

    def tile(self, tile: Tile) -> tuple[bytes, ...]:
        unit = 1 << (tile.level * HEIGHT)
        first, last = tile.index * WIDTH * unit, (tile.index * WIDTH + tile.width) * unit - 1
        data = self._file(tile, Tile(tile.level, tile.index), first, last)
        try:
            return decode_tile(data, tile.width)
        except MalformedTileError as error:
            raise WrongEntryError(first, "the tile of {those} is damaged", last=last) from error

    def node(self, position: Position) -> bytes:
        tile = tile_of(position, self._size)
        if tile.level not in self._row or self._row[tile.level][0] != tile:
            self._row[tile.level] = (tile, self.tile(tile))
        return self._row[tile.level][1][position.index % WIDTH]

    def _file(self, place: Tile | Bundle, full: Tile | Bundle, first: int, last: int) -> bytes:
        # A log may delete a partial file once the full one exists; the full one starts with the partial one.
        for path in dict.fromkeys((place.path, full.path)):
            data = self._read(path)
            if data is not None:
                return data
        raise WrongEntryError(first, f"the file {place.path} of {{those}} is missing", last=last)
