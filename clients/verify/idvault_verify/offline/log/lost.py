"""Whether a checkpoint whose entries were lost belonged to the history that the log showed before.

The custodians' statement says how many entries were lost, and names the last cosigned checkpoint. Of a kept
checkpoint of another size it proves nothing. If the public directory survived, it has the files of the lost
part under `lost/NUMBER`, by the epoch that ended, with the checkpoint that it showed then:

* the kept checkpoint is not larger than that one,
* the tiles are those of that one (a consistency proof between the two sizes),
* their root at the kept checkpoint's size is the kept one's. Another root proves a fork in the former epoch.

Without these files nothing is proved and nothing refuted, and the caller says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault_verify.offline.log.files import LogFiles, read_first
from idvault_verify.transparency import checkpoint, epoch
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault_verify.transparency.directory import LOST
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.note import MAX_NOTE_BYTES
from idvault_verify.transparency.proof import prove_consistency, verify_consistency
from idvault_verify.transparency.tile import CHECKPOINT_PATH, WIDTH, Tile, TileNodes
from idvault_verify.transparency.tree import EMPTY_ROOT, HASH_SIZE, LogError, root_at

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
    """What is still published of the entries that the log lost. breaks: all of them, verified, in order.

    log: the policy that demands the log's signature.
    """

    files: LogFiles
    breaks: Sequence[Break]
    log: CosignaturePolicy

    def proves(self, known: Checkpoint) -> bool:
        """Return whether a checkpoint is proved to belong to the log's history, as far as it is lost.

        It belongs to that of each epoch until its own entries were lost, and any of them may prove it. Raises
        FormerForkError if it is refuted, and NotReachedError.
        """
        later = [each for each in self.breaks if each.epoch.number > epoch.of(known).number]
        for broken in later:
            if self._proves(known, broken):
                return True
            if known.size > broken.kept.size:
                return False
        return True

    def _proves(self, known: Checkpoint, broken: Break) -> bool:
        """Return whether the epoch before a break proves a checkpoint."""
        is_named = known.size == broken.former.size  # the statement names its root (epoch.carry)
        number = epoch.of(broken.former).number
        raw = self.files.read(f"{LOST}/{number}/{CHECKPOINT_PATH}", limit=MAX_NOTE_BYTES)
        if raw is None:
            return is_named
        try:
            shown = checkpoint.verify(raw, self.log).checkpoint
            if epoch.of(shown) != epoch.of(broken.former) or shown.size < known.size:
                return is_named
            root = self._root(shown, known.size)
            compared = broken.kept.size <= shown.size
            left = self._root(shown, broken.kept.size) if compared else broken.kept.root
        except LogError:
            return is_named  # damaged files refute nothing
        if root != known.root:
            text = (
                f"the log had forked before it lost entries: the checkpoint of {known.size} entries that was "
                f"seen here is no beginning of the {shown.size} that its public directory showed"
            )
            raise FormerForkError(text, raw)
        if left != broken.kept.root:
            text = (
                f"the log has forked: the {broken.kept.size} entries that the statement of epoch "
                f"{broken.epoch.number} calls left are not the first of the {shown.size} that its public "
                "directory showed"
            )
            raise FormerForkError(text, raw)
        return True

    def _root(self, shown: Checkpoint, size: int) -> bytes:
        """Return the root that the tiles of the shown checkpoint have at a smaller size; raises LogError."""
        if not size:
            return EMPTY_ROOT
        nodes = TileNodes(shown.size, self._reader(epoch.of(shown).number))
        found = root_at(nodes, size)
        proof = () if size == shown.size else prove_consistency(nodes, old=size, new=shown.size)
        verify_consistency(old=size, new=shown.size, old_root=found, new_root=shown.root, proof=proof)
        return found

    def _reader(self, number: int) -> "_Tiles":
        last = max(each.epoch.number for each in self.breaks)
        return _Tiles(self.files, tuple(f"{LOST}/{each}/" for each in range(number, last)))


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Reads a tile of a former epoch: from where it was kept when it first changed, or in place.

    A tile that the loss after its epoch left as it was may have been lost with a later epoch. A wrong one is
    found by its hash.
    """

    files: LogFiles
    folders: tuple[str, ...]

    def __call__(self, tile: Tile) -> bytes:
        places = (tile, Tile(tile.level, tile.index))
        paths = (f"{folder}{each.path}" for folder in (*self.folders, "") for each in places)
        data = read_first(self.files, *paths, limit=_TILE_BYTES)
        if data is None:
            raise _MissingError
        return data
