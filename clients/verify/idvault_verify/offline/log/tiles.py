"""Verifies files of a log, each against the hashes above it, from the signed root down.

`read_edges` reads the partial tile of every level: with these few hashes the root is recomputed. Every full
tile is then verified by the one hash above it, and every bundle of entries by its tile. So nothing has to be
kept but the tiles on the way down, whatever size the log's key has signed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from idvault_verify.offline.log.continuity import RefusedLogError
from idvault_verify.offline.log.files import LogFiles, NotReachedError, first_parts, read_first
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import (
    MAX_ENTRY_BYTES,
    WIDTH,
    Bundle,
    MalformedTileError,
    Tile,
    TileNodes,
    decode_tile,
    encode_entry,
    encode_tile,
    read_bundle,
)
from idvault_verify.transparency.tree import HASH_SIZE, CompactRange, leaf_hash, root_at

TILE_BYTES = WIDTH * HASH_SIZE
BUNDLE_BYTES = WIDTH * (MAX_ENTRY_BYTES + 2)


def read_edges(files: LogFiles, at: Checkpoint) -> dict[Tile, bytes]:
    """Return the partial tiles of a checkpoint; raises RefusedLogError unless they lead to its root."""
    read: dict[Tile, bytes] = {}

    def tile_bytes(tile: Tile) -> bytes:
        data = first_of(files, tile.path, Tile(tile.level, tile.index).path, limit=TILE_BYTES)
        read[tile] = encode_tile(decode_tile(data, tile.width))
        return read[tile]

    try:
        found = root_at(TileNodes(at.size, tile_bytes), at.size)
    except MalformedTileError as error:
        raise _refused("a tile of the right edge", error) from error
    if found != at.root:
        raise RefusedLogError("TILES_INVALID", "the tiles do not lead to the root of the checkpoint")
    return read


def accept_tile(data: bytes, above: bytes) -> bytes:
    """Return a full tile; raises MalformedTileError unless it is the one that the hash above it covers."""
    hashes = decode_tile(data, WIDTH)
    tree = CompactRange()
    for value in hashes:
        tree.append(value)
    if tree.root() != above:
        raise MalformedTileError("a hash is not the signed one")
    return data


def accept_bundle(parts: Iterable[bytes], hashes: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a bundle, entry by entry; hashes: of its verified tile.

    Raises MalformedTileError at the first entry that they do not cover.
    """
    for entry, expected in zip(read_bundle(parts, len(hashes)), hashes, strict=True):
        if leaf_hash(entry) != expected:
            raise MalformedTileError("an entry is not the signed one")
        yield encode_entry(entry)


def entries_of(files: LogFiles, bundle: Bundle) -> Iterator[bytes]:
    """Yield the entries of a bundle, which are not verified.

    Raises RefusedLogError if the file is no bundle, and NotReachedError.
    """
    full = Bundle(bundle.index)
    parts = first_parts(files, bundle.path, full.path, limit=BUNDLE_BYTES)
    if parts is None:
        raise _missing(bundle.path)
    try:
        with closing(parts):
            yield from read_bundle(parts, bundle.width)
    except MalformedTileError as error:
        raise refused_file(bundle.path, error) from error


def first_of(files: LogFiles, *paths: str, limit: int) -> bytes:
    """Return the first of these files that exists; raises NotReachedError if none does."""
    data = read_first(files, *paths, limit=limit)
    if data is None:
        raise _missing(paths[0])
    return data


def _missing(path: str) -> NotReachedError:
    return NotReachedError(f"the public directory has no file {path}")


def _refused(path: str, error: MalformedTileError) -> RefusedLogError:
    return RefusedLogError("TILES_INVALID", f"{path} is not what the log's key signed: {error}")


def refused_file(path: str, error: MalformedTileError) -> RefusedLogError:
    """Return the refusal of a file that the signed checkpoint does not cover."""
    return _refused(f"the file {path}", error)
