"""Whether a checkpoint whose entries were lost belonged to the history that the log showed before.

The custodians' statement says how many entries were lost, and names the last cosigned checkpoint. Of a kept
checkpoint of another size it proves nothing. If the public directory survived, it has the files of the lost
part under `lost/NUMBER`, by the epoch that ended, with the checkpoint that it showed then:

* the kept checkpoint is not larger than that one,
* the tiles are those of that one (a consistency proof between the two sizes),
* their root at the kept checkpoint's size is the kept one's. Another root proves a fork in the former epoch.

Without these files nothing is proved and nothing refuted, and the caller says so.
"""

from dataclasses import dataclass

from idvault.transparency import checkpoint, epoch
from idvault.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault.transparency.directory import LOST
from idvault.transparency.epoch import Break
from idvault.transparency.note import MAX_NOTE_BYTES
from idvault.transparency.proof import prove_consistency, verify_consistency
from idvault.transparency.tile import CHECKPOINT_PATH, WIDTH, Tile, TileNodes, grown
from idvault.transparency.tree import HASH_SIZE, LogError, root_at
from idvault_client.offline.log.files import LogFiles, read_first

_TILE_BYTES = WIDTH * HASH_SIZE


class FormerForkError(LogError):
    """The log had forked before it lost entries. note: the other history's signed checkpoint."""

    def __init__(self, text: str, note: bytes) -> None:
        """Set text and note."""
        super().__init__(text)
        self.note = note


class _MissingError(LogError):
    """A file of the lost part is not published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostHistory:
    """What is still published of the entries that the log lost at a break. log: demands its signature."""

    files: LogFiles
    broken: Break
    log: CosignaturePolicy

    def proves(self, known: Checkpoint) -> bool:
        """Return whether a checkpoint of the former epoch is proved to belong to its history.

        Raises FormerForkError if it is refuted, and NotReachedError.
        """
        former = self.broken.former
        if known.size == former.size:
            return True  # the statement names its root (epoch.carry)
        raw = self.files.read(f"{self._folder}/{CHECKPOINT_PATH}", limit=MAX_NOTE_BYTES)
        if raw is None:
            return False
        try:
            shown = checkpoint.verify(raw, self.log).checkpoint
            if epoch.of(shown) != epoch.of(former) or shown.size < known.size:
                return False
            root = self._root(shown, known.size)
        except LogError:
            return False  # damaged files refute nothing
        if root != known.root:
            text = (
                f"the log had forked before it lost entries: the checkpoint of {known.size} entries that was "
                f"seen here is no beginning of the {shown.size} that its public directory showed"
            )
            raise FormerForkError(text, raw)
        return True

    @property
    def _folder(self) -> str:
        return f"{LOST}/{epoch.of(self.broken.former).number}"

    def _root(self, shown: Checkpoint, size: int) -> bytes:
        """Return the root that the tiles of the shown checkpoint have at a smaller size; raises LogError."""
        nodes = TileNodes(shown.size, self._reader(shown.size))
        found = root_at(nodes, size)
        proof = () if size == shown.size else prove_consistency(nodes, old=size, new=shown.size)
        verify_consistency(old=size, new=shown.size, old_root=found, new_root=shown.root, proof=proof)
        return found

    def _reader(self, size: int) -> "_Tiles":
        lost = {(tile.level, tile.index) for tile in grown(self.broken.kept.size, size)}
        return _Tiles(self.files, self._folder, frozenset(lost))


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Reads a former tile: one that has changed since from the folder of the lost, the others in place."""

    files: LogFiles
    folder: str
    lost: frozenset[tuple[int, int]]

    def __call__(self, tile: Tile) -> bytes:
        prefix = f"{self.folder}/" if (tile.level, tile.index) in self.lost else ""
        paths = (f"{prefix}{each.path}" for each in (tile, Tile(tile.level, tile.index)))
        data = read_first(self.files, *paths, limit=_TILE_BYTES)
        if data is None:
            raise _MissingError
        return data
