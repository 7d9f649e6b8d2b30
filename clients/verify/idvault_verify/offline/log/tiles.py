"""Verifies files of a log, each against the hashes above it, from the signed root down.

`edges` reads the rightmost tile of every level: with these few hashes the root is recomputed. Every full tile
is then verified by the one hash above it, and every bundle of entries by its tile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from idvault_verify.offline.log.continuity import RefusedLogError
from idvault_verify.offline.log.files import LogFiles, NotReachedError, read_first
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import (
    MAX_ENTRY_BYTES,
    WIDTH,
    Bundle,
    MalformedTileError,
    Tile,
    TileNodes,
    decode_bundle,
    decode_tile,
    encode_bundle,
    encode_tile,
)
from idvault_verify.transparency.tree import HASH_SIZE, CompactRange, leaf_hash, root_at

TILE_BYTES = WIDTH * HASH_SIZE
BUNDLE_BYTES = WIDTH * (MAX_ENTRY_BYTES + 2)


@dataclass(kw_only=True, slots=True)
class SignedTiles:
    """The tiles of one signed checkpoint. known: verified hashes, by level and index."""

    checkpoint: Checkpoint
    known: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def read_edges(self, files: LogFiles) -> None:
        """Read the rightmost tiles; raises RefusedLogError unless they lead to the signed root."""
        read: dict[tuple[int, int], bytes] = {}

        def tile_bytes(tile: Tile) -> bytes:
            data = first_of(files, tile.path, Tile(tile.level, tile.index).path, limit=TILE_BYTES)
            read.update(_placed(tile, decode_tile(data, tile.width)))
            return data

        size = self.checkpoint.size
        try:
            found = root_at(TileNodes(size, tile_bytes), size)
        except MalformedTileError as error:
            raise _refused("a tile of the right edge", error) from error
        if found != self.checkpoint.root:
            raise RefusedLogError("TILES_INVALID", "the tiles do not lead to the root of the checkpoint")
        self.known |= read

    def accept_tile(self, tile: Tile, data: bytes) -> bytes:
        """Return the tile's own bytes; raises MalformedTileError unless the hashes above cover them."""
        hashes = decode_tile(data, tile.width)
        if tile.width == WIDTH:
            is_signed = _perfect_root(hashes) == self.known[tile.level + 1, tile.index]
        else:
            is_signed = all(self.known[place] == value for place, value in _placed(tile, hashes).items())
        if not is_signed:
            raise MalformedTileError("a hash is not the signed one")
        return encode_tile(hashes)

    def remember(self, tile: Tile, data: bytes) -> None:
        """Keep the hashes of a verified tile, to verify the tiles below it."""
        self.known |= _placed(tile, decode_tile(data, tile.width))

    @staticmethod
    def accept_bundle(bundle: Bundle, data: bytes, tile: bytes) -> bytes:
        """Return the bundle's own bytes; raises MalformedTileError unless its verified tile covers them."""
        entries = decode_bundle(data, bundle.width)
        if tuple(leaf_hash(entry) for entry in entries) != decode_tile(tile, bundle.width):
            raise MalformedTileError("an entry is not the signed one")
        return encode_bundle(entries)


def first_of(files: LogFiles, *paths: str, limit: int) -> bytes:
    """Return the first of these files that exists; raises NotReachedError if none does."""
    data = read_first(files, *paths, limit=limit)
    if data is None:
        raise NotReachedError(f"the public directory has no file {paths[0]}")
    return data


def _refused(path: str, error: MalformedTileError) -> RefusedLogError:
    return RefusedLogError("TILES_INVALID", f"{path} is not what the log's key signed: {error}")


def refused_file(path: str, error: MalformedTileError) -> RefusedLogError:
    """Return the refusal of a file that the signed checkpoint does not cover."""
    return _refused(f"the file {path}", error)


def _placed(tile: Tile, hashes: tuple[bytes, ...]) -> Mapping[tuple[int, int], bytes]:
    first = tile.index * WIDTH
    return {(tile.level, first + place): value for place, value in enumerate(hashes)}


def _perfect_root(hashes: tuple[bytes, ...]) -> bytes:
    tree = CompactRange()
    for value in hashes:
        tree.append(value)
    return tree.root()
